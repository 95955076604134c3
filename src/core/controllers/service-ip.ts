/**
 * What the API server's allocators give a Service: an address of the service range, node ports, a health check node port (pkg/registry/core/service). The
 * server draws at random from the upper band of each range and keeps the lower for those who ask by number (KEP-3070, KEP-3668); here the Service's name
 * decides where the search starts, so that one Service's address does not depend on which others exist.
 */
import type { Service, ServicePort } from '../api/service.ts'
import { hash } from '../base/choose.ts'
import { type Change, list, namespaceOf } from '../cluster/cluster.ts'
import { NODE_PORTS, type Pools, poolsOf, take } from '../cluster/pools.ts'
import { type Cidr, fullLength, ipAt } from '../net/cidr.ts'
import type { Controller } from './controller.ts'

export const serviceIp: Controller = {
  name: 'service-ip',
  reads: ['Service'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const needy = [...list(cluster, 'Service')].filter(isNeedy)
    if (needy.length === 0) return []
    const pools = poolsOf(cluster)
    const changes: Change[] = []
    for (const service of needy) {
      const object = allocated(pools, service)
      if (object === service) continue
      take(pools, object)
      changes.push({ op: 'put', object })
    }
    return changes
  },
}

function isNeedy({ spec }: Service): boolean {
  if (spec.type === 'ExternalName') return false
  return !spec.clusterIPs || !spec.clusterIP || needsNodePorts(spec) || lacksAddress(spec)
}

/** One for each of its families; headless Services have none. */
const lacksAddress = ({ clusterIP, clusterIPs, ipFamilies }: Service['spec']): boolean =>
  clusterIP !== 'None' && (ipFamilies ?? []).length > (clusterIPs ?? []).length

/** LoadBalancers may do without node ports; a dump of one that got none has them withheld by its own flag. */
const needsNodePorts = ({ type, ports, allocateLoadBalancerNodePorts }: Service['spec']): boolean =>
  (type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)) &&
  (ports ?? []).some((port) => !port.nodePort)

function allocated(pools: Pools, service: Service): Service {
  const { spec } = service
  const key = `${namespaceOf(service)}/${service.metadata.name}`
  const clusterIPs = addressesOf(pools, key, spec)
  const [clusterIP] = clusterIPs
  const ports = needsNodePorts(spec) ? withNodePorts(pools, key, spec.ports ?? []) : spec.ports
  // The API server always writes clusterIPs: a Service that has them has been through here or through a real one, which decided about its health check port.
  const fresh = !spec.clusterIPs
  const wantsHealth = fresh && spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && !spec.healthCheckNodePort
  const health = wantsHealth ? freeNodePort(pools, `${key}/health`, new Set(numbers(ports))) : undefined
  const same = clusterIPs.length === (spec.clusterIPs ?? []).length
  if (clusterIP === undefined || (!fresh && spec.clusterIP && ports === spec.ports && same)) return service
  return {
    ...service,
    spec: {
      ...spec,
      clusterIP,
      clusterIPs,
      ...(ports && { ports }),
      ...(health && { healthCheckNodePort: health }),
    },
  }
}

const numbers = (ports: readonly ServicePort[] | undefined): number[] => (ports ?? []).flatMap(({ nodePort }) => nodePort ?? [])

/** Those that it has or names, and a free one for each family that is left; as far as there are any. */
function addressesOf(pools: Pools, key: string, { clusterIP, clusterIPs, ipFamilies = ['IPv4'] }: Service['spec']): readonly string[] {
  if (clusterIP === 'None') return clusterIPs ?? [clusterIP]
  const addresses = [...(clusterIPs ?? (clusterIP ? [clusterIP] : []))]
  for (const family of ipFamilies.slice(addresses.length)) {
    const free = freeAddress(pools, family === 'IPv4' ? pools.serviceCIDR : pools.serviceCIDR6, key)
    if (free === undefined) break
    addresses.push(free)
  }
  return addresses
}

/** calculateRangeOffset: a sixteenth of the range, at least 16 and at most 256 addresses, is kept for those who ask. */
function freeAddress({ addresses }: Pools, range: Cidr | undefined, key: string): string | undefined {
  if (!range) return undefined
  // Of IPv6 no more than 16 bits are handed out.
  const size = Math.min(2 ** (fullLength(range) - range.length), range.wide ? 2 ** 16 : Infinity)
  // The network and, for IPv4, the broadcast address are no Service's.
  const last = range.wide ? size - 1 : size - 2
  const reserved = size <= 16 ? 0 : Math.min(256, Math.max(16, Math.floor(size / 16)))
  const at = (offset: number): string => ipAt(range, offset)
  const found =
    search(Math.max(1, reserved), last, hash(key), (offset) => !addresses.has(at(offset))) ??
    search(1, reserved, 0, (offset) => offset !== 1 && !addresses.has(at(offset)))
  return found === undefined ? undefined : at(found)
}

/** One number for all protocols of a port number, as DNS over TCP and UDP wants it. Undefined ports stay when the range is exhausted. */
function withNodePorts(pools: Pools, key: string, ports: readonly ServicePort[]): readonly ServicePort[] {
  const own = new Set(numbers(ports))
  const byPort = new Map(ports.flatMap(({ port, nodePort }) => (nodePort ? [[port, nodePort] as const] : [])))
  let changed = false
  const out = ports.map((port) => {
    if (port.nodePort) return port
    const nodePort = byPort.get(port.port) ?? freeNodePort(pools, `${key}:${port.port}`, own)
    if (nodePort === undefined) return port
    byPort.set(port.port, nodePort)
    own.add(nodePort)
    changed = true
    return { ...port, nodePort }
  })
  return changed ? out : ports
}

/** KEP-3668: the lower 86 of 30000-32767 are for those who ask by number. */
const RESERVED_NODE_PORTS = 86

function freeNodePort({ nodePorts }: Pools, key: string, own: ReadonlySet<number>): number | undefined {
  const isFree = (port: number): boolean => !own.has(port) && !nodePorts.has(port)
  const upper = NODE_PORTS.from + RESERVED_NODE_PORTS
  return search(upper, NODE_PORTS.to, hash(key), isFree) ?? search(NODE_PORTS.from, upper - 1, 0, isFree)
}

/** The first free number in [from, to], searched once round from where `seed` points. */
function search(from: number, to: number, seed: number, isFree: (value: number) => boolean): number | undefined {
  const count = to - from + 1
  for (let i = 0; i < count; i++) {
    const value = from + ((seed + i) % count)
    if (isFree(value)) return value
  }
  return undefined
}
