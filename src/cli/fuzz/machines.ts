/** Nodes and pods of a random cluster, as live objects of an API server: addresses given, no controller needed. */
import type { Node } from '../../core/api/node.ts'
import type { ContainerPort, Pod } from '../../core/api/pod.ts'
import { POD_CIDR, type Profile } from '../../core/cluster/config.ts'
import { type Draw, fresh } from './draw.ts'

/** A set of pods with one `app` label: what Services select. */
export interface App {
  readonly namespace: string
  readonly name: string
  readonly ports: readonly ContainerPort[]
}

export interface Machines {
  readonly profile: Profile
  readonly nodes: readonly Node[]
  readonly apps: readonly App[]
  readonly pods: readonly Pod[]
}

/** Fixed hosts of the site that recordings are made on: router and client. */
const SITE_OCTETS = [0, 1, 100, 255]
const NAMESPACES = ['default', 'shop', 'team-a', 'kube-system', 'prod']
const APPS = ['web', 'api', 'db', 'cart', 'auth', 'cache', 'search', 'mail']
const NODE_NAMES = ['node', 'worker', 'server', 'agent', 'rack', 'vm']
const PORT_NUMBERS = [80, 53, 443, 3000, 5000, 5432, 6379, 8000, 8080, 8443, 9000, 9090]

export function machines(draw: Draw): Machines {
  const profile = draw.pick(['kubeadm', 'k3s'] as const)
  const nodes = nodesOf(draw, profile)
  const apps = appsOf(draw)
  return { profile, nodes, apps, pods: podsOf(draw, nodes, apps) }
}

export const nodeIP = (node: Node): string => node.status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ''

/** `10.244.3` of a node with podCIDR 10.244.3.0/24. */
export const podPrefix = (node: Node): string => (node.spec.podCIDR ?? '').split('.').slice(0, 3).join('.')

function nodesOf(draw: Draw, profile: Profile): Node[] {
  const octets = new Set(SITE_OCTETS)
  const subnets = new Set<number>()
  const base = POD_CIDR[profile].split('.').slice(0, 2).join('.')
  const word = draw.pick(NODE_NAMES)
  const zoned = draw.chance(0.5)
  return Array.from({ length: draw.integer(2, 4) }, (_, index) => {
    const name = `${word}-${index + 1}`
    const podCIDR = `${base}.${fresh(subnets, () => draw.weighted([[2, index] as const, [1, draw.integer(0, 255)] as const]))}.0/24`
    const address = `192.168.1.${fresh(octets, () => draw.integer(2, 254))}`
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: { 'kubernetes.io/hostname': name, ...(zoned && { 'topology.kubernetes.io/zone': `zone-${draw.integer(1, 2)}` }) },
      },
      spec: { podCIDR, podCIDRs: [podCIDR] },
      status: {
        addresses: [
          { type: 'InternalIP', address },
          { type: 'Hostname', address: name },
        ],
      },
    }
  })
}

function appsOf(draw: Draw): App[] {
  return draw.some(APPS, draw.integer(2, 4)).map((name) => {
    const numbers = draw.some(PORT_NUMBERS, draw.integer(1, 3))
    const ports = numbers.map(
      (containerPort, index): ContainerPort => ({ name: `p${index + 1}`, containerPort, protocol: draw.chance(0.3) ? 'UDP' : 'TCP' }),
    )
    const [first] = ports
    // One number for both protocols, as DNS has it.
    const twin =
      first && draw.chance(0.2)
        ? [{ ...first, name: 'twin', protocol: first.protocol === 'UDP' ? ('TCP' as const) : ('UDP' as const) }]
        : []
    return { namespace: draw.pick(NAMESPACES), name, ports: [...ports, ...twin] }
  })
}

interface Room {
  readonly addresses: Map<string, Set<number>>
  /** Ports in use in the namespace of each node. */
  readonly hostPorts: Set<string>
}

function podsOf(draw: Draw, nodes: readonly Node[], apps: readonly App[]): Pod[] {
  const room: Room = { addresses: new Map(), hostPorts: new Set() }
  // A node without pods has no cni0: worth having now and then.
  const used = nodes.length > 2 && draw.chance(0.25) ? nodes.slice(0, -1) : nodes
  const pods = apps.flatMap((app) =>
    Array.from({ length: draw.integer(1, 4) }, (_, index) => podOf(draw, room, draw.pick(used), app, `${app.name}-${index + 1}`)),
  )
  const clients = Array.from({ length: draw.integer(1, 2) }, (_, index) =>
    podOf(draw, room, draw.pick(used), { namespace: draw.pick(NAMESPACES), name: 'client', ports: [] }, `client-${index + 1}`),
  )
  return [...pods, ...clients]
}

function podOf(draw: Draw, room: Room, node: Node, app: App, name: string): Pod {
  const ports = app.ports.map((port) => (draw.chance(0.1) ? { ...port, containerPort: port.containerPort + 7 } : port))
  const claims = ports.map(({ containerPort, protocol }) => `${node.metadata.name} ${protocol} ${containerPort}`)
  const hostNetwork = draw.chance(0.12) && !claims.some((claim) => room.hostPorts.has(claim))
  if (hostNetwork) for (const claim of claims) room.hostPorts.add(claim)
  const podIP = hostNetwork ? nodeIP(node) : `${podPrefix(node)}.${fresh(addressesOf(room, node), () => draw.integer(2, 254))}`
  const ready = draw.chance(0.85)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: app.namespace,
      labels: { app: app.name },
      ...(draw.chance(0.1) && { deletionTimestamp: '2024-05-01T10:00:00Z' }),
      ...(draw.chance(0.04) && { annotations: { 'lab/no-listen': 'true' } }),
    },
    spec: {
      nodeName: node.metadata.name,
      ...(hostNetwork && { hostNetwork }),
      containers: [
        { name: 'main', image: 'example/echo:1', ports: hostNetwork ? ports : ports.map((port) => hostPorted(draw, room, node, port)) },
      ],
    },
    status: {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      hostIP: nodeIP(node),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}

/** Now and then a port is a host port too, for all addresses of the node or for one. Their numbers are nobody else's. */
function hostPorted(draw: Draw, { hostPorts }: Room, node: Node, port: ContainerPort): ContainerPort {
  if (!draw.chance(0.2)) return port
  const number = fresh(hostPorts, () => `${node.metadata.name} ${port.protocol} ${draw.integer(10_000, 29_999)}`)
  const hostIP = draw.weighted([
    [4, undefined],
    [1, '0.0.0.0'],
    [1, nodeIP(node)],
    [1, `${podPrefix(node)}.1`],
  ] as const)
  return { ...port, hostPort: Number(number.split(' ').at(-1)), ...(hostIP !== undefined && { hostIP }) }
}

function addressesOf({ addresses }: Room, node: Node): Set<number> {
  const found = addresses.get(node.metadata.name) ?? new Set()
  addresses.set(node.metadata.name, found)
  return found
}
