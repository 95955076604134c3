/** Random packets: from everywhere, to whatever a cluster has an address for, and to what it has none for. */
import type { Service } from '../../core/api/service.ts'
import type { ProbeInput } from '../golden/format.ts'
import { type Draw, fresh } from './draw.ts'
import { type Machines, nodeIP, podPrefix } from './machines.ts'
import type { Services } from './services.ts'

type Transport = 'tcp' | 'udp'
type Sender = ProbeInput['from']

export type FuzzProbe = ProbeInput & { readonly timeout: number }

/** Seconds that a sender waits. Neighbour resolution gives up after about three. */
const PATIENT = 4.5
/** A packet that nothing answers is soon known to be lost; the first retransmission comes after a second. */
const BRISK = 0.7

interface Target {
  readonly address: string
  readonly port: number
  readonly transport: Transport
  /** Somebody answers ARP for the address, wherever a packet ends up. */
  readonly owned: boolean
}

interface Scene {
  readonly draw: Draw
  readonly ground: Machines
  readonly services: Services
  readonly backend: 'vxlan' | 'host-gw'
  /** Addresses that nobody has are used once: a failed neighbour entry outlives its probe. */
  readonly unowned: Set<string>
  /** Nothing comes after this probe. */
  readonly last: boolean
}

export function probes(draw: Draw, ground: Machines, services: Services, backend: 'vxlan' | 'host-gw', count: number): FuzzProbe[] {
  const unowned = new Set<string>()
  const made: FuzzProbe[] = []
  const firstPort = draw.integer(33000, 59000)
  for (let index = 0; index < count; index++) {
    const earlier = made.at(-1)
    const again = earlier && draw.chance(0.12) ? repeated(draw, earlier) : undefined
    made.push({
      ...(again ?? probe({ draw, ground, services, backend, unowned, last: index === count - 1 })),
      id: `p${index + 1}`,
      ...(!again?.keep?.includes('conntrack') && { sport: firstPort + index }),
    })
  }
  return made
}

/** The same packet once more, while what the last one left behind is still there: affinity, or a connection of the same tuple. */
function repeated(draw: Draw, earlier: FuzzProbe): FuzzProbe | undefined {
  if (earlier.timeout !== BRISK) return undefined
  if (earlier.proto === 'tcp' || draw.chance(0.6)) return { ...earlier, keep: ['recent'] }
  return { ...earlier, keep: ['conntrack', 'recent'] }
}

function probe(scene: Scene): FuzzProbe {
  const { draw } = scene
  const from = sender(scene)
  const target = targetOf(scene, from)
  const proto = draw.chance(0.12) ? 'icmp' : target.transport
  const bound =
    'node' in from && proto !== 'icmp' && target.owned && draw.chance(0.1) ? { ip: draw.pick(ownAddresses(scene, from.node ?? '')) } : {}
  const to = proto === 'icmp' ? target.address : `${target.address}:${target.port}`
  return { from: { ...from, ...bound }, proto, to, ...shape(scene, proto), timeout: target.owned ? BRISK : PATIENT }
}

function sender({ draw, ground }: Scene): Sender {
  const { metadata } = draw.pick(ground.pods)
  return draw.weighted<Sender>([
    [5, { pod: `${metadata.namespace ?? 'default'}/${metadata.name}` }],
    [2, { node: draw.pick(ground.nodes).metadata.name }],
    [2, { external: 'client' }],
    [1, { external: 'inet' }],
  ])
}

/** Size, fragmentation and time to live: ordinary most of the time. */
function shape({ draw }: Scene, proto: string): Partial<ProbeInput> {
  const ttl = draw.chance(0.12) ? { ttl: draw.integer(1, 4) } : {}
  if (proto === 'tcp' || !draw.chance(0.25)) return ttl
  const payload = draw.pick([100, 1372, 1394, 1395, 1422, 1423, 1444, 1445, 1472, 1473, 1600, 3000])
  return { ...ttl, payload, df: draw.chance(0.4) }
}

function targetOf(scene: Scene, from: Sender): Target {
  const { draw } = scene
  const service = serviceTarget(scene, from)
  return service && draw.chance(0.7) ? service : draw.chance(0.8) ? machineTarget(scene, from) : unownedTarget(scene)
}

/** One of a Service's own addresses, and one time in eight a wrong port or protocol there. */
function serviceTarget(scene: Scene, from: Sender): Target | undefined {
  const { draw, ground, services } = scene
  const candidates = services.services.filter(({ spec }) => spec.type !== 'ExternalName' && spec.clusterIP !== 'None')
  if (candidates.length === 0) return undefined
  const service = draw.pick(candidates)
  const { port, nodePort, protocol = 'TCP' } = draw.pick(service.spec.ports ?? [])
  const transport: Transport = protocol === 'UDP' ? 'udp' : 'tcp'
  const outside = outsideAddresses(service)
  const nodeAddresses = [
    ...ground.nodes.map(nodeIP),
    ...('node' in from ? ['127.0.0.1', ...ownAddresses(scene, from.node ?? '')] : []),
    ...gateways(scene),
  ]
  const way = draw.weighted([
    [3, 'cluster'],
    [nodePort === undefined ? 0 : 3, 'node'],
    [outside.length === 0 ? 0 : 4, 'outside'],
  ] as const)
  const target = { transport, owned: true, ...place() }
  return draw.chance(0.125) ? spoiled(draw, target) : target

  function place(): { readonly address: string; readonly port: number } {
    if (way === 'node') return { address: draw.pick(nodeAddresses), port: nodePort ?? port }
    return { address: way === 'outside' ? draw.pick(outside) : (service.spec.clusterIP ?? ''), port }
  }
}

