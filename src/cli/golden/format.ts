/**
 * The golden formats: what a recorded scenario gives as input, and what is written about each probe (schema `netlab-probe/1`). Field names are
 * the format's own. Fields that only the recorder fills in (times, attempts, random endpoint counts) are absent.
 */
export interface Scenario {
  readonly name: string
  readonly profile?: 'kubeadm' | 'k3s'
  readonly flannel?: { readonly backend?: string }
  readonly proxy?: ScenarioProxy
  /** A v1 List of live objects. */
  readonly objects: { readonly items: readonly unknown[] }
  /** LoadBalancer or external IP to the node that attracts it. */
  readonly lb?: Readonly<Record<string, string>>
  /** Per namespace: `PREFIX via GATEWAY`. */
  readonly routes?: Readonly<Record<string, readonly string[]>>
  readonly sysctls?: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly extraRules?: Readonly<Record<string, readonly string[]>>
  readonly hairpinMode?: boolean
  readonly ipFamilies?: readonly string[]
  /** Where IPv6 exists: networks of the site as the first address of a /64, prefixes of pods and Services. */
  readonly network6?: { readonly lan?: string; readonly podCIDR?: string; readonly svcCIDR?: string; readonly inet?: string }
  readonly probes: readonly ProbeInput[]
}

/** A rules case is a scenario without a network: only its tables are compared. */
export type RulesCase = Omit<Scenario, 'probes'> & { readonly nodes?: readonly string[] }

export interface ScenarioProxy {
  readonly mode?: string
  readonly masqueradeAll?: boolean
  readonly masqueradeBit?: number
  readonly localhostNodePorts?: boolean
  readonly nodePortAddresses?: readonly string[]
  readonly clusterCIDR?: string
  /** IPVS mode only. */
  readonly scheduler?: string
  readonly strictARP?: boolean
}

export interface ProbeInput {
  readonly id?: string
  readonly from: { readonly pod?: string; readonly node?: string; readonly external?: string; readonly ip?: string }
  readonly proto: string
  /** `IP:PORT`, or a bare address for icmp. */
  readonly to: string
  readonly sport?: number
  readonly payload?: number
  readonly df?: boolean
  readonly ttl?: number
  readonly keep?: readonly string[]
  readonly cold?: boolean
  /** Seconds that the client waits; see `DEFAULT_WAIT` of run.ts. */
  readonly timeout?: number
  /** The TCP connection stays open. */
  readonly hold?: boolean
}

/** What chance decided in the recording, per probe. */
export type Picks = Readonly<Record<string, readonly Pick[]>>
export type Pick = RulePick | IpvsPick
export interface RulePick {
  readonly mechanism?: undefined
  readonly node: string
  readonly table: string
  readonly hook: string
  readonly serviceChain: string | null
  readonly endpoint: string
}

/** What IPVS of a node was like when the probe came, and what it did. */
export interface IpvsPick {
  readonly mechanism: 'ipvs'
  readonly node: string
  readonly hook: string
  readonly proto: string
  /** `IP:PORT`, as are all endpoints here. */
  readonly client: string
  readonly virtualServer: string
  readonly endpoint: string
  readonly scheduledBefore: number
  readonly existingConnection: boolean
  readonly persistenceTemplateBefore?: string | null
  readonly realServersBefore: readonly {
    readonly endpoint: string
    readonly weight: number
    readonly active: number
    readonly inactive: number
  }[]
}

export interface GoldenProbe {
  readonly schema: 'netlab-probe/1'
  readonly scenario: string
  readonly probe: string
  readonly from: ProbeInput['from']
  readonly proto: string
  readonly to: string
  readonly sport: number
  readonly payload?: number
  readonly df?: boolean
  readonly ttl?: number
  readonly keep?: readonly string[]
  readonly cold?: boolean
  readonly env: { readonly profile: string; readonly backend: string; readonly mode: string }
  readonly socket: { readonly local: string | null; readonly remote: string }
  readonly outcome: GoldenOutcome
  readonly loop?: true
  readonly loopExtraSightings?: number
  readonly request: GoldenSide
  readonly reply: GoldenSide
  readonly conntrack: Readonly<Record<string, readonly GoldenEntry[]>>
  readonly conntrackOuter: Readonly<Record<string, readonly GoldenEntry[]>>
}

