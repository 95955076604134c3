/**
 * The facade: all that worker, command line and tests know of the core. Functions over an immutable `Simulation`; whoever calls holds the current value.
 */
import { type Choose, enumerate, type Enumerated, hash, seeded } from './base/choose.ts'
import { fail, ok, type Result } from './base/result.ts'
import type { Problem } from './api/problem.ts'
import { type Cluster, get } from './cluster/cluster.ts'
import { apply as applyObjects, configure, edit as editObjects, start } from './control-plane.ts'
import type { Applied, Edit, Edited, InputFile, Simulation, StartOptions } from './control-plane.ts'
import type { Finding } from './findings/finding.ts'
import type { NetnsId } from './kernel/interface.ts'
import type { SessionOptions } from './kernel/session.ts'
import { type IpFamily, parseIp } from './net/ip.ts'
import { isIcmp, type Protocol } from './net/packet.ts'
import { configProblems } from './node/config-problems.ts'
import { netnsOfPod } from './node/netns-of.ts'
import { converse } from './sim/converse.ts'
import type { Conversation, HttpAsked, Request } from './sim/conversation.ts'
import { withHttpAnswer } from './sim/http-answer.ts'
import { parseCurl, parseCurlOptions } from './sim/curl-command.ts'
import { journey as travel } from './sim/journey.ts'
import { listeningNetwork } from './sim/listening.ts'
import { processIn } from './sim/processes.ts'
import { findings } from './sim/program-findings.ts'
import { resolveTarget, type TargetError } from './sim/target.ts'

export { configure, start }
export type { Applied, Edit, Edited, InputFile, Simulation, StartOptions }

/**
 * Applies manifests, all or nothing. With changes by hand in the configuration (rules, sysctls, routes) that a node's kernel would refuse, that is an error
 * too: compiling the node would have no way to say so.
 */
export const apply = (simulation: Simulation, files: readonly InputFile[], options?: { readonly nodes?: number }): Applied =>
  accepted(simulation, applyObjects(simulation, files, options))

export const edit = (simulation: Simulation, edits: readonly Edit[], options?: { readonly nodes?: number }): Edited =>
  accepted(simulation, editObjects(simulation, edits, options))

function accepted<T extends Applied | Edited>(before: Simulation, done: T): T {
  const { cluster } = done.simulation
  const { rules, sysctls, routes = {} } = cluster.config.admin
  const byHand = [rules, sysctls, routes].some((changes) => Object.keys(changes).length > 0)
  if (!byHand || done.problems.some(({ severity }) => severity === 'error')) return done
  const found = configProblems(cluster).map(({ path, message, absent }): Problem => {
    return { ...problem('config', `${path}: ${message}`), severity: absent ? 'warning' : 'error' }
  })
  const refused = found.some(({ severity }) => severity === 'error')
  return { ...done, problems: [...done.problems, ...found], ...(refused && { simulation: before, changes: [] }) }
}

/** What a person typed. `from`: `pod/NS/NAME`, `node/NAME`, `external/NAME`; `to`: `http://svc.ns/path`, `svc.ns:PORT`, `IP:PORT`, `[IP]:PORT`, `IP`. */
export interface RequestText {
  readonly from: string
  readonly to: string
  readonly protocol?: Protocol
  /** Which address of a name; absent: the object's first. */
  readonly family?: IpFamily
  readonly sourcePort?: number
  readonly payload?: number
  readonly ttl?: number
  readonly dontFragment?: boolean
}

export interface ResolvedRequest {
  readonly request: Request
  /** Ids of fidelity.ts of what was approximate on the way from words to a request. */
  readonly fidelity: readonly string[]
}

