import { type Ip, joinHostPort } from '../../core/net/ip.ts'
import { isRedirect, type Packet } from '../../core/net/packet.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import type { ConntrackEntry } from '../../core/kernel/netfilter/conntrack-entry.ts'
import type { ChainRun, RuleStep } from '../../core/kernel/step.ts'
import type { Conversation } from '../../core/sim/conversation.ts'
import type { PacketTrace, Runtime } from '../../core/walk/trace.ts'
import type {
  GoldenEntry,
  GoldenHop,
  GoldenOutcome,
  GoldenProbe,
  GoldenRun,
  GoldenSide,
  GoldenStep,
  LastHop,
  ProbeInput,
} from './format.ts'
import { goldenPacket, goldenRunPacket, goldenTuple } from './packet.ts'

/** What a namespace is, for the fields that name pods and for what is recorded on nodes only. */
export interface NamespaceRole {
  readonly kind: 'node' | 'pod' | 'router' | 'external'
  /** `namespace/name` of the pod. */
  readonly pod?: string
  /** A node, or a pod with rules of its own: its rule runs and connections are recorded. */
  readonly traced: boolean
}

export interface ProbeContext {
  readonly scenario: string
  readonly env: GoldenProbe['env']
  readonly role: (netns: NetnsId) => NamespaceRole
}

/** UDP port of the overlay; its own flow is recorded apart. */
const VXLAN_PORT = 8472

/** A conversation in the format of a recorded probe. `runtime` is the state of the kernels at the moment the client has its result. */
export function goldenProbe(
  probe: ProbeInput & { id: string; sport: number },
  conversation: Conversation,
  runtime: Runtime,
  context: ProbeContext,
): GoldenProbe {
  const [first, answer, ...later] = conversation.connections[0]?.packets ?? []
  const request = side(first, context)
  const reply = side(answer, context, later.filter(isError))
  const entries = [...runtime.conntrack].filter(([netns]) => context.role(netns).traced)
  return {
    schema: 'netlab-probe/1',
    scenario: context.scenario,
    probe: probe.id,
    from: probe.from,
    proto: probe.proto,
    to: probe.to,
    sport: probe.sport,
    ...(probe.payload !== undefined && { payload: probe.payload }),
    ...(probe.df !== undefined && { df: probe.df }),
    ...(probe.ttl !== undefined && { ttl: probe.ttl }),
    ...(probe.keep && { keep: probe.keep }),
    ...(probe.cold !== undefined && { cold: probe.cold }),
    env: context.env,
    socket: { local: conversation.outcome.local ?? null, remote: probe.to },
    outcome: outcome(probe, conversation, request, reply, context),
    ...(request.repeated > 0 && { loop: true as const, loopExtraSightings: request.repeated }),
    request: { hops: request.hops, rules: request.rules },
    reply: { hops: reply.hops, rules: reply.rules },
    conntrack: conntrack(entries, (entry) => !isOverlay(entry)),
    conntrackOuter: conntrack(entries, isOverlay),
  }
}

interface Side extends GoldenSide {
  /** Sightings beyond the first of each interface and direction: not 0 in a loop. */
  readonly repeated: number
}

/** `also`: packets whose rule runs the recorder counts to this side although it lists no sightings of them. */
function side(trace: PacketTrace | undefined, context: ProbeContext, also: readonly PacketTrace[] = []): Side {
  const { hops, repeated } = trace ? sightings(trace, context) : { hops: [], repeated: 0 }
  return { hops, repeated, rules: runs(trace ? [trace, ...also] : also, hops, context) }
}

/** The kernel's rule trace shows too little of an ICMP error to tell what it is about, so the recorder takes all of them for answers. */
const isError = ({ sent: { transport } }: PacketTrace): boolean => transport.kind === 'icmp-error' && !isRedirect(transport)

/** Each (namespace, interface, direction) once, in the order of the first sighting. */
function sightings(trace: PacketTrace, context: ProbeContext): { hops: GoldenHop[]; repeated: number } {
  const seen = new Set<string>()
  const hops: GoldenHop[] = []
  let repeated = 0
  for (const { netns, steps } of trace.hops) {
    for (const step of steps) {
      if (step.kind !== 'receive' && step.kind !== 'transmit') continue
      const dir = step.kind === 'receive' ? 'in' : 'out'
      const key = `${netns} ${step.dev} ${dir}`
      if (seen.has(key)) {
        repeated++
        continue
      }
      seen.add(key)
      const { kind, pod } = context.role(netns)
      hops.push({
        i: hops.length,
        netns,
        kind,
        ...(pod !== undefined && { pod }),
        iface: step.dev,
        dir,
        ...goldenPacket(step.packet, step.frame),
      })
    }
  }
  return { hops, repeated }
}

/** Runs of nodes and of pods with rules, grouped by namespace in the order in which the packet was first seen there; those of the overlay's own packets left out. */
function runs(traces: readonly PacketTrace[], hops: readonly GoldenHop[], context: ProbeContext): GoldenRun[] {
  const position = new Map<string, number>()
  for (const hop of hops) if (!position.has(hop.netns)) position.set(hop.netns, hop.i)
  const seen = new Set<string>()
  const list: GoldenRun[] = []
  for (const { netns, steps } of traces.flatMap((trace) => trace.hops)) {
    if (!context.role(netns).traced) continue
    for (const step of steps) {
      if (step.kind !== 'chain' || isOverlayPacket(step.packet)) continue
      const run = goldenRun(netns, step)
      const { steps: _, result: __, ...head } = run
      const key = JSON.stringify(head)
      if (seen.has(key)) continue
      seen.add(key)
      list.push(run)
    }
  }
  const rank = (run: GoldenRun) => position.get(run.node) ?? hops.length
  return list.sort((a, b) => rank(a) - rank(b))
}

