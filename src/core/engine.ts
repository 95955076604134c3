/**
 * The facade: all that worker, command line and tests know of the core. Functions over an immutable `Simulation`; whoever calls holds the current value.
 */
import { type Choose, enumerate, type Enumerated, hash, seeded } from './base/choose.ts'
import { fail, ok, type Result } from './base/result.ts'
import type { Pod } from './api/pod.ts'
import type { Problem } from './api/problem.ts'
import type { Source } from './api/yaml-source.ts'
import { type Cluster, emptyCluster, get } from './cluster/cluster.ts'
import { type ClusterConfig, defaultConfig, type LoadBalancerConfig, type Profile } from './cluster/config.ts'
import type { Site } from './cluster/site.ts'
import { applyManifests, type ObjectChange } from './controllers/apply.ts'
import { type Edit, type EditChange, editCluster } from './controllers/edit.ts'
import { settle } from './controllers/settle.ts'
import type { NetnsId } from './kernel/interface.ts'
import { FRESH, type Runtime } from './kernel/runtime.ts'
import type { SessionOptions } from './kernel/session.ts'
import type { Protocol } from './net/packet.ts'
import { netnsOfPod } from './node/netns-of.ts'
import { network } from './node/network.ts'
import { converse } from './sim/converse.ts'
import type { Conversation, Request } from './sim/conversation.ts'
import { withHttpAnswer } from './sim/http-answer.ts'
import { resolveTarget } from './sim/target.ts'

export interface Simulation {
  readonly cluster: Cluster
  readonly runtime: Runtime
  readonly seed: number
  /** How often each request was sent: the n-th of the same flow draws the same chance whatever else was sent before it. */
  readonly sent?: ReadonlyMap<string, number>
  /** Pods that edits removed: their names and addresses are not the next to be given again. */
  readonly gone?: readonly Pod[]
}

/** A file as a person gave it. */
export interface InputFile {
  readonly name: string
  readonly text: string
  /** What it says, where the full reader of YAML was needed. */
  readonly source?: Source
}

export interface StartOptions {
  readonly profile?: Profile
  readonly backend?: ClusterConfig['flannel']['backend']
  readonly mode?: ClusterConfig['proxy']['mode']
  readonly masqueradeAll?: boolean
  /** What fulfils Services of type LoadBalancer; absent: what the installer of the profile brings along. */
  readonly loadBalancer?: LoadBalancerConfig['kind']
  readonly site?: Site
  readonly seed?: number
}

/** An empty cluster as an installer leaves it. */
export function start(options: StartOptions = {}): Simulation {
  const base = defaultConfig(options.profile ?? 'kubeadm')
  const config: ClusterConfig = {
    ...base,
    flannel: { backend: options.backend ?? base.flannel.backend },
    proxy: { ...base.proxy, mode: options.mode ?? base.proxy.mode, masqueradeAll: options.masqueradeAll ?? base.proxy.masqueradeAll },
    site: options.site ?? base.site,
    ...(options.loadBalancer && { loadBalancer: { kind: options.loadBalancer } }),
  }
  return { cluster: emptyCluster(config), runtime: FRESH, seed: options.seed ?? 1 }
}

/** Another configuration for the running cluster: controllers and agents act on it, what packets left behind stays. */
export function configure(simulation: Simulation, config: ClusterConfig): Simulation {
  return { ...simulation, cluster: settle({ ...simulation.cluster, config }) }
}

export interface Applied {
  readonly simulation: Simulation
  readonly problems: readonly Problem[]
  readonly changes: readonly ObjectChange[]
}

/** Applies manifests, all or nothing: with an error among the problems the simulation is the one that came in. `nodes`: how many to make where there are none. */
export function apply(simulation: Simulation, files: readonly InputFile[], options: { readonly nodes?: number } = {}): Applied {
  const { cluster, problems, changes } = applyManifests(simulation.cluster, files, { nodes: options.nodes ?? 3 })
  return { simulation: { ...simulation, cluster }, problems, changes }
}

export type { Edit }

export interface Edited {
  readonly simulation: Simulation
  readonly problems: readonly Problem[]
  readonly changes: readonly EditChange[]
}

/** Changes, deletes and moves objects as a person with kubectl would, all or nothing. What packets left behind stays. */
export function edit(simulation: Simulation, edits: readonly Edit[], options: { readonly nodes?: number } = {}): Edited {
  const { cluster, problems, changes, gone } = editCluster(simulation.cluster, edits, {
    nodes: options.nodes ?? 3,
    ...(simulation.gone && { gone: simulation.gone }),
  })
  return { simulation: { ...simulation, cluster, gone }, problems, changes }
}

/** What a person typed. `from`: `pod/NS/NAME`, `node/NAME`, `external/NAME`; `to`: `http://svc.ns/path`, `svc.ns:PORT`, `IP:PORT`, `IP`. */
export interface RequestText {
  readonly from: string
  readonly to: string
  readonly protocol?: Protocol
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
  const protocol = text.protocol ?? (/^\d+(\.\d+){3}$/.test(text.to.trim()) ? 'icmp' : 'tcp')
  const target = resolveTarget(simulation.cluster, text.to, protocol, sender.value.namespace, choose)
  if (!target.ok) return fail(problem(target.error.code, target.error.message))
  const { from: _, to: __, protocol: ___, ...options } = text
  const { ip, port, fidelity } = target.value
  const request: Request = {
    netns: sender.value.netns,
    protocol,
    destination: ip,
    ...(port !== undefined && protocol !== 'icmp' && { port }),
    ...options,
  }
  return ok({ request, fidelity })
}

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

/** Sends a request for real: what its packets leave behind (conntrack, affinity, neighbours) is in the next simulation. */
export function send(
  simulation: Simulation,
  request: Request,
  options: SendOptions = {},
): { readonly simulation: Simulation; readonly conversation: Conversation } {
  const key = `${request.netns} ${request.protocol} ${request.sourcePort ?? ''} ${request.destination}:${request.port ?? ''}`
  const nth = simulation.sent?.get(key) ?? 0
  const choose = options.choose ?? seeded(hash(`${options.seed ?? simulation.seed} ${key} ${options.seed === undefined ? nth : 0}`))
  const { conversation, runtime } = converse(network(simulation.cluster), simulation.runtime, request, choose, sessionOptions(options))
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
  const net = network(simulation.cluster)
  return enumerate(
    (choose) =>
      withHttpAnswer(simulation.cluster, converse(net, simulation.runtime, request, choose, sessionOptions(options)).conversation),
    limit,
    simulation.seed,
  )
}

const sessionOptions = (options: SendOptions): SessionOptions => ({ detail: options.detail ?? 'full', walk: options.walk ?? 'indexed' })

/** Lets time pass: conntrack and affinity ages are compared with it. */
export function wait(simulation: Simulation, seconds: number): Simulation {
  return { ...simulation, runtime: { ...simulation.runtime, now: simulation.runtime.now + seconds } }
}
