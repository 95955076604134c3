import type { Origin } from '../../core/kernel/origin.ts'
import { t } from '../messages/t.ts'
import '../messages/with-steps.ts'
import { select } from '../pick.ts'
import { useStudio } from '../studio.ts'

/** Why a piece of kernel state exists: who wrote it, because of which object and field. The object is a link. */
export function Why({ origin }: { readonly origin: Origin }) {
  const studio = useStudio()
  const agent = t(`agent.${origin.agent}`)
  if (origin.object === undefined)
    return <span className="why">{origin.agent === 'kernel' ? t('why.kernel') : t('why.by', { agent })}</span>
  return (
    <span className="why">
      {t('why.because', { agent })}
      <button type="button" className="link" onClick={() => select(studio, treeId(origin.object ?? ''))}>
        {origin.object}
      </button>
      {origin.field !== undefined && <span className="mono">{origin.field}</span>}
    </span>
  )
}

/** `Service/default/web` is `service/default/web` in the tree, `Node/node-1` is `node/node-1`. */
function treeId(object: string): string {
  const [kind = '', ...rest] = object.split('/')
  return [kind.toLowerCase(), ...rest.filter((part) => part !== '')].join('/')
}