const spoiled = (draw: Draw, target: Target): Target =>
  draw.chance(0.5) ? { ...target, port: draw.integer(1, 29999) } : { ...target, transport: target.transport === 'tcp' ? 'udp' : 'tcp' }

const outsideAddresses = ({ spec, status }: Service): string[] => [
  ...(spec.externalIPs ?? []),
  ...(status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip),
]

/** Pods, nodes and hosts by their own addresses. */
function machineTarget(scene: Scene, from: Sender): Target {
  const { draw, ground } = scene
  const pod = draw.pick(ground.pods)
  const { containerPort, protocol } = draw.pick([
    ...(pod.spec.containers[0]?.ports ?? []),
    { containerPort: draw.integer(1, 1000), protocol: 'TCP' as const },
  ])
  const transport: Transport = protocol === 'UDP' ? 'udp' : 'tcp'
  const host = draw.pick([
    { port: 80, transport: 'tcp' as const },
    { port: 53, transport: 'udp' as const },
    { port: draw.integer(1, 1000), transport: 'tcp' as const },
  ])
  return {
    owned: true,
    ...draw.weighted<Omit<Target, 'owned'>>([
      [5, { address: pod.status.podIP ?? '', port: containerPort, transport }],
      ...hostPortTargets(scene, pod).map((target) => [3, target] as const),
      [2, { address: nodeIP(draw.pick(ground.nodes)), port: containerPort, transport }],
      [1, { address: draw.pick([...gateways(scene), '127.0.0.1', '127.1.2.3']), port: containerPort, transport }],
      [0.5, { address: draw.pick(groupAddresses(scene, from)), port: containerPort, transport }],
      [2, { address: draw.pick(['192.168.1.100', '203.0.113.10', '192.168.1.1', '203.0.113.1']), ...host }],
      [
        1,
        {
          address: draw.pick(from.node === undefined ? [pod.status.podIP ?? ''] : ownAddresses(scene, from.node)),
          port: containerPort,
          transport,
        },
      ],
    ]),
  }
}

/** Its host port on its own node, most often, or on another. */
function hostPortTargets({ draw, ground }: Scene, { spec }: Machines['pods'][number]): readonly Omit<Target, 'owned'>[] {
  const ports = (spec.containers[0]?.ports ?? []).filter(({ hostPort }) => hostPort !== undefined && !spec.hostNetwork)
  if (ports.length === 0) return []
  const { hostPort = 0, protocol } = draw.pick(ports)
  const home = ground.nodes.find(({ metadata }) => metadata.name === spec.nodeName) ?? draw.pick(ground.nodes)
  const node = draw.chance(0.8) ? home : draw.pick(ground.nodes)
  const address = draw.chance(0.8) ? nodeIP(node) : `${podPrefix(home)}.1`
  return [{ address, port: hostPort, transport: protocol === 'UDP' ? 'udp' : 'tcp' }]
}

/** Addresses within every range that nobody has. */
function unownedTarget({ draw, ground, services, unowned, last }: Scene): Target {
  const taken = new Set([
    ...ground.pods.map(({ status }) => status.podIP),
    ...ground.nodes.map(nodeIP),
    ...services.services.map(({ spec }) => spec.clusterIP),
  ])
  const third = draw.integer(0, 255)
  const address = fresh(unowned, () => {
    for (;;) {
      const last = draw.integer(101, 254)
      const candidate = draw.pick([
        `${podPrefix(draw.pick(ground.nodes))}.${last}`,
        `192.168.1.${last}`,
        `203.0.113.${last}`,
        `198.18.${third}.${last}`,
        ground.profile === 'kubeadm' ? `10.103.${third}.${last}` : `10.43.${third}.${last}`,
        ground.profile === 'kubeadm' ? `10.244.${third}.${last}` : `10.42.${third}.${last}`,
      ])
      if (!taken.has(candidate)) return candidate
    }
  })
  // A SYN that is sent again just before resolution fails starts it anew, and leaves an ICMP error to whatever is sent next.
  const transport = last ? 'tcp' : 'udp'
  return { address, port: draw.integer(1, 29999), transport, owned: false }
}

/** What no host has for its own but a sender's kernel knows: this host, everybody, everybody on a network of the sender's. */
function groupAddresses({ ground }: Scene, { pod, node, external }: Sender): string[] {
  const home = ground.pods.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === pod)
  const machine = ground.nodes.find(({ metadata }) => metadata.name === (node ?? home?.spec.nodeName))
  const ownSubnet = machine && home && !home.spec.hostNetwork ? `${podPrefix(machine)}.255` : '192.168.1.255'
  return ['0.0.0.0', '255.255.255.255', external === 'inet' ? '203.0.113.255' : ownSubnet]
}

/** Bridges of nodes that have one. */
function gateways({ ground }: Scene): string[] {
  const withPods = new Set(ground.pods.filter(({ spec }) => !spec.hostNetwork).map(({ spec }) => spec.nodeName))
  return ground.nodes.filter(({ metadata }) => withPods.has(metadata.name)).map((node) => `${podPrefix(node)}.1`)
}

/** A node's addresses, which are also those that a process there may bind. */
function ownAddresses(scene: Scene, name: string): string[] {
  return scene.ground.nodes
    .filter(({ metadata }) => metadata.name === name)
    .flatMap((node) => [
      nodeIP(node),
      ...gateways(scene).filter((gateway) => gateway === `${podPrefix(node)}.1`),
      ...(scene.backend === 'vxlan' ? [`${podPrefix(node)}.0`] : []),
    ])
}
