/**
 * Health checks of balancers outside: a request of HTTP from the balancer's own namespace to a target, as packets through all kernels on the way, so that a rule that drops them or a server that answers
 * something else makes the target unwell. Each is made once for a cluster, on kernels that no packet has crossed, and leaves nothing behind. Left out: intervals and thresholds.
 */
import { seeded } from '../base/choose.ts'
import type { HttpRequest } from '../apps/http.ts'
import type { Dial, HealthCheck } from '../apps/program.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { FRESH } from '../kernel/runtime.ts'
import { Session } from '../kernel/session.ts'
import { Journey } from './journey-state.ts'
import type { Listeners } from './link.ts'
import { listeningNetwork } from './listening.ts'
import { type Dialler, fetchOver, reach } from './upstream.ts'

const known = new WeakMap<Cluster, Map<string, string>>()
const WELL = ''

/** Checks as a program at `from` makes them: why a target is not well, or undefined. */
export const checksFrom =
  (cluster: Cluster, from: Dialler, listenersOf: (journey: Journey) => Listeners) =>
  (check: HealthCheck): string | undefined => {
    const key = [from.netns, check.address, check.port, check.tls, check.path, check.host, check.statuses, check.timeout].join(' ')
    let results = known.get(cluster)
    if (!results) known.set(cluster, (results = new Map()))
    let result = results.get(key)
    if (result === undefined) results.set(key, (result = resultOf(cluster, from, listenersOf, check) ?? WELL))
    return result === WELL ? undefined : result
  }

function resultOf(cluster: Cluster, from: Dialler, listenersOf: (journey: Journey) => Listeners, check: HealthCheck): string | undefined {
  const session = new Session(listeningNetwork(cluster), FRESH, seeded(1), { detail: 'lean', walk: 'indexed' })
  const journey = new Journey(session, cluster, listenersOf)
  const { address, port, tls, timeout } = check
  const dial: Dial = { address, port, upstream: 'health check', connectTimeout: timeout, readTimeout: timeout, ...(tls && { tls: {} }) }
  const deadline = session.now + timeout
  const about = { local: address, localPort: port, peer: address, peerPort: port, moment: journey.moment('') }
  const reached = reach(journey, { ...from, connection: 0 }, dial, about, deadline)
  if (reached.kind === 'late') return 'timeout'
  if (reached.kind === 'failed') return reached.failure.kind
  const fetched = fetchOver(journey, reached.link, dial, requestOf(check), deadline)
  if (fetched.kind === 'late') return 'timeout'
  if (fetched.kind === 'failed') return fetched.failure.kind
  reached.link.close()
  const { status } = fetched.response
  return meets(check.statuses, status) ? undefined : `status ${status}`
}

const requestOf = ({ path, host }: HealthCheck): HttpRequest => ({
  method: 'GET',
  target: path,
  version: '1.1',
  headers: [
    ['Host', host],
    ['User-Agent', 'health-check'],
  ],
  body: '',
})

/** `200`, `200-399`, `200,202`. */
function meets(statuses: string, status: number): boolean {
  return statuses.split(',').some((each) => {
    const [from = '', to = from] = each.trim().split('-')
    return status >= Number(from) && status <= Number(to)
  })
}
