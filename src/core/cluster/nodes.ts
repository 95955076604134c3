/** Nodes and control plane of a cluster that nobody's manifests describe: what kubeadm or the k3s installer would have left. */
import type { Node } from '../api/node.ts'
import { SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import type { Service } from '../api/service.ts'
import { assert } from '../base/assert.ts'
import { cidr, type Cidr, contains, ipAt, parseCidr, printCidr } from '../net/cidr.ts'
import { type Ip, ipFromNumber, ipNumber, parseIpv4 } from '../net/ip.ts'
import { type Change, type Cluster, get, list, transact } from './cluster.ts'
import { type ClusterConfig, familiesOf, hasFamily, podCidrOf, serviceCidrOf } from './config.ts'
import { uidOf } from './uid.ts'

/** Every node gets a /24 of pod addresses (kube-controller-manager's --node-cidr-mask-size). */
export const NODE_MASK = 24
/** --node-cidr-mask-size-ipv6 */
export const NODE_MASK6 = 64

export interface NodesOptions {
  /** Whether `default/kubernetes` exists, with the first node's API server behind it. Default true. */
  readonly apiServer?: boolean
}

/**
 * The cluster with `count` nodes if it has none; as it is otherwise. Where a live dump has pods and no nodes, the nodes are those that its pods name, at the
 * addresses that the pods report; a manifest that only pins pods to nodes adds the names that it uses. Pod CIDR and node network are widened when the count does not fit, which an installer of a cluster of that size would have
 * done too. The control plane node of kubeadm carries its role label but not its taint, so that samples run on it.
 */
export function withNodes(cluster: Cluster, count: number, options: NodesOptions = {}): Cluster {
  if (!list(cluster, 'Node').next().done || count < 1) return cluster
  const named = wantedNodes(cluster, count)
  const config = roomFor(withLivePods(cluster.config, named), named.length)
  const nodes = namedNodes(config, named)
  const changes: Change[] = nodes.map((object) => ({ op: 'put', object }))
  const first = nodes[0]?.status.addresses?.[0]?.address
  if (options.apiServer !== false && first && !get(cluster, 'Service', 'default', 'kubernetes')) changes.push(...apiServer(config, first))
  return transact({ ...cluster, config }, changes)
}

/** What the pods on a node say about it. */
interface LiveNode {
  readonly name: string
  readonly hostIP: Ip | undefined
  /** The /24 of its pods. */
  readonly podCIDR: string | undefined
}

/** Those of a live dump, whose pods report addresses; else the usual names and whatever others a manifest pins its pods to. */
function wantedNodes(cluster: Cluster, count: number): readonly LiveNode[] {
  const live = liveNodes(cluster)
  if (live.some(({ hostIP, podCIDR }) => hostIP || podCIDR)) return live
  const usual = Array.from({ length: count }, (_, index) => nodeName(cluster.config, index))
  const others = live.flatMap(({ name }) => (usual.includes(name) ? [] : [name]))
  return [...usual, ...others].map((name) => ({ name, hostIP: undefined, podCIDR: undefined }))
}

function liveNodes(cluster: Cluster): readonly LiveNode[] {
  const found = new Map<string, LiveNode>()
  for (const { spec, status } of list(cluster, 'Pod')) {
    if (!spec.nodeName) continue
    const known = found.get(spec.nodeName)
    const ip = spec.hostNetwork ? undefined : parseIpv4(status.podIP ?? '')
    found.set(spec.nodeName, {
      name: spec.nodeName,
      hostIP: known?.hostIP ?? parseIpv4(status.hostIP ?? ''),
      podCIDR: known?.podCIDR ?? (ip && printCidr(cidr(ip, NODE_MASK))),
    })
  }
  return [...found.values()]
}

/** Pods of a live cluster with another pod network bring it along, when one /16 holds them all. */
function withLivePods(config: ClusterConfig, live: readonly LiveNode[]): ClusterConfig {
  const blocks = live.flatMap(({ podCIDR }) => parseCidr(podCIDR ?? '') ?? [])
  const range = parseCidr(config.podCIDR)
  const [first] = blocks
  if (!first || !range || blocks.every(({ ip }) => contains(range, ip))) return config
  const wide = cidr(first.ip, 16)
  return blocks.every(({ ip }) => contains(wide, ip)) ? withPodNetwork(config, printCidr(wide)) : config
}

const withPodNetwork = (config: ClusterConfig, podCIDR: string): ClusterConfig => ({
  ...config,
  podCIDR,
  proxy: { ...config.proxy, clusterCIDR: replaced(config.proxy.clusterCIDR, config.podCIDR, podCIDR) },
})

/** kube-proxy's `clusterCIDR` lists one prefix of each family. */
const replaced = (list: string, before: string, after: string): string =>
  list
    .split(',')
    .map((each) => (each === before ? after : each))
    .join(',')

function namedNodes(config: ClusterConfig, live: readonly LiveNode[]): readonly Node[] {
  const network = nodeNetwork(config)
  const kept = new Set(live.flatMap(({ hostIP }) => (hostIP && contains(network, hostIP) ? [hostIP] : [])))
  const spare = nodeAddresses(config, live.length, kept)
  const taken = new Set<string>()
  return live.map(({ name, hostIP, podCIDR }, index) => {
    const address = hostIP && kept.delete(hostIP) ? hostIP : (spare.shift() ?? config.site.nodeGateway)
    const node = nodeAt(name, address, index, config)
    if (!podCIDR || taken.has(podCIDR)) return node
    taken.add(podCIDR)
    return { ...node, spec: { podCIDR, podCIDRs: [podCIDR] } }
  })
}

function nodeName(config: ClusterConfig, index: number): string {
  if (config.profile === 'kubeadm') return `node-${index + 1}`
  return index === 0 ? 'server' : index === 1 ? 'agent' : `agent-${index}`
}

function nodeAt(name: string, address: string, index: number, config: ClusterConfig): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: uidOf('Node', '', name),
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(index === 0 && { 'node-role.kubernetes.io/control-plane': config.profile === 'k3s' ? 'true' : '' }),
      },
    },
    spec: {},
    status: {
      addresses: [...internalAddresses(config, address), { type: 'Hostname', address: name }],
      conditions: [{ type: 'Ready', status: 'True' }],
      allocatable: ALLOCATABLE,
    },
  }
}

