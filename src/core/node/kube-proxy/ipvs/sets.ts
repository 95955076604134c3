import type { IpSet, IpSetEntry, IpSetMember } from '../../../kernel/netfilter/ipset.ts'
import { contains, maskedCidr } from '../../../net/cidr.ts'
import type { Ip, IpFamily } from '../../../net/ip.ts'
import type { NodeView } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'
import type { BoundAddresses, ServiceAddress, ServiceAddresses } from './service-addresses.ts'

/**
 * The ipsets of kube-proxy (kubernetes pkg/proxy/ipvs/ipset.go and proxier.go, v1.30). Members are listed when somebody dumps or counts them; packets are
 * looked up in the index of service addresses.
 */
export type SetName =
  | 'KUBE-LOOP-BACK'
  | 'KUBE-CLUSTER-IP'
  | 'KUBE-EXTERNAL-IP'
  | 'KUBE-EXTERNAL-IP-LOCAL'
  | 'KUBE-LOAD-BALANCER'
  | 'KUBE-LOAD-BALANCER-LOCAL'
  | 'KUBE-LOAD-BALANCER-FW'
  | 'KUBE-LOAD-BALANCER-SOURCE-IP'
  | 'KUBE-LOAD-BALANCER-SOURCE-CIDR'
  | 'KUBE-NODE-PORT-TCP'
  | 'KUBE-NODE-PORT-LOCAL-TCP'
  | 'KUBE-NODE-PORT-UDP'
  | 'KUBE-NODE-PORT-LOCAL-UDP'
  | 'KUBE-NODE-PORT-SCTP-HASH'
  | 'KUBE-NODE-PORT-LOCAL-SCTP-HASH'
  | 'KUBE-HEALTH-CHECK-NODE-PORT'
  | 'KUBE-IPVS-IPS'

/** An endpoint on this node. */
export interface LocalEndpoint {
  readonly ip: Ip
  readonly port: number
  readonly protocol: ServicePortInfo['protocol']
}

export interface SetInput {
  readonly addresses: ServiceAddresses
  readonly node: NodeView
  readonly nodeAddresses: readonly Ip[]
  /** Addresses of kube-ipvs0. */
  readonly bound: BoundAddresses
  readonly family: IpFamily
  /** Endpoints on this node, ready or not; asked for anew each time. */
  readonly localEndpoints: () => Iterable<LocalEndpoint>
}

/** Sets of IPv6 have names of their own. */
export const setName = (name: SetName, family: IpFamily): string => (family === 'IPv6' ? name.replace('KUBE-', 'KUBE-6-') : name)

export interface ProxySets {
  readonly byName: ReadonlyMap<string, IpSet>
  isEmpty(name: SetName): boolean
}

export function proxySets(input: SetInput): ProxySets {
  const definitions = definitionsOf(input)
  const byName = new Map<string, IpSet>()
  for (const [name, definition] of Object.entries(definitions) as [SetName, Definition][])
    byName.set(setName(name, input.family), new LazySet(setName(name, input.family), input.family, definition))
  return {
    byName,
    isEmpty(name) {
      for (const _ of definitions[name].members()) return false
      return true
    },
  }
}

interface Definition {
  readonly type: IpSet['type']
  members(): Iterable<IpSetMember>
  has(entry: IpSetEntry): boolean
}

class LazySet implements IpSet {
  readonly type: IpSet['type']
  private listed: readonly IpSetMember[] | undefined = undefined

  constructor(
    readonly name: string,
    readonly family: IpFamily,
    private readonly definition: Definition,
  ) {
    this.type = definition.type
  }

  get members(): readonly IpSetMember[] {
    return (this.listed ??= [...this.definition.members()])
  }

  has(entry: IpSetEntry): boolean {
    return this.definition.has(entry)
  }
}

type Protocol = ServicePortInfo['protocol']

const single = (port: number) => ({ from: port, to: port })
const addressMember = ({ address, port }: ServiceAddress): IpSetMember => ({
  ip: address,
  port: single(port.port),
  protocol: port.protocol,
})

function definitionsOf(input: SetInput): Readonly<Record<SetName, Definition>> {
  const { addresses, bound } = input
  const servicePorts = (selects: (address: ServiceAddress) => boolean): Definition => ofAddresses(addresses, selects)
  const isBalancer = ({ kind }: ServiceAddress): boolean => kind === 'load-balancer'
  const isExternal = ({ kind }: ServiceAddress): boolean => kind === 'external-ip'
  return {
    'KUBE-LOOP-BACK': loopBack(input),
    'KUBE-CLUSTER-IP': servicePorts(({ kind }) => kind === 'cluster-ip'),
    'KUBE-EXTERNAL-IP': servicePorts((one) => isExternal(one) && !one.port.externalLocal),
    'KUBE-EXTERNAL-IP-LOCAL': servicePorts((one) => isExternal(one) && one.port.externalLocal),
    'KUBE-LOAD-BALANCER': servicePorts(isBalancer),
    'KUBE-LOAD-BALANCER-LOCAL': servicePorts((one) => isBalancer(one) && one.port.externalLocal),
    'KUBE-LOAD-BALANCER-FW': servicePorts((one) => isBalancer(one) && one.port.sourceRanges.length > 0),
    'KUBE-LOAD-BALANCER-SOURCE-IP': ownSource(input),
    'KUBE-LOAD-BALANCER-SOURCE-CIDR': sourceRanges(addresses),
    'KUBE-NODE-PORT-TCP': nodePorts(addresses, 'tcp', () => true),
    'KUBE-NODE-PORT-LOCAL-TCP': nodePorts(addresses, 'tcp', (port) => port.externalLocal),
    'KUBE-NODE-PORT-UDP': nodePorts(addresses, 'udp', () => true),
    'KUBE-NODE-PORT-LOCAL-UDP': nodePorts(addresses, 'udp', (port) => port.externalLocal),
    'KUBE-NODE-PORT-SCTP-HASH': nodeAddressPorts(input, () => true),
    'KUBE-NODE-PORT-LOCAL-SCTP-HASH': nodeAddressPorts(input, (port) => port.externalLocal),
    'KUBE-HEALTH-CHECK-NODE-PORT': healthChecks(addresses),
    'KUBE-IPVS-IPS': {
      type: 'hash:ip',
      members: () => bound.list.map((ip) => ({ ip })),
      has: ({ ip }) => bound.set.has(ip),
    },
  }
}

