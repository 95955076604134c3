import type { NetnsId } from '../core/kernel/interface.ts'
import type { Hook } from '../core/kernel/netfilter/ruleset.ts'
import { type Cell, type Plan, centre, ethOf, hookBoxOf, planOf, vethPoints } from './chassis.ts'
import { podId, podNamed } from './pod-names.ts'
import { POD_HOST_NETWORK, type Point, type Scene, type Wire, machineRect, podRect } from './scene.ts'
import { wiresOf } from './wires.ts'

/** Where a packet can be: a spot on a device, at a hook, or inside a sandbox. `id` is what the views select by. */
export interface Place extends Point {
  readonly id: string
  readonly kind: PlaceKind
  /** Index into machines; absent in pods. */
  readonly machine?: number
  /** Index into pods: of the sandbox, of the veth's other end. */
  readonly pod?: number
  /** The cable of a port. */
  readonly wire?: Wire
}

export type PlaceKind = Spot | 'veth' | 'eth' | 'process' | 'host'
/** The spots inside a node that ways.ts knows roads between. */
export type Spot = Hook | 'port' | 'overlay' | 'bridge' | 'lo' | 'route-in' | 'route-out' | 'sockets' | 'out'

export type Owner = { readonly kind: 'machine'; readonly machine: number } | { readonly kind: 'pod'; readonly pod: number }

/** kubelet names no namespace; the simulator calls a pod's `p-<namespace>-<name>`, cut to this many characters. */
export const NETNS_LENGTH = 48

/** Machines and long names of a scene by namespace. Built once per scene: a scene is immutable. */
const owners = new WeakMap<Scene, ReadonlyMap<string, Owner>>()
function ownersOf(scene: Scene): ReadonlyMap<string, Owner> {
  const known = owners.get(scene)
  if (known) return known
  const map = new Map<string, Owner>()
  for (const { pod, netns } of scene.longNames) map.set(netns, { kind: 'pod', pod })
  for (const [machine, label] of scene.machines.labels.entries()) map.set(label, { kind: 'machine', machine })
  owners.set(scene, map)
  return map
}

/** Who owns a network namespace. Both halves of a pod's may hold dashes: each of them is tried as the one between. */
export function ownerOf(scene: Scene, netns: NetnsId): Owner | undefined {
  const known = ownersOf(scene).get(netns)
  if (known || !netns.startsWith('p-')) return known
  for (let dash = netns.indexOf('-', 2); dash >= 0; dash = netns.indexOf('-', dash + 1)) {
    const pod = podNamed(scene, netns.slice(2, dash), netns.slice(dash + 1))
    if (pod !== undefined && ((scene.pods.flags[pod] ?? 0) & POD_HOST_NETWORK) === 0) return { kind: 'pod', pod }
  }
  return undefined
}

export const planOfMachine = (scene: Scene, machine: number): Plan =>
  planOf(machineRect(scene, machine), scene.chassis, hasIpvs(scene, machine))

/** Whether IPVS is in the diagram of a node. */
function hasIpvs({ chassis: { ipvs }, machines }: Scene, machine: number): boolean {
  return ipvs !== undefined && ipvs.but.includes(machines.ids[machine] ?? '') !== ipvs.all
}

const machineId = (scene: Scene, machine: number): string => scene.machines.ids[machine] ?? ''
const isNode = (scene: Scene, machine: number): boolean => scene.machines.kinds[machine] === 'node'

export function portPlace(scene: Scene, machine: number, dev: string): Place | undefined {
  const wire = wiresOf(scene, machine).find((each) => each.dev === dev)
  const [point] = wire?.points ?? []
  return wire && point && { ...point, id: `${machineId(scene, machine)}#${dev}`, kind: 'port', machine, wire }
}

export function spotPlace(scene: Scene, machine: number, spot: Exclude<Spot, Hook | 'port'>): Place {
  if (!isNode(scene, machine)) return hostPlace(scene, machine)
  const plan = planOfMachine(scene, machine)
  return { ...spotPoint(plan, spot), id: `${machineId(scene, machine)}#${spotName(scene, spot)}`, kind: spot, machine }
}

function spotName(scene: Scene, spot: Exclude<Spot, Hook | 'port'>): string {
  if (spot === 'bridge') return scene.chassis.bridge
  if (spot === 'overlay') return scene.chassis.overlay ?? 'overlay'
  return spot
}

export function spotPoint(plan: Plan, spot: Spot): Point {
  const { ring } = plan
  switch (spot) {
    case 'port':
      return plan.port
    case 'overlay':
      return centre(plan.overlay)
    case 'sockets':
      return centre(plan.sockets)
    case 'bridge':
      return { x: ring.x + ring.width - 12, y: ring.y + ring.height }
    case 'lo':
      return { x: ring.x + ring.width * 0.82, y: ring.y }
    case 'route-in':
      return plan.routeIn
    case 'route-out':
      return plan.routeOut
    case 'out':
      return { x: ring.x + ring.width, y: plan.routeIn.y }
    case 'PREROUTING':
    case 'INPUT':
    case 'FORWARD':
    case 'OUTPUT':
    case 'POSTROUTING': {
      const box = hookBoxOf(plan, spot)
      return box ? centre(box.cells[0]?.rect ?? box.rect) : plan.routeIn
    }
  }
}

export function hookPlace(scene: Scene, machine: number, hook: Hook, cell: Cell): Place {
  if (!isNode(scene, machine)) return hostPlace(scene, machine)
  const plan = planOfMachine(scene, machine)
  const rect = hookBoxOf(plan, hook)?.cells.find((each) => each.cell === cell)?.rect
  return { ...(rect ? centre(rect) : spotPoint(plan, hook)), id: `${machineId(scene, machine)}#${hook}/${cell}`, kind: hook, machine }
}

/** The host's end of a pod's veth pair, hanging under the bridge. */
export function vethPlace(scene: Scene, machine: number, pod: number, dev: string): Place {
  const [top] = vethPoints(planOfMachine(scene, machine), podRect(scene, pod))
  return { x: top?.x ?? 0, y: (top?.y ?? 0) + 3, id: `${machineId(scene, machine)}#${dev}`, kind: 'veth', machine, pod }
}

/** The bridge, right above a port of it. */
export function bridgePlace(scene: Scene, machine: number, dev: string, port: Place | undefined): Place {
  const place = spotPlace(scene, machine, 'bridge')
  return { ...place, id: `${machineId(scene, machine)}#${dev}`, x: port?.kind === 'veth' ? port.x : place.x }
}

export function ethPlace(scene: Scene, pod: number, dev: string): Place {
  return { ...ethOf(podRect(scene, pod)), id: `${podId(scene, pod)}#${dev}`, kind: 'eth', pod }
}

export function processPlace(scene: Scene, pod: number): Place {
  const rect = podRect(scene, pod)
  const machine = scene.pods.machine[pod]
  return {
    x: ethOf(rect).x,
    y: centre(rect).y,
    id: podId(scene, pod),
    kind: 'process',
    pod,
    ...(machine === undefined ? {} : { machine }),
  }
}

export function hostPlace(scene: Scene, machine: number): Place {
  return { ...centre(machineRect(scene, machine)), id: machineId(scene, machine), kind: 'host', machine }
}