function goldenRun(node: string, run: ChainRun): GoldenRun {
  return {
    node,
    ...(run.family === 'ip6' && { family: 'ip6' as const }),
    table: run.table,
    chain: run.chain,
    hook: run.hook.toLowerCase(),
    prio: run.priority,
    iif: run.in ?? null,
    oif: run.out ?? null,
    packet: goldenRunPacket(run.packet),
    result: run.verdict,
    steps: run.rules.map(goldenStep),
  }
}

function goldenStep(step: RuleStep): GoldenStep {
  return {
    chain: step.chain,
    ...(step.rule !== undefined && { rule: step.rule }),
    verdict: step.verdict,
    ...(step.mark && { mark: `0x${step.mark.toString(16)}` }),
    ...(step.end && { end: true as const }),
    ...(step.policy && { policy: true as const }),
  }
}

const isOverlayPacket = ({ transport }: Packet): boolean =>
  transport.kind === 'udp' && (transport.vxlan !== undefined || transport.destinationPort === VXLAN_PORT)
const isOverlay = ({ original }: ConntrackEntry): boolean => original.protocol === 'udp' && original.destinationPort === VXLAN_PORT

function conntrack(
  tables: readonly (readonly [NetnsId, ReadonlyMap<string, ConntrackEntry>])[],
  keep: (entry: ConntrackEntry) => boolean,
): Record<string, GoldenEntry[]> {
  const out: Record<string, GoldenEntry[]> = {}
  for (const [netns, table] of tables) {
    const entries = [...table.values()].filter(keep).map(goldenEntry)
    if (entries.length > 0) out[netns] = entries.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  }
  return out
}

function goldenEntry(entry: ConntrackEntry): GoldenEntry {
  return {
    proto: entry.original.protocol,
    state: entry.state ?? null,
    flags: [...(entry.seenReply ? [] : ['UNREPLIED']), ...(entry.assured ? ['ASSURED'] : [])],
    orig: goldenTuple(entry.original),
    reply: goldenTuple(entry.reply),
  }
}

const sortKey = ({ orig }: GoldenEntry): string =>
  JSON.stringify([orig.code ?? null, orig.dst, orig.dport ?? null, orig.id ?? null, orig.sport ?? null, orig.src])

function outcome(probe: ProbeInput, conversation: Conversation, request: Side, reply: Side, context: ProbeContext): GoldenOutcome {
  const said = conversation.outcome
  if (said.kind === 'answered') return answered(probe, conversation, request)
  const sentBy = said.sentBy && {
    netns: said.sentBy.netns,
    pod: context.role(said.sentBy.netns).pod ?? null,
    iface: said.sentBy.dev,
    srcIP: said.sentBy.source,
  }
  const pingAnswer = isPing(probe) && said.errno !== 'EPERM' && said.icmp && said.fromAddressSeenByClient
  const errno = pingAnswer ? pingError(probe, said.icmp, said.fromAddressSeenByClient) : said.errno
  const replyLastHop = last(reply)
  const lasting = {
    type: said.kind,
    ...(errno !== undefined && { errno }),
    requestLastHop: last(request) ?? null,
    reachedServer: said.reachedServer,
    ...(replyLastHop && { replyLastHop }),
  }
  if (isNoError(reply)) return lasting
  return {
    ...lasting,
    ...(said.icmp && { icmp: said.icmp }),
    ...(said.reset && { tcpReset: true as const }),
    ...(sentBy && { sentBy, fromAddressSeenByClient: said.fromAddressSeenByClient ?? null }),
  }
}

/** A recording tells of the first answer alone: where that was none that ends a connection, whatever came later is not told. */
function isNoError({ hops: [first] }: Side): boolean {
  const { tcp, udp } = first?.vxlan?.inner ?? first ?? {}
  return udp !== undefined || (tcp !== undefined && !tcp.flags.includes('R'))
}

const isPing = ({ proto }: ProbeInput): boolean => proto === 'icmp' || proto === 'icmp6'
const pingError = ({ proto }: ProbeInput, icmp: { readonly type: number; readonly code: number }, from: Ip): string =>
  `${proto.toUpperCase()} ${icmp.type}/${icmp.code} from ${from}`

/** A ping has no listener that could tell its name: the recording takes the namespace that the request was last seen in. */
function answered(probe: ProbeInput, { outcome, connections }: Conversation, request: Side): GoldenOutcome {
  const end = request.hops.at(-1)
  if (isPing(probe)) {
    const seen = end?.vxlan?.inner ?? end
    return { type: 'answered', ...(end && seen && { answeredBy: end.pod ?? end.netns, clientSeen: seen.ip.src }) }
  }
  const reached = connections[0]?.packets[0]?.disposition
  const receiver = reached?.kind === 'delivered' ? socketOf(reached.netns, reached.packet) : undefined
  return {
    type: 'answered',
    ...(outcome.answeredBy !== undefined && { answeredBy: outcome.answeredBy }),
    ...(outcome.clientSeen !== undefined && { clientSeen: outcome.clientSeen }),
    ...(receiver && { receiver }),
  }
}

function socketOf(netns: NetnsId, { ip, transport }: Packet): GoldenOutcome['receiver'] {
  if (transport.kind !== 'tcp' && transport.kind !== 'udp') return undefined
  return { netns, local: joinHostPort(ip.destination, transport.destinationPort), peer: joinHostPort(ip.source, transport.sourcePort) }
}

function last({ hops }: Side): LastHop | undefined {
  const hop = hops.at(-1)
  return hop && { i: hop.i, netns: hop.netns, iface: hop.iface, dir: hop.dir }
}