/** What a small machine has to give. */
export const ALLOCATABLE = { cpu: '4', memory: '8Gi', pods: '110' } as const

/** What a node at this IPv4 address has of the cluster's families: of IPv6 the same place in its network. */
export function internalAddresses(
  config: ClusterConfig,
  address: string,
): readonly { readonly type: 'InternalIP'; readonly address: string }[] {
  return familiesOf(config).flatMap((family) => {
    const own = family === 'IPv4' ? address : address6(config, address)
    return own === undefined ? [] : [{ type: 'InternalIP' as const, address: own }]
  })
}

/** Places that hosts of the site have are passed over; nodes are few against a /64, so their doubles lie far above. */
function address6(config: ClusterConfig, address: string): string | undefined {
  const four = parseIpv4(address)
  const six = parseCidr(config.site.networks.find(({ name }) => name === config.site.nodeNetwork)?.cidr6 ?? '')
  if (!four || !six) return undefined
  const offset = ipNumber(four) - nodeNetwork(config).network
  const hosts = new Set(config.site.hosts.flatMap((host) => host.interfaces.map((each) => each.address6)))
  const ip = ipAt(six, offset)
  return hosts.has(ip) ? ipAt(six, offset + 2 ** 32) : ip
}

/** kubeadm's nodes are .11, .12...; k3s' server is .10 and its agents .20, .21... Addresses that others have are passed over. Fewer when the network is full. */
export function nodeAddresses(config: ClusterConfig, count: number, nodes: ReadonlySet<string>): Ip[] {
  const network = nodeNetwork(config)
  const taken = new Set([...nodes, ...config.site.hosts.flatMap((host) => host.interfaces.map((each) => each.address))])
  const base = ipNumber(network.ip) & 0xffffff00
  const addresses: Ip[] = []
  let next = base + (config.profile === 'kubeadm' ? 11 : 10)
  while (addresses.length < count) {
    const ip = ipFromNumber(next)
    if (!contains(network, ip)) break
    const last = next & 255
    if (last !== 0 && last !== 255 && !taken.has(ip)) addresses.push(ip)
    next += config.profile === 'k3s' && addresses.length === 1 ? 10 : 1
  }
  return addresses
}

