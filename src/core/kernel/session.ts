import type { Choice, Choose } from '../base/choose.ts'
import { type Ip, isIpv6 } from '../net/ip.ts'
import type { Mac } from '../net/mac.ts'
import type { Ethernet, Frame, Packet, Protocol } from '../net/packet.ts'
import type { NetnsId } from './interface.ts'
import type { Found } from './fib.ts'
import { type ConnectionListener, hasFinished, IpvsTable } from './ipvs/connection-table.ts'
import { type IpvsConnection, NO_IPVS_STATE } from './ipvs/state.ts'
import type { Network, NetworkNamespace } from './netns.ts'
import { ConntrackTable, type Connection, type Tracked } from './netfilter/conntrack.ts'
import type { ConntrackEntry } from './netfilter/conntrack-entry.ts'
import type { Environment } from './netfilter/probe.ts'
import { recentLists, type RecentLists } from './netfilter/recent.ts'
import { Learned } from './nft/learned.ts'
import type { InputRoute } from './route.ts'
import type { RelayState, Runtime } from './runtime.ts'
import type { DropReason, Step } from './step.ts'

const NO_ENTRIES: ReadonlyMap<string, ConntrackEntry> = new Map()

/**
 * The live state of all kernels while packets walk: a mutable layer over an immutable `Runtime`, private to one conversation. `runtime()` turns it into
 * the next value.
 */
export class Session {
  readonly network: Network
  readonly options: SessionOptions
  readonly choices: Choice[] = []
  readonly choose: Choose
  readonly recent: RecentLists
  /** What packets added to sets of nftables. */
  readonly learned: Learned
  readonly neighbours: Map<string, 'reachable' | 'stale'> | 'warm'
  readonly resolving: Map<string, number>
  readonly relays: Map<string, RelayState>
  /** What processes remember; opaque to kernels. */
  readonly memories: Map<string, ReadonlyMap<string, number | string>>
  /** Seconds; moves on while the conversation waits. */
  now: number
  /** Connections that a server half of the conversation has seen a SYN for: `netns tuple`. */
  readonly halfOpen = new Set<string>()
  /** What rules ask of each namespace, at one moment. */
  readonly environments = new Map<NetnsId, { readonly now: number; readonly environment: Environment }>()
  /** The same for packets of IPv6. */
  readonly environments6 = new Map<NetnsId, { readonly now: number; readonly environment: Environment }>()
  private readonly base: Runtime
  private readonly tables = new Map<NetnsId, ConntrackTable>()
  private readonly ipvsTables = new Map<NetnsId, IpvsTable>()

  constructor(network: Network, runtime: Runtime, choose: Choose, options: SessionOptions) {
    this.network = network
    this.base = runtime
    this.options = options
    this.now = runtime.now
    this.recent = recentLists(runtime.recent)
    this.learned = new Learned(runtime.nftSets)
    this.neighbours = runtime.neighbours === 'warm' ? 'warm' : new Map(runtime.neighbours)
    this.resolving = new Map(runtime.resolving)
    this.relays = new Map(runtime.relays)
    this.memories = new Map(runtime.memories)
    // Programs have closed their connections since: conntrack must know before the first packet comes.
    for (const [netns, state] of runtime.ipvs) if (hasFinished(state)) this.ipvs(netns)
    this.choose = (question) => {
      const answer = choose(question)
      if (question.kind === 'branch') this.choices.push({ why: question.why, taken: answer, probability: question.weights[answer] ?? 0 })
      return answer
    }
  }

  conntrack(netns: NetnsId): ConntrackTable {
    let table = this.tables.get(netns)
    if (!table) {
      table = new ConntrackTable(this.base.conntrack.get(netns) ?? NO_ENTRIES)
      this.tables.set(netns, table)
    }
    return table
  }

  /** The IPVS of a namespace as it is now: what timed out is gone. */
  ipvs(netns: NetnsId): IpvsTable {
    let table = this.ipvsTables.get(netns)
    if (!table) {
      table = new IpvsTable(this.base.ipvs.get(netns) ?? NO_IPVS_STATE, this.conntrackListener(netns))
      this.ipvsTables.set(netns, table)
    }
    table.expire(this.now)
    return table
  }

  /** The client keeps its connections open. */
  holdConnections(): void {
    for (const table of this.ipvsTables.values()) table.hold()
  }

  /** What ends in IPVS ends in conntrack (ip_vs_conn_drop_conntrack); what programs close, conntrack has seen being closed. */
  private conntrackListener(netns: NetnsId): ConnectionListener {
    const tracked = ({ protocol, client, clientPort, virtual, virtualPort, tracked: follows }: IpvsConnection): Tracked | undefined => {
      const tuple = { protocol, source: client, sourcePort: clientPort, destination: virtual, destinationPort: virtualPort }
      const found = follows ? this.conntrack(netns).find(tuple) : undefined
      return found?.direction === 'original' ? found.tracked : undefined
    }
    return {
      ended: (connection) => {
        const entry = tracked(connection)
        if (entry) this.conntrack(netns).remove(entry)
      },
      closed: (connection) => {
        const entry = tracked(connection)
        if (entry) this.conntrack(netns).update(entry, { ...entry.entry, state: 'TIME_WAIT' })
      },
    }
  }

