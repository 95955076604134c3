import { Linked } from './linked.tsx'

/** A short table of names and values; values are mono, empty ones are left out. */
export function Pairs({ pairs }: { readonly pairs: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl className="pairs">
      {pairs
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd className="mono">
              <Linked text={value} />
            </dd>
          </div>
        ))}
    </dl>
  )
}
