import { useEffect, useMemo, useState } from 'react'
import { outcomeText } from '../end-text.ts'
import { count, t } from '../messages/t.ts'
import '../messages/with-steps.ts'
import '../messages/with-views.ts'
import { currentRecord } from '../store.ts'
import { useApp, useStudio } from '../studio.ts'
import type { Fork, PathFound, PathsFound, SentRecord } from '../../worker/protocol.ts'
import { type PathBranch, type PathNode, percent, treeOf } from './path-tree.ts'
import './paths.css'

/** More than anybody reads; a Service with more endpoints is said to have more. */
const LIMIT = 200

/** All ways that chance could take the request that is looked at, as a tree. A click sends it along one of them. */
export function PathsView() {
  const record = useApp(currentRecord)
  const found = usePaths(record)
  if (!record) return <p className="paths empty">{t('packets.empty')}</p>
  if (!found) return <p className="paths empty">{t('paths.busy')}</p>
  if (!found.found) return <p className="paths empty">{found.problem.message}</p>
  return <Paths record={record} paths={found.paths} complete={found.complete} />
}

/** Asked again when another request is looked at, or the cluster changed. */
function usePaths(record: SentRecord | undefined): PathsFound | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [answer, setAnswer] = useState<{ readonly key: string; readonly found: PathsFound }>()
  const { from, to, protocol } = record?.order ?? {}
  const key = `${revision} ${from} ${to} ${protocol}`
  useEffect(() => {
    if (from === undefined || to === undefined || protocol === undefined) return
    let current = true
    client
      .ask({ kind: 'paths', order: { from, to, protocol }, limit: LIMIT })
      .then((found) => {
        if (current) setAnswer({ key, found })
      })
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, from, to, protocol, key])
  return answer?.key === key ? answer.found : undefined
}

interface PathsProps {
  readonly record: SentRecord
  readonly paths: readonly PathFound[]
  readonly complete: boolean
}

function Paths({ record, paths, complete }: PathsProps) {
  const tree = useMemo(() => treeOf(paths), [paths])
  const { from, to } = record.order
  const sum = paths.reduce((total, { probability }) => total + probability, 0)
  return (
    <div className="paths" role="region" tabIndex={0} aria-label={t('paths.label')} data-testid="paths">
      <header className="paths-head">
        <b className="mono">{t('paths.request', { from, to })}</b>
        <span className="muted">
          {!complete
            ? t('paths.incomplete', { count: paths.length, percent: percent(sum) })
            : paths.length === 1
              ? t('paths.certain')
              : count('paths.several', paths.length)}
        </span>
      </header>
      {tree && <Branch record={record} branch={{ chance: 1, probability: 1, name: '', next: tree }} />}
    </div>
  )
}

function Branch({ record, branch }: { readonly record: SentRecord; readonly branch: PathBranch }) {
  const { next } = branch
  return next.kind === 'end' ? (
    <End record={record} branch={branch} path={next.path} />
  ) : (
    <Forked record={record} branch={branch} fork={next} />
  )
}

interface ForkedProps {
  readonly record: SentRecord
  readonly branch: PathBranch
  readonly fork: Extract<PathNode, { kind: 'fork' }>
}

function Forked({ record, branch, fork }: ForkedProps) {
  return (
    <div className="path-fork">
      <p className="path-why">
        {branch.probability < 1 && <Chance of={branch.probability} />}
        <span>{whyText(fork.why, record)}</span>
      </p>
      <ol>
        {fork.branches.map((one, index) => (
          // Branches have no identity but their order.
          <li key={`${index} ${one.name}`}>
            <Branch record={record} branch={one} />
          </li>
        ))}
      </ol>
    </div>
  )
}

interface EndProps {
  readonly record: SentRecord
  readonly branch: PathBranch
  readonly path: PathFound
}

function End({ record, branch, path }: EndProps) {
  const { actions } = useStudio()
  const { from, to, protocol } = record.order
  const picks = path.forks.map(({ taken }) => taken)
  const good = path.outcome.kind === 'answered'
  const isShown = isTakenBy(record, picks)
  const end = good ? t('paths.answered') : outcomeText(path.outcome)
  return (
    <button
      type="button"
      className="path-end"
      aria-current={isShown ? 'true' : undefined}
      title={t('paths.replay', { percent: percent(branch.probability), end })}
      onClick={() => void actions.sendOrder({ from, to, protocol, ...(picks.length > 0 ? { picks } : {}) }).catch(() => undefined)}
    >
      <Chance of={branch.probability} />
      <span className="path-name">
        <b>{path.place?.label ?? path.address}</b> <span className="mono">{path.address}</span>
        <small>{path.passes.slice(0, -1).join(' › ')}</small>
      </span>
      <span className="path-outcome" data-good={good ? '' : undefined}>
        {end}
        {isShown && <small>{t('paths.taken')}</small>}
      </span>
    </button>
  )
}

function Chance({ of }: { readonly of: number }) {
  return (
    <span className="path-chance mono">
      <meter min={0} max={1} value={of} aria-hidden="true" />
      {percent(of)}
    </span>
  )
}

/** The walk's own choices are the last of a path's: those before them looked up a name. */
function isTakenBy({ conversation, order }: SentRecord, picks: readonly number[]): boolean {
  if (order.picks) return order.picks.join() === picks.join()
  const walked = conversation.choices.map(({ taken }) => taken)
  const named = picks.length - walked.length
  return named === 0 && walked.join() === picks.join()
}

function whyText(why: Fork['why'], record: SentRecord): string {
  if (why.kind === 'address') return t('paths.fork.address', { name: why.name, addresses: why.addresses.length })
  if (why.kind === 'upstream') return t('paths.fork.upstream', { program: why.program, upstream: why.upstream })
  const netns = record.places[why.netns]?.label ?? why.netns
  if (why.kind === 'nexthop') return t('paths.fork.nexthop', { netns, route: why.route })
  if (why.kind === 'real-server-order') return t('paths.fork.real-server', { netns, virtualServer: why.virtualServer })
  const service = serviceOf(why.chain, record)
  const params = { chain: why.chain, netns }
  return service === undefined ? t('paths.fork.statistic', params) : t('paths.fork.statistic.of', { ...params, service })
}

const LEADS = ['JUMP', 'GOTO']

/** Whose chain it is: the rule that jumped there says so, for the trace that is looked at came by it. */
function serviceOf(chain: string, { conversation }: SentRecord): string | undefined {
  for (const { packets } of conversation.connections)
    for (const { hops } of packets)
      for (const { steps } of hops)
        for (const step of steps) {
          const rule =
            step.kind === 'chain'
              ? step.rules.find(
                  ({ verdict, origin }) => LEADS.some((word) => verdict === `${word} ${chain}`) && origin?.object !== undefined,
                )
              : undefined
          if (rule) return rule.origin?.object
        }
  return undefined
}