export function resolveRequest(
  simulation: Simulation,
  text: RequestText,
  choose: Choose = seeded(simulation.seed),
): Result<ResolvedRequest, Problem> {
  const sender = senderOf(simulation.cluster, text.from)
  if (!sender.ok) return sender
  const protocol = text.protocol ?? (parseIp(text.to.trim().replace(/^\[(.*)\]$/, '$1')) ? 'icmp' : 'tcp')
  const target = resolveTarget(simulation.cluster, text.to, protocol, sender.value.namespace, choose, text.family)
  if (!target.ok) return fail(targetProblem(target.error))
  const { from: _, to: __, protocol: ___, family: ____, ...options } = text
  const { ip, port, fidelity } = target.value
  const request: Request = {
    netns: sender.value.netns,
    protocol,
    destination: ip,
    ...(port !== undefined && !isIcmp(protocol) && { port }),
    ...options,
  }
  return ok({ request, fidelity })
}

const targetProblem = ({ code, message, resolve }: TargetError): Problem => ({
  ...problem(code, message),
  ...(resolve !== undefined && { resolve }),
})

function problem(code: string, message: string): Problem {
  return { severity: 'error', code, message, file: '', line: 0, column: 0 }
}

interface Sender {
  readonly netns: NetnsId
  /** Whose search path its resolv.conf has; absent where it is not cluster DNS (nodes, hostNetwork pods, outsiders). */
  readonly namespace?: string
}

function senderOf(cluster: Cluster, text: string): Result<Sender, Problem> {
  const [kind, ...rest] = text.split('/')
  const name = rest.join('/')
  if (kind === 'pod') return podSender(cluster, rest[0] ?? '', rest[1] ?? '')
  if (kind === 'node')
    return get(cluster, 'Node', '', name) ? ok({ netns: name as NetnsId }) : fail(problem('sender', `nodes "${name}" not found`))
  if (kind !== 'external') return fail(problem('sender', `${JSON.stringify(text)} is not pod/NAMESPACE/NAME, node/NAME or external/NAME`))
  return cluster.config.site.hosts.some((host) => host.name === name)
    ? ok({ netns: name as NetnsId })
    : fail(problem('sender', `no host "${name}" outside the cluster`))
}

function podSender(cluster: Cluster, namespace: string, name: string): Result<Sender, Problem> {
  const pod = get(cluster, 'Pod', namespace, name)
  if (!pod) return fail(problem('sender', `pods "${name}" not found in namespace "${namespace}"`))
  const netns = netnsOfPod(cluster, namespace, name)
  if (!netns) return fail(problem('sender', `pod ${namespace}/${name} is not running: it has no network namespace`))
  return ok({ netns, ...(!pod.spec.hostNetwork && { namespace }) })
}

export interface SendOptions {
  readonly seed?: number
  readonly choose?: Choose
  readonly detail?: SessionOptions['detail']
  readonly walk?: SessionOptions['walk']
}

/** Requests of one key are counted, so that each draws anew, and no other request changes what they draw. */
const keyOf = ({ netns, protocol, sourcePort, destination, port }: Request): string =>
  `${netns} ${protocol} ${sourcePort ?? ''} ${destination}:${port ?? ''}`

/** Sends a request for real: what its packets leave behind (conntrack, affinity, neighbours) is in the next simulation. */
export function send(
  simulation: Simulation,
  request: Request,
  options: SendOptions = {},
): { readonly simulation: Simulation; readonly conversation: Conversation } {
  const key = keyOf(request)
  const nth = simulation.sent?.get(key) ?? 0
  const choose = options.choose ?? seeded(hash(`${options.seed ?? simulation.seed} ${key} ${options.seed === undefined ? nth : 0}`))
  const { conversation, runtime } = converse(
    listeningNetwork(simulation.cluster),
    simulation.runtime,
    request,
    choose,
    sessionOptions(options),
    processIn(simulation.cluster),
  )
  return {
    simulation: { ...simulation, runtime, sent: new Map(simulation.sent).set(key, nth + 1) },
    conversation: withHttpAnswer(simulation.cluster, conversation),
  }
}

/** Every way that chance could take the request, with probabilities that sum to 1 when `complete`. Leaves nothing behind. */
export function allPaths(
  simulation: Simulation,
  request: Request,
  limit: number,
  options: Omit<SendOptions, 'seed' | 'choose'> = {},
): { readonly paths: readonly Enumerated<Conversation>[]; readonly complete: boolean } {
  const net = listeningNetwork(simulation.cluster)
  return enumerate(
    (choose) =>
      withHttpAnswer(
        simulation.cluster,
        converse(net, simulation.runtime, request, choose, sessionOptions(options), processIn(simulation.cluster)).conversation,
      ),
    limit,
    simulation.seed,
  )
}