function ofAddresses(addresses: ServiceAddresses, selects: (address: ServiceAddress) => boolean): Definition {
  return {
    type: 'hash:ip,port',
    *members() {
      for (const address of addresses.all) if (selects(address)) yield addressMember(address)
    },
    has({ ip, protocol, port }) {
      const found = addresses.find(protocol, ip, port)
      return found !== undefined && selects(found)
    },
  }
}

/** What comes back to who sent it: endpoint and source are the same address. */
function loopBack({ localEndpoints }: SetInput): Definition {
  return {
    type: 'hash:ip,port,ip',
    *members() {
      const seen = new Set<string>()
      for (const { ip, port, protocol } of localEndpoints()) {
        const key = `${protocol} ${ip} ${port}`
        if (seen.has(key)) continue
        seen.add(key)
        yield { ip, port: single(port), protocol, second: ip }
      }
    },
    has({ ip, protocol, port, second }) {
      if (ip !== second) return false
      for (const one of localEndpoints()) if (one.ip === ip && one.port === port && one.protocol === protocol) return true
      return false
    },
  }
}

/** A set cannot hold a prefix of length 0 (ipset refuses it), so a range that means everybody lets nobody in. */
function sourceRanges(addresses: ServiceAddresses): Definition {
  return {
    type: 'hash:ip,port,net',
    *members() {
      for (const one of addresses.all)
        if (one.kind === 'load-balancer')
          for (const range of one.port.sourceRanges) if (range.length > 0) yield { ...addressMember(one), second: maskedCidr(range) }
    },
    has({ ip, protocol, port, second }) {
      const found = second === undefined ? undefined : addresses.find(protocol, ip, port)
      return (
        found?.kind === 'load-balancer' &&
        found.port.sourceRanges.some((range) => second !== undefined && range.length > 0 && contains(range, second))
      )
    },
  }
}

/** Whether a Service's ranges hold the node itself: its processes dial the balancer's address from that very address, which is the node's own. */
export const allowsNode = ({ sourceRanges: ranges }: ServicePortInfo, { ip }: NodeView): boolean =>
  ip !== undefined && ranges.some((range) => contains(range, ip))

function ownSource({ addresses, node }: SetInput): Definition {
  const selects = ({ kind, port }: ServiceAddress): boolean => kind === 'load-balancer' && allowsNode(port, node)
  return {
    type: 'hash:ip,port,ip',
    *members() {
      for (const one of addresses.all) if (selects(one)) yield { ...addressMember(one), second: one.address }
    },
    has({ ip, protocol, port, second }) {
      const found = ip === second ? addresses.find(protocol, ip, port) : undefined
      return found !== undefined && selects(found)
    },
  }
}

function nodePorts(addresses: ServiceAddresses, protocol: Protocol, selects: (port: ServicePortInfo) => boolean): Definition {
  return {
    type: 'bitmap:port',
    *members() {
      for (const port of addresses.nodePorts) if (port.protocol === protocol && selects(port)) yield { port: single(port.nodePort) }
    },
    // The set holds numbers only: which protocol asks is for the rule to say.
    has({ port }) {
      const found = addresses.nodePort(protocol, port)
      return found !== undefined && selects(found)
    },
  }
}

/** Bitmaps know no SCTP, so these hold every address of the node. */
function nodeAddressPorts({ addresses, nodeAddresses }: SetInput, selects: (port: ServicePortInfo) => boolean): Definition {
  return {
    type: 'hash:ip,port',
    *members() {
      for (const port of addresses.nodePorts)
        if (port.protocol === 'sctp' && selects(port))
          for (const ip of nodeAddresses) yield { ip, port: single(port.nodePort), protocol: 'sctp' }
    },
    has({ ip, protocol, port }) {
      const found = protocol === 'sctp' ? addresses.nodePort(protocol, port) : undefined
      return found !== undefined && selects(found) && nodeAddresses.includes(ip)
    },
  }
}

function healthChecks(addresses: ServiceAddresses): Definition {
  const numbers = (): Set<number> => new Set(addresses.ports.flatMap(({ healthCheckNodePort }) => healthCheckNodePort || []))
  return {
    type: 'bitmap:port',
    members: () => [...numbers()].map((port) => ({ port: single(port) })),
    has: ({ port }) => addresses.ports.some(({ healthCheckNodePort }) => healthCheckNodePort === port),
  }
}
