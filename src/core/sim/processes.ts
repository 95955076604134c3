import type { Pod } from '../api/pod.ts'
import { respond } from '../apps/http.ts'
import type { Decision, Place, Running, StreamDecision } from '../apps/program.ts'
import { processOf } from '../apps/programs.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import { healthAnswer } from '../cluster/health-check.ts'
import { checksFrom } from './health-checks.ts'
import { HttpHandler } from './http-handler.ts'
import type { Journey } from './journey-state.ts'
import type { Handler, Listeners } from './link.ts'
import { DIAL_TIMEOUTS, nextEndpoint } from './relay.ts'
import type { AcceptedSocket } from './accepted-socket.ts'

/** A process that listens. `process` is the key of its memory, which another one under the same name does not share. */
export interface AtSocket {
  readonly program: string
  readonly running: Running
  readonly process: string
  /** Of the program as a whole. */
  readonly fidelity?: string
}

export type ProcessAt = (accepted: AcceptedSocket) => AtSocket

/** Programs at their connections. */
export const listeners =
  (processAt: ProcessAt) =>
  (journey: Journey): Listeners =>
  (accepted, connection): Handler => {
    const { program, running, process, fidelity } = relayAt(journey, accepted) ?? processAt(accepted)
    if (fidelity !== undefined) journey.journal.fidelity.add(fidelity)
    const { netns, owner } = accepted
    return new HttpHandler(journey, { dialler: { netns, owner, program, connection }, running, process }, accepted)
  }

/** kube-proxy in userspace mode, which passes connections on to endpoints in turn. */
function relayAt({ session, journal }: Journey, { netns, owner, localPort, peer }: AcceptedSocket): AtSocket | undefined {
  const sockets = session.network.netns(netns)?.sockets ?? []
  const relay = sockets.find((socket) => socket.relay && socket.protocol === 'tcp' && socket.port === localPort)?.relay
  if (!relay) return undefined
  journal.fidelity.add('kube-proxy-userspace')
  const dialled = (nth: number): StreamDecision => {
    const connectTimeout = DIAL_TIMEOUTS[nth]
    const endpoint =
      connectTimeout === undefined ? undefined : nextEndpoint(session, { netns, relay, client: peer, protocol: 'tcp' }, nth > 0)
    if (!endpoint || connectTimeout === undefined) return { to: undefined, why: 'no-endpoints' }
    return { to: { address: endpoint.ip, port: endpoint.port, upstream: relay.service, connectTimeout } }
  }
  const running: Running = {
    configured: NOTHING,
    accept: () => ({ kind: 'proxy', ...dialled(0) }),
    redial: ({ tried }) => dialled(tried.length),
  }
  return { program: 'kube-proxy', running, process: owner ?? netns }
}

const NOTHING: Running['configured'] = { files: [], tables: [], listeners: [], log: [] }

/** Which program a socket's owner is: the owner is a name that node agents gave (`default/web-1`, `external/client`, `kube-proxy/node-1`). */
export const processIn =
  (cluster: Cluster): ProcessAt =>
  (accepted) => {
    const place = placeOf(cluster, accepted)
    if (!place) return { program: 'kube-proxy', running: healthServer(cluster, accepted), process: accepted.owner ?? accepted.netns }
    const { program, running } = processOf({ cluster, place })
    const own = place.kind === 'host' && place.host.balances ? checking(cluster, running, accepted, program.name) : running
    const process = place.kind === 'pod' ? processName(place.pod) : `external/${place.host.name}`
    return { program: program.name, running: own, process, ...(program.fidelity !== undefined && { fidelity: program.fidelity }) }
  }

/** A balancer outside asks its targets after their health before it sends them anything. */
function checking(cluster: Cluster, running: Running, { netns, owner }: AcceptedSocket, program: string): Running {
  const check = checksFrom(cluster, { netns, owner, program, connection: 0 }, listeners(processIn(cluster)))
  return {
    ...running,
    ...(running.request && {
      request: (exchange) => {
        const { connection } = exchange
        return running.request?.({ ...exchange, connection: { ...connection, moment: { ...connection.moment, check } } }) ?? NEVER
      },
    }),
  }
}

const NEVER: Decision = { kind: 'close', why: 'no-request', matched: [] }

/** Undefined where it is an agent of the node. */
function placeOf(cluster: Cluster, { netns, owner = '' }: AcceptedSocket): Place | undefined {
  const [first = '', name = ''] = owner.split('/')
  const host = cluster.config.site.hosts.find((one) => one.name === netns)
  if (host) return { kind: 'host', host }
  const pod = get(cluster, 'Pod', first, name)
  return pod && { kind: 'pod', pod }
}

/** A pod that comes back under its name is another process, which remembers nothing. */
const processName = ({ metadata }: Pod): string => `${metadata.namespace ?? 'default'}/${metadata.name} ${metadata.uid ?? ''}`

/** kube-proxy where it answers health checks; nothing else of a node's own listens. */
function healthServer(cluster: Cluster, { netns, localPort }: AcceptedSocket): Running {
  return {
    configured: NOTHING,
    accept: () => ({ kind: 'http' }),
    request: ({ request }) => {
      const answer = healthAnswer(cluster, netns, localPort)
      const response = answer
        ? respond(answer.status, answer.body, Object.entries(answer.headers), request.version)
        : respond(404, '404 page not found\n', [['Content-Type', 'text/plain; charset=utf-8']], request.version)
      return { kind: 'respond', response, why: 'server', matched: [] }
    },
  }
}