export { parseCurl, parseCurlOptions }

/** What a person asks of curl. `from` as in `RequestText`; `url` begins with `http://`, `https://`, `ws://`, `wss://`, or for a call of gRPC with `grpc://` or `grpcs://`. */
export type JourneyText = Omit<HttpAsked, 'netns' | 'namespace'> & { readonly from: string }

/** A request of HTTP from URL to response, through all proxies on the way; what it leaves behind is in the next simulation. Fails where no packet can be sent: who sends is unknown, or where to. */
export function journey(
  simulation: Simulation,
  text: JourneyText,
  options: SendOptions = {},
): Result<{ readonly simulation: Simulation; readonly conversation: Conversation }, Problem> {
  const asked = askedBy(simulation, text)
  if (!asked.ok) return asked
  // The first packet goes where it would go alone.
  const { from, url, family, sourcePort } = text
  const alone = resolveRequest(simulation, { from, to: url, ...(family && { family }), ...(sourcePort !== undefined && { sourcePort }) })
  const key = alone.ok ? keyOf(alone.value.request) : `${asked.value.netns} ${url}`
  const nth = simulation.sent?.get(key) ?? 0
  const choose = options.choose ?? seeded(hash(`${options.seed ?? simulation.seed} ${key} ${options.seed === undefined ? nth : 0}`))
  const { cluster, runtime } = simulation
  const done = travel(cluster, listeningNetwork(cluster), runtime, asked.value, processIn(cluster), choose, sessionOptions(options))
  if (!done.ok) return fail(targetProblem(done.error))
  const sent = new Map(simulation.sent).set(key, nth + 1)
  return ok({ simulation: { ...simulation, runtime: done.value.runtime, sent }, conversation: done.value.conversation })
}

/** Every way that chance could take a journey. Leaves nothing behind. */
export function journeyPaths(
  simulation: Simulation,
  text: JourneyText,
  limit: number,
  options: Omit<SendOptions, 'seed' | 'choose'> = {},
): Result<{ readonly paths: readonly Enumerated<Conversation>[]; readonly complete: boolean }, Problem> {
  const asked = askedBy(simulation, text)
  if (!asked.ok) return asked
  const { cluster, runtime, seed } = simulation
  const run = (choose: Choose) =>
    travel(cluster, listeningNetwork(cluster), runtime, asked.value, processIn(cluster), choose, sessionOptions(options))
  const first = run(seeded(seed))
  if (!first.ok) return fail(targetProblem(first.error))
  const known = first.value.conversation
  const found = enumerate(
    (choose) => {
      const done = run(choose)
      return done.ok ? done.value.conversation : known
    },
    limit,
    seed,
  )
  return ok(found)
}

function askedBy({ cluster }: Simulation, { from, ...asked }: JourneyText): Result<HttpAsked, Problem> {
  const sender = senderOf(cluster, from)
  return sender.ok ? ok({ ...asked, ...sender.value }) : sender
}

const sessionOptions = (options: SendOptions): SessionOptions => ({ detail: options.detail ?? 'full', walk: options.walk ?? 'indexed' })

/** Lets time pass: conntrack and affinity ages are compared with it. */
export function wait(simulation: Simulation, seconds: number): Simulation {
  return { ...simulation, runtime: { ...simulation.runtime, now: simulation.runtime.now + seconds } }
}

/** What people get wrong in a cluster, as data; the gravest first. */
export { findings }
export type { Finding }

/** What runs behind sockets: which places have more than a server, and what each has made of the cluster's objects. */
export { controllerNamed, processOf } from './apps/programs.ts'

/** Who brings outside traffic to a Service of type LoadBalancer: ServiceLB's pods, and the nodes that a balancer outside sends to. */
export { svclbPods } from './controllers/service-lb.ts'
export { healthyNodes } from './node/cloud-balancer.ts'
