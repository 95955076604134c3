import type { Shards } from '../../../cluster/cluster.ts'
import type { ClusterConfig } from '../../../cluster/config.ts'
import type { Ip, IpFamily } from '../../../net/ip.ts'
import { entriesOf } from '../service-entry.ts'
import type { ServicePortInfo } from '../service-port.ts'

/** An address and port that a Service is reached by, and which field says so. */
export interface ServiceAddress {
  readonly kind: 'cluster-ip' | 'external-ip' | 'load-balancer'
  readonly address: Ip
  readonly port: ServicePortInfo
}

/**
 * Where Services of one family are reached, by address and by node port: what virtual servers, sets and the addresses of kube-ipvs0 are made of. Follows
 * from Services alone, so that a change of endpoints leaves it as it is, and all nodes share it.
 */
export interface ServiceAddresses {
  /** In the order of the Services. */
  readonly all: readonly ServiceAddress[]
  readonly nodePorts: readonly ServicePortInfo[]
  readonly ports: readonly ServicePortInfo[]
  /** Every address once. */
  readonly addresses: readonly Ip[]
  readonly addressSet: ReadonlySet<Ip>
  find(protocol: string, address: Ip, port: number): ServiceAddress | undefined
  nodePort(protocol: string, port: number): ServicePortInfo | undefined
}

const made = new WeakMap<Shards<'Service'>, Map<IpFamily, ServiceAddresses>>()

export function serviceAddresses(config: ClusterConfig, services: Shards<'Service'>, family: IpFamily): ServiceAddresses {
  let families = made.get(services)
  if (!families) made.set(services, (families = new Map<IpFamily, ServiceAddresses>()))
  let known = families.get(family)
  if (!known) families.set(family, (known = index(portsOf(config, services, family))))
  return known
}

function portsOf(config: ClusterConfig, services: Shards<'Service'>, family: IpFamily): readonly ServicePortInfo[] {
  const ports: ServicePortInfo[] = []
  for (const [namespace, shard] of services)
    for (const { sharedPorts, ownPorts } of entriesOf(config, namespace, shard, family).byName.values())
      ports.push(...sharedPorts, ...ownPorts)
  return ports
}

/** What kube-ipvs0 gets on one node. */
export interface BoundAddresses {
  readonly list: readonly Ip[]
  readonly set: ReadonlySet<Ip>
}

const whole = new WeakMap<ServiceAddresses, BoundAddresses>()

/**
 * All addresses, but for an external or balancer's address that a device of the node has already (`local`). Nearly always all nodes have the same; they
 * share it then.
 */
export function boundAddresses(service: ServiceAddresses, local: readonly Ip[]): BoundAddresses {
  const taken = local.filter(
    (ip) => service.addressSet.has(ip) && !service.all.some((one) => one.kind === 'cluster-ip' && one.address === ip),
  )
  if (taken.length > 0) {
    const list = service.addresses.filter((ip) => !taken.includes(ip))
    return { list, set: new Set(list) }
  }
  let known = whole.get(service)
  if (!known) whole.set(service, (known = { list: service.addresses, set: service.addressSet }))
  return known
}

const keyOf = (protocol: string, address: Ip, port: number): string => `${protocol} ${address} ${port}`

/** Of two Services that claim the same address and port the first has it; kube-proxy gives it to whichever comes last in its random order. */
function index(ports: readonly ServicePortInfo[]): ServiceAddresses {
  const byKey = new Map<string, ServiceAddress>()
  const nodePorts = new Map<string, ServicePortInfo>()
  for (const port of ports) {
    const add = (kind: ServiceAddress['kind'], address: Ip): void => {
      const key = keyOf(port.protocol, address, port.port)
      if (!byKey.has(key)) byKey.set(key, { kind, address, port })
    }
    add('cluster-ip', port.clusterIP)
    for (const ip of port.externalIPs) add('external-ip', ip)
    for (const ip of port.loadBalancerVIPs) add('load-balancer', ip)
    const key = `${port.protocol} ${port.nodePort}`
    if (port.nodePort !== 0 && !nodePorts.has(key)) nodePorts.set(key, port)
  }
  const all = [...byKey.values()]
  const addressSet = new Set(all.map(({ address }) => address))
  return {
    all,
    nodePorts: [...nodePorts.values()],
    ports,
    addresses: [...addressSet],
    addressSet,
    find: (protocol, address, port) => byKey.get(keyOf(protocol, address, port)),
    nodePort: (protocol, port) => nodePorts.get(`${protocol} ${port}`),
  }
}