function nodeNetwork(config: ClusterConfig): Cidr {
  const found = parseCidr(config.site.networks.find(({ name }) => name === config.site.nodeNetwork)?.cidr ?? '')
  assert(found, `the site has a network ${config.site.nodeNetwork}`)
  return found
}

function roomFor(config: ClusterConfig, count: number): ClusterConfig {
  return withNodeNetwork(withPodCIDR6(withPodCIDR(config, count), count), count)
}

/** Room for `count` /24s. A block that would run into the service addresses moves to 172.16.0.0/12's side of the private space. */
function withPodCIDR(config: ClusterConfig, count: number): ClusterConfig {
  const current = parseCidr(config.podCIDR)
  const length = NODE_MASK - Math.ceil(Math.log2(count))
  if (!current || current.length <= length) return config
  const services = parseCidr(config.serviceCIDR)
  const wide = cidr(current.ip, length)
  const clash = services !== undefined && (contains(wide, services.ip) || contains(services, wide.ip))
  const podCIDR = printCidr(clash ? cidr('10.128.0.0' as Ip, length) : wide)
  return withPodNetwork(config, podCIDR)
}

/** Room for `count` /64s. */
function withPodCIDR6(config: ClusterConfig, count: number): ClusterConfig {
  if (!hasFamily(config, 'IPv6')) return config
  const before = podCidrOf(config, 'IPv6')
  const current = parseCidr(before)
  const length = NODE_MASK6 - Math.ceil(Math.log2(count))
  if (!current || current.length <= length) return config
  const podCIDR6 = printCidr(cidr(current.ip, length))
  return { ...config, podCIDR6, proxy: { ...config.proxy, clusterCIDR: replaced(config.proxy.clusterCIDR, before, podCIDR6) } }
}

function withNodeNetwork(config: ClusterConfig, count: number): ClusterConfig {
  const network = nodeNetwork(config)
  // Counted generously: two addresses of every 256 are passed over, and the first ones belong to routers and clients.
  const needed = Math.ceil((count + 32 + config.site.hosts.length) * (256 / 254))
  let length = network.length
  while (length > 8 && ((ipNumber(network.ip) & 0xffffff00) >>> 0) + needed > network.network + 2 ** (32 - length)) {
    length--
    const wider = cidr(network.ip, length)
    if (wider.network + 2 ** (32 - length) >= ((ipNumber(network.ip) & 0xffffff00) >>> 0) + needed) break
  }
  if (length === network.length) return config
  const networks = config.site.networks.map((each) =>
    each.name === config.site.nodeNetwork ? { ...each, cidr: printCidr(cidr(network.ip, length)) } : each,
  )
  return { ...config, site: { ...config.site, networks } }
}

/** What the API server keeps up for itself: a Service without selector, at the first address of the range, and where it really listens. */
function apiServer(config: ClusterConfig, address: string): Change[] {
  const [family = 'IPv4'] = familiesOf(config)
  const range = parseCidr(serviceCidrOf(config, family))
  assert(range, `serviceCIDR is a CIDR: ${serviceCidrOf(config, family)}`)
  const clusterIP = ipAt(range, 1)
  const metadata = { name: 'kubernetes', namespace: 'default' }
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, uid: uidOf('Service', 'default', 'kubernetes'), labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: [family],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
    },
    status: { loadBalancer: {} },
  }
  const ports = [{ name: 'https', port: 6443, protocol: 'TCP' as const }]
  return [
    { op: 'put', object: service },
    {
      op: 'put',
      object: {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: {
          ...metadata,
          uid: uidOf('Endpoints', 'default', 'kubernetes'),
          labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
        },
        subsets: [{ addresses: [{ ip: address }], ports }],
      },
    },
    {
      op: 'put',
      object: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, uid: uidOf('EndpointSlice', 'default', 'kubernetes'), labels: { [SERVICE_NAME_LABEL]: 'kubernetes' } },
        addressType: family,
        ports,
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
      },
    },
  ]
}
