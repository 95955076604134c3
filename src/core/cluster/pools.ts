/** Addresses and ports that Services take from the cluster's pools, and the words for one that is out of range or taken (pkg/registry/core/service). */
import { type FieldProblem, invalid, type Path } from '../api/schema.ts'
import type { Service } from '../api/service.ts'
import { type Cidr, contains, networkIp, parseCidr, printCidr } from '../net/cidr.ts'
import { type IpFamily, ipNumber, parseIp } from '../net/ip.ts'
import { hasFamily, serviceCidrOf } from './config.ts'
import { type Cluster, list, namespaceOf } from './cluster.ts'

/** kube-apiserver's --service-node-port-range. */
export const NODE_PORTS = { from: 30000, to: 32767 } as const

/** Who holds what: `namespace/name` by address and by number. The allocator of node ports knows no protocols. */
export interface Pools {
  readonly serviceCIDR: Cidr | undefined
  readonly serviceCIDR6: Cidr | undefined
  readonly addresses: Map<string, string>
  readonly nodePorts: Map<number, string>
}

export function poolsOf(cluster: Cluster): Pools {
  const rangeOf = (family: IpFamily): Cidr | undefined =>
    hasFamily(cluster.config, family) ? parseCidr(serviceCidrOf(cluster.config, family)) : undefined
  const pools: Pools = {
    serviceCIDR: rangeOf('IPv4'),
    serviceCIDR6: rangeOf('IPv6'),
    addresses: new Map(),
    nodePorts: new Map(),
  }
  for (const service of list(cluster, 'Service')) take(pools, service)
  return pools
}

/** Every address and port of the Service becomes its own. */
export function take(pools: Pools, service: Service): void {
  const key = keyOf(service)
  for (const ip of clusterIPs(service)) pools.addresses.set(ip, key)
  for (const { nodePort } of service.spec.ports ?? []) if (nodePort) pools.nodePorts.set(nodePort, key)
  const health = service.spec.healthCheckNodePort
  if (health) pools.nodePorts.set(health, key)
}

const keyOf = (service: Service): string => `${namespaceOf(service)}/${service.metadata.name}`
const clusterIPs = ({ spec }: Service): readonly string[] =>
  (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter((ip) => ip !== '' && ip !== 'None')

const ADDRESSES: Path = ['spec', 'clusterIPs']

/** What keeps the Service from getting what it names. It gets the rest. */
export function poolProblems(pools: Pools, service: Service): readonly FieldProblem[] {
  const problems: FieldProblem[] = []
  const key = keyOf(service)
  clusterIPs(service).forEach((ip) => {
    const why = addressProblem(pools, ip, key)
    if (why) problems.push(invalid(ADDRESSES, clusterIPs(service), `failed to allocate IP ${ip}: ${why}`))
    else if (isElsewhere(pools, ip)) problems.push(...outOfRange(pools, service, ip))
  })
  service.spec.ports?.forEach((port, index) => {
    if (port.nodePort) problems.push(...portProblem(pools, port.nodePort, key, ['spec', 'ports', index, 'nodePort']))
  })
  const health = service.spec.healthCheckNodePort
  if (health) problems.push(...portProblem(pools, health, key, ['spec', 'healthCheckNodePort']))
  if (problems.every(({ severity }) => severity !== 'error')) take(pools, service)
  return problems
}

function addressProblem({ addresses }: Pools, ip: string, key: string): string | undefined {
  const holder = addresses.get(ip)
  return holder !== undefined && holder !== key ? 'provided IP is already allocated' : undefined
}

/** The first address of the range, the network's, and the last, which IPv4 broadcasts to, are nobody's (ipallocator). */
function isElsewhere(pools: Pools, text: string): boolean {
  const ip = parseIp(text)
  const serviceCIDR = rangeFor(pools, text)
  if (ip === undefined || serviceCIDR === undefined) return false
  if (serviceCIDR.wide) return !contains(serviceCIDR, ip) || networkIp(serviceCIDR) === ip
  const offset = ipNumber(ip) - serviceCIDR.network
  return !contains(serviceCIDR, ip) || offset === 0 || offset === 2 ** (32 - serviceCIDR.length) - 1
}

/** The range of an address's family. */
export const rangeFor = ({ serviceCIDR, serviceCIDR6 }: Pools, ip: string): Cidr | undefined =>
  ip.includes(':') ? serviceCIDR6 : serviceCIDR

/** A Service that came from a live cluster (it has been created before) keeps an address of that cluster's own range. */
function outOfRange(pools: Pools, service: Service, ip: string): readonly FieldProblem[] {
  const serviceCIDR = rangeFor(pools, ip)
  const range = serviceCIDR ? printCidr(serviceCIDR) : ''
  if (service.metadata.creationTimestamp === undefined)
    return [
      invalid(
        ADDRESSES,
        clusterIPs(service),
        `failed to allocate IP ${ip}: the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${range}`,
      ),
    ]
  const message = `${ip} is outside this cluster's service range ${range}; kept, since the Service comes from a live cluster`
  return [{ severity: 'warning', code: 'out-of-range', path: ADDRESSES, message }]
}

function portProblem({ nodePorts }: Pools, port: number, key: string, path: Path): FieldProblem[] {
  if (port < NODE_PORTS.from || port > NODE_PORTS.to)
    return [invalid(path, port, `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.from}-${NODE_PORTS.to}`)]
  const holder = nodePorts.get(port)
  return holder !== undefined && holder !== key ? [invalid(path, port, 'provided port is already allocated')] : []
}
