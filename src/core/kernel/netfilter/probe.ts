import type { Choice, Choose } from '../../base/choose.ts'
import { type Ip, ipNumber, isIpv6 } from '../../net/ip.ts'
import { ipWords, isMulticast6, type Words } from '../../net/ip6.ts'
import type { Mac } from '../../net/mac.ts'
import type { Packet } from '../../net/packet.ts'
import type { NetnsId } from '../interface.ts'
import type { ConntrackEntry } from './conntrack-entry.ts'
import type { IpSet } from './ipset.ts'
import type { RecentMemory } from './recent.ts'
import type { AddressType, CtState } from './rule.ts'

/** All that rules can see of a packet on its way. */
export interface RuleContext {
  /** Absent: `ip`. */
  readonly family?: 'ip' | 'ip6'
  readonly packet: Packet
  readonly in?: string | undefined
  readonly out?: string | undefined
  /** Bridge ports, where the packet is with a bridge. */
  readonly physIn?: string | undefined
  readonly physOut?: string | undefined
  readonly bridged?: boolean
  readonly mark: number
  readonly sourceMac?: Mac | undefined
  /** The IPVS connection that the packet is a request of, once IPVS has translated it. */
  readonly ipvs?: { readonly virtual: Ip; readonly virtualPort: number } | undefined
  /** Absent before conntrack has seen the packet. */
  readonly ct?:
    | {
        readonly state: CtState
        readonly entry?: ConntrackEntry | undefined
        readonly direction: 'original' | 'reply'
        readonly mark: number
        /** Whether the entry is in the table; by default whether the packet is not NEW. */
        readonly confirmed?: boolean | undefined
      }
    | undefined
}

/** What the namespace, and chance, answer to rules. */
export interface Environment {
  readonly netns: NetnsId
  readonly sets: ReadonlyMap<string, IpSet>
  /** RTN_* type of an address; with a device, as if only that device's addresses were local. */
  addressType(ip: Ip, limitIface?: string): AddressType
  readonly recent: RecentMemory
  readonly choose: Choose
  record?(choice: Choice): void
  readonly detail: 'full' | 'lean'
  readonly walk: 'indexed' | 'linear'
  /** How many rules one run may evaluate. */
  readonly limit: number
}

/** Where a rule stands, and the chain that it jumps to. */
interface RulePlace {
  readonly chain: { readonly name: string }
  readonly index: number
  readonly jump: string | undefined
}

/**
 * One packet in one table: what matches compare, taken out of the packet once. Mutable and private to one traversal; rules change the marks as they match.
 */
export class Probe {
  readonly packet: Packet
  readonly environment: Environment
  readonly table: string
  readonly source: Ip
  readonly destination: Ip
  readonly protocol: string
  /** A fragment after the first has no transport header. */
  readonly laterFragment: boolean
  readonly hasPorts: boolean
  readonly sourcePort: number
  readonly destinationPort: number
  readonly in: string
  readonly out: string
  readonly physIn: string | undefined
  readonly physOut: string | undefined
  readonly bridged: boolean
  readonly sourceMac: string | undefined
  readonly ipvs: RuleContext['ipvs']
  ct: RuleContext['ct']
  mark: number
  /** The rule in hand, for questions of chance. */
  rule: RulePlace | undefined = undefined
  /** Weight of the last branch taken; undefined when the rule in hand asked nothing. */
  branch: number | undefined = undefined
  /** What was met that is not modelled exactly: ids of the fidelity contract. */
  approximations: string[] | undefined = undefined
  private sourceValue = -1
  private destinationValue = -1
  private sourceWide: Words | undefined = undefined
  private destinationWide: Words | undefined = undefined

  constructor(context: RuleContext, environment: Environment, table: string) {
    const { packet } = context
    const { ip, transport } = packet
    this.packet = packet
    this.environment = environment
    this.table = table
    this.source = ip.source
    this.destination = ip.destination
    this.protocol = ip.protocol
    this.laterFragment = (ip.fragmentOffset ?? 0) > 0
    const ports = !this.laterFragment && 'sourcePort' in transport
    this.hasPorts = ports
    this.sourcePort = ports ? transport.sourcePort : 0
    this.destinationPort = ports ? transport.destinationPort : 0
    this.in = context.in ?? ''
    this.out = context.out ?? ''
    this.physIn = context.physIn
    this.physOut = context.physOut
    this.bridged = context.bridged === true
    this.sourceMac = context.sourceMac
    this.ipvs = context.ipvs
    this.ct = context.ct
    this.mark = context.mark
  }

  get sourceNumber(): number {
    if (this.sourceValue < 0) this.sourceValue = ipNumber(this.source)
    return this.sourceValue
  }

  get destinationNumber(): number {
    if (this.destinationValue < 0) this.destinationValue = ipNumber(this.destination)
    return this.destinationValue
  }

  get sourceWords(): Words {
    return (this.sourceWide ??= ipWords(this.source))
  }

  get destinationWords(): Words {
    return (this.destinationWide ??= ipWords(this.destination))
  }

  /** skb->pkt_type as the receiving stack sees it. */
  packetType(): 'unicast' | 'broadcast' | 'multicast' {
    if (isIpv6(this.destination)) return isMulticast6(this.destination) ? 'multicast' : 'unicast'
    if (this.destinationNumber >>> 28 === 14) return 'multicast'
    return this.destination === '255.255.255.255' || this.environment.addressType(this.destination) === 'BROADCAST'
      ? 'broadcast'
      : 'unicast'
  }

  /** Notes it, and holds. */
  approximate(id: 'limit-match' | 'nth-match'): true {
    this.approximations ??= []
    if (!this.approximations.includes(id)) this.approximations.push(id)
    return true
  }

  /** Certainty is not asked. */
  chance(probability: number): boolean {
    if (probability <= 0 || probability >= 1) return probability >= 1
    const { environment } = this
    const weights = [probability, 1 - probability]
    const why = {
      kind: 'statistic',
      netns: environment.netns,
      table: this.table,
      chain: this.rule?.chain.name ?? '',
      index: this.rule?.index ?? 0,
      jump: this.rule?.jump,
    } as const
    const taken = environment.choose({ kind: 'branch', weights, why })
    const weight = weights[taken] ?? 0
    this.branch = (this.branch ?? 1) * weight
    environment.record?.({ why, taken, probability: weight })
    return taken === 0
  }
}