export interface GoldenSide {
  readonly hops: readonly GoldenHop[]
  readonly rules: readonly GoldenRun[]
}

export interface GoldenOutcome {
  readonly type: string
  readonly answeredBy?: string
  readonly clientSeen?: string
  readonly receiver?: { readonly netns: string; readonly local: string; readonly peer: string }
  readonly errno?: string
  readonly requestLastHop?: LastHop | null
  readonly replyLastHop?: LastHop
  readonly reachedServer?: boolean
  readonly icmp?: { readonly type: number; readonly code: number; readonly mtu?: number }
  readonly tcpReset?: true
  readonly sentBy?: { readonly netns: string; readonly pod: string | null; readonly iface: string; readonly srcIP: string }
  readonly fromAddressSeenByClient?: string | null
}

export interface LastHop {
  readonly i: number
  readonly netns: string
  readonly iface: string
  readonly dir: 'in' | 'out'
}

/** One sighting of a packet on an interface. */
export interface GoldenHop extends LastHop, GoldenPacket {
  readonly kind: string
  readonly pod?: string
}

export interface GoldenPacket {
  readonly eth?: { readonly src: string; readonly dst: string; readonly type: string }
  readonly ip: GoldenIp
  readonly tcp?: { readonly sport: number; readonly dport: number; readonly flags: string; readonly mss?: number }
  readonly udp?: { readonly sport: number; readonly dport: number; readonly len: number }
  readonly sctp?: { readonly sport: number; readonly dport: number; readonly chunk: string }
  readonly icmp?: GoldenIcmp
  readonly vxlan?: { readonly vni: number; readonly inner: GoldenPacket }
}

export interface GoldenIp {
  readonly src: string
  readonly dst: string
  readonly ttl: number
  readonly proto: string
  readonly len: number
  /** IPv6: that of the fragment header, if there is one. */
  readonly id?: number
  /** Absent for IPv6. */
  readonly df?: boolean
  readonly mf?: true
  readonly fragOffset?: number
}

export interface GoldenIcmp {
  readonly type: number
  readonly code: number
  readonly id?: number
  readonly seq?: number
  readonly mtu?: number
  readonly gateway?: string
  readonly inner?: GoldenPacket
}

/** One run of a base chain. */
export interface GoldenRun {
  readonly node: string
  /** Only of IPv6. */
  readonly family?: 'ip6'
  readonly table: string
  readonly chain: string
  /** Lower case. */
  readonly hook: string
  readonly prio: number
  readonly iif: string | null
  readonly oif: string | null
  readonly packet: {
    readonly src: string
    readonly dst: string
    readonly ttl: number
    readonly proto: string
    readonly sport?: number
    readonly dport?: number
    readonly icmp?: { readonly type: number; readonly code: number; readonly id?: number }
  }
  readonly result: string
  readonly steps: readonly GoldenStep[]
}

export interface GoldenStep {
  readonly chain: string
  readonly rule?: string
  readonly verdict: string
  /** `0x4000`; only when not 0. */
  readonly mark?: string
  readonly end?: true
  readonly policy?: true
}

export interface GoldenEntry {
  readonly proto: string
  readonly state: string | null
  readonly flags: readonly string[]
  readonly orig: GoldenTuple
  readonly reply: GoldenTuple
}

export interface GoldenTuple {
  readonly src: string
  readonly dst: string
  readonly sport?: number
  readonly dport?: number
  readonly type?: number
  readonly code?: number
  readonly id?: number
}
