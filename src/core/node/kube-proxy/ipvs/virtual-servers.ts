import type { SchedulerName, Ipvs, IpvsProtocol, RealServer, VirtualServer } from '../../../kernel/ipvs/ipvs.ts'
import type { Origin } from '../../../kernel/origin.ts'
import type { Ip } from '../../../net/ip.ts'
import { objectOf } from '../dispatch.ts'
import { categorize, type EndpointInfo, type NodeView } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'
import type { ServiceAddress, ServiceAddresses } from './service-addresses.ts'

/**
 * The virtual and real servers of one node (kubernetes pkg/proxy/ipvs/proxier.go, syncService and syncEndpoint, v1.30), each made when a packet or a
 * listing asks for it.
 */
export interface VirtualServerInput {
  readonly addresses: ServiceAddresses
  readonly node: NodeView
  /** Addresses of the node that node ports are open on: its own, without loopback and kube-ipvs0. */
  readonly nodeAddresses: readonly Ip[]
  readonly scheduler: SchedulerName
  readonly endpointsOf: (port: ServicePortInfo) => readonly EndpointInfo[]
}

export function virtualServers(input: VirtualServerInput): Omit<Ipvs, 'sysctls'> {
  const { addresses, nodeAddresses } = input
  const made = new Map<string, VirtualServer>()
  const open = new Set(nodeAddresses)
  const serve = (address: Ip, port: ServicePortInfo, kind: ServiceAddress['kind'] | 'node-port'): VirtualServer => {
    const key = `${kind} ${address} ${port.protocol} ${port.name} ${port.index}`
    let server = made.get(key)
    if (!server) made.set(key, (server = virtualServer(input, address, port, kind)))
    return server
  }
  return {
    find(protocol: IpvsProtocol, address: Ip, number: number) {
      const found = addresses.find(protocol, address, number)
      if (found) return serve(address, found.port, found.kind)
      const port = open.has(address) ? addresses.nodePort(protocol, number) : undefined
      return port && serve(address, port, 'node-port')
    },
    *virtualServers() {
      for (const { address, port, kind } of addresses.all) yield serve(address, port, kind)
      for (const port of addresses.nodePorts) for (const address of nodeAddresses) yield serve(address, port, 'node-port')
    },
  }
}

function virtualServer(
  input: VirtualServerInput,
  address: Ip,
  port: ServicePortInfo,
  kind: ServiceAddress['kind'] | 'node-port',
): VirtualServer {
  const { affinitySeconds, protocol } = port
  return {
    protocol,
    address,
    port: kind === 'node-port' ? port.nodePort : port.port,
    scheduler: input.scheduler,
    ...(affinitySeconds !== undefined && { persistentSeconds: affinitySeconds }),
    realServers: chosen(input, port, kind === 'cluster-ip' ? port.internalLocal : port.externalLocal).map((endpoint) =>
      realServer(port, endpoint),
    ),
    // IsRsGracefulTerminationNeeded: TCP connections may end in peace.
    graceful: protocol === 'tcp',
    origin: originOf(port, kind, address),
  }
}

/** A Local policy takes local endpoints if there are any, and else all of them: nothing is dropped for want of a local one. */
function chosen({ node, endpointsOf }: VirtualServerInput, port: ServicePortInfo, onlyLocal: boolean): readonly EndpointInfo[] {
  const { cluster, local } = categorize(endpointsOf(port), port, node)
  return onlyLocal && local.length > 0 ? local : cluster
}

function realServer(port: ServicePortInfo, { ip, address, slice, index }: EndpointInfo): RealServer {
  return {
    address: ip,
    port: Number(address.slice(address.lastIndexOf(':') + 1)),
    weight: 1,
    origin: {
      agent: 'kube-proxy',
      object: `EndpointSlice/${slice.metadata.namespace ?? port.service.metadata.namespace ?? 'default'}/${slice.metadata.name}`,
      field: `endpoints[${index}]`,
    },
  }
}

export function originOf(port: ServicePortInfo, kind: ServiceAddress['kind'] | 'node-port', address: Ip): Origin {
  const { spec, status } = port.service
  const fields = {
    'cluster-ip': `spec.ports[${port.index}]`,
    'node-port': `spec.ports[${port.index}].nodePort`,
    'external-ip': `spec.externalIPs[${spec.externalIPs?.indexOf(address) ?? 0}]`,
    'load-balancer': `status.loadBalancer.ingress[${status?.loadBalancer?.ingress?.findIndex(({ ip }) => ip === address) ?? 0}]`,
  }
  return { agent: 'kube-proxy', object: objectOf(port), field: fields[kind] }
}