  runtime(): Runtime {
    const conntrack = new Map(this.base.conntrack)
    for (const [netns, table] of this.tables) {
      const entries = table.entries()
      if (entries.size > 0) conntrack.set(netns, entries)
      else conntrack.delete(netns)
    }
    const ipvs = new Map(this.base.ipvs)
    for (const [netns, table] of this.ipvsTables) ipvs.set(netns, table.state())
    return {
      conntrack,
      recent: this.recent.lists(),
      nftSets: this.learned.sets(),
      ipvs,
      ...(this.relays.size > 0 && { relays: this.relays }),
      ...(this.memories.size > 0 && { memories: this.memories }),
      neighbours: this.neighbours,
      resolving: this.resolving,
      now: this.now,
    }
  }
}

export interface SessionOptions {
  /** `lean` leaves out what was considered and rejected: for matrices, enumeration and benchmarks. */
  readonly detail: 'full' | 'lean'
  readonly walk: 'indexed' | 'linear'
}

/** A frame on its way into another namespace. */
export interface Arrival {
  readonly netns: NetnsId
  readonly dev: string
  readonly frame?: Frame
  readonly packet: Packet
  /** Only over lo, where the same sk_buff comes back: its connection and mark. */
  readonly loopback?: {
    readonly connection?: Connection
    readonly mark: number
    readonly route?: Destination
    readonly ipvs?: IpvsConnection | 'reply'
  }
}

/** A device and the addresses of a frame that leaves by it. */
export interface Direct {
  readonly dev: string
  readonly ethernet: Ethernet
}

/** A packet that a kernel made in answer to another: an ICMP error, a reset, an echo reply, a SYN-ACK. It is walked as a trace of its own. */
export interface Generated {
  readonly netns: NetnsId
  readonly packet: Packet
  readonly connection?: Connection
  /** Put on a device as a ready frame: no route, no hook. */
  readonly direct?: Direct
  /** Seconds after the packet that caused it (a failed neighbour resolution takes three). */
  readonly delay: number
}

/** Where the steps of one packet go: written by the stack, read by the walk. */
export interface Recorder {
  step(step: Step): void
  arrive(arrival: Arrival): void
  answer(generated: Generated): void
  end(end: End): void
  /** What was met that is known to be approximate: an id of fidelity.ts. */
  approximate(id: string): void
}

/** Of what is looked up without telling. */
export const SILENT: Recorder = {
  step: () => undefined,
  arrive: () => undefined,
  answer: () => undefined,
  end: () => undefined,
  approximate: () => undefined,
}

export type End =
  | { readonly kind: 'delivered'; readonly owner?: string; readonly packet: Packet; readonly to: 'listener' | 'client' | 'kernel' }
  | { readonly kind: 'dropped'; readonly by: DropReason; readonly detail?: string }
  | { readonly kind: 'rejected'; readonly with: string; readonly reply: Packet }
  | { readonly kind: 'unsupported'; readonly what: string }
  | { readonly kind: 'cut'; readonly limit: 'rules' }

/** One namespace at work on one packet. */
export interface Host {
  readonly session: Session
  readonly ns: NetworkNamespace
  readonly recorder: Recorder
  /** Sockets that the conversation opened: who connects from here and waits for an answer. */
  readonly client: ClientSocket | undefined
}

/** The client's connected socket. */
export interface ClientSocket {
  readonly netns: NetnsId
  readonly protocol: Protocol
  readonly local: Ip
  readonly localPort: number
  readonly remote: Ip
  readonly remotePort: number
}

/**
 * struct sk_buff, as far as the stack reads it. Mutable, and only while one namespace works on it. All of them have the same fields from the start, set or
 * not: engines are quick with objects of one shape.
 */
export class SkBuff {
  /** The device it came in by, as rules see it (the bridge, for bridged frames). */
  in: string | undefined
  packet: Packet
  mark: number
  ethernet: Ethernet | undefined = undefined
  /** The bridge port it came in by and leaves by. */
  physIn: string | undefined = undefined
  physOut: string | undefined = undefined
  sourceMac: Mac | undefined = undefined
  connection: Connection | undefined = undefined
  /** Tracked and refused, or excluded by NOTRACK. */
  untracked: 'INVALID' | 'UNTRACKED' | undefined = undefined
  /** skb_dst: where routing decided to send it. */
  route: Destination | undefined = undefined
  /** The input route, when bridge netfilter has looked it up before the packet reaches IP. */
  input: InputRoute | undefined = undefined
  /** skb->ipvs_property: IPVS has dealt with it, as a request of this connection or as an answer. */
  ipvs: IpvsConnection | 'reply' | undefined = undefined
  /** Largest fragment of a datagram that was reassembled on the way (frag_max_size). */
  largestFragment: number | undefined = undefined
  /** IPv6: may be cut into fragments here, because it was reassembled here or by a socket that lets it (skb->ignore_df). */
  fragmentable = false
  /** Which family's stack it is with. */
  readonly v6: boolean

  constructor(packet: Packet, mark: number) {
    this.in = undefined
    this.packet = packet
    this.mark = mark
    this.v6 = isIpv6(packet.ip.source)
  }
}

/** From a wire. */
export function received(packet: Packet, ethernet: Ethernet): SkBuff {
  const skb = new SkBuff(packet, 0)
  skb.ethernet = ethernet
  skb.sourceMac = ethernet.source
  return skb
}

export interface Destination {
  readonly dev: string
  readonly via?: Ip
  readonly local: boolean
  /** RTCF_BROADCAST: for everybody on the subnet, so also for us. */
  readonly broadcast?: boolean
  /** IPv6: the subnet-router anycast address of one of our subnets. */
  readonly anycast?: boolean
  readonly found?: Found
}
