import type { Hook } from '../core/kernel/netfilter/ruleset.ts'
import type { ChainRun, Step } from '../core/kernel/step.ts'
import type { Hop, PacketTrace } from '../core/walk/trace.ts'
import {
  type Place,
  bridgePlace,
  ethPlace,
  hookPlace,
  hostPlace,
  ownerOf,
  portPlace,
  processPlace,
  spotPlace,
  vethPlace,
} from './places.ts'
import type { Cell } from './chassis.ts'
import { podIndex } from './pod-names.ts'
import type { Scene } from './scene.ts'

/** Where a step happens, given where the packet was before in the same hop. Undefined when its namespace is not on the map. */
export type Locator = (trace: PacketTrace, hop: number, step: number, before: Place | undefined) => Place | undefined

export function createLocator(scene: Scene, traces: readonly PacketTrace[]): Locator {
  const veths = vethsOf(scene, traces)
  return (trace, h, s, before) => {
    const hop = trace.hops[h]
    const owner = ownerOf(scene, hop?.netns ?? trace.netns)
    if (!owner) return undefined
    const step = hop?.steps[s]
    if (owner.kind === 'pod') return inPod(scene, owner.pod, step, before)
    if (!step || !hop) return spotPlace(scene, owner.machine, 'sockets')
    return scene.machines.kinds[owner.machine] === 'node'
      ? inNode(scene, owner.machine, hop, s, before, veths)
      : inHost(scene, owner.machine, step, before)
  }
}

/** `netns dev` to the pod at the other end, learned from who follows whom in the traces: device names carry no meaning. */
function vethsOf(scene: Scene, traces: readonly PacketTrace[]): ReadonlyMap<string, number> {
  const veths = new Map<string, number>()
  const note = (hop: Hop, dev: string | undefined, other: Hop | undefined): void => {
    const owner = other && ownerOf(scene, other.netns)
    if (dev !== undefined && owner?.kind === 'pod') veths.set(`${hop.netns} ${dev}`, owner.pod)
  }
  for (const trace of traces) {
    for (const [i, hop] of trace.hops.entries()) {
      note(hop, hop.in, trace.hops[i - 1])
      note(hop, hop.out, trace.hops[i + 1])
    }
  }
  return veths
}

function inPod(scene: Scene, pod: number, step: Step | undefined, before: Place | undefined): Place {
  if (step?.kind === 'receive' || step?.kind === 'transmit')
    return step.dev === 'lo' ? processPlace(scene, pod) : ethPlace(scene, pod, step.dev)
  if (step?.kind === 'drop' || step?.kind === 'reject') return before ?? processPlace(scene, pod)
  return processPlace(scene, pod)
}

function inHost(scene: Scene, machine: number, step: Step, before: Place | undefined): Place {
  if (step.kind === 'receive' || step.kind === 'transmit') return portPlace(scene, machine, step.dev) ?? hostPlace(scene, machine)
  if (step.kind === 'drop' && before) return before
  return hostPlace(scene, machine)
}

function inNode(scene: Scene, machine: number, hop: Hop, s: number, before: Place | undefined, veths: ReadonlyMap<string, number>): Place {
  const step = hop.steps[s]
  const spot = (name: 'sockets' | 'route-in' | 'route-out' | 'out' | 'overlay' | 'lo'): Place => spotPlace(scene, machine, name)
  const hook = (name: Hook, cell: Cell): Place => hookPlace(scene, machine, name, cell)
  switch (step?.kind) {
    case undefined:
      return before ?? spot('sockets')
    case 'send':
      // The kernel answers without a socket: its packet begins where such packets are routed.
      return spot(step.by === 'kernel' ? 'route-out' : 'sockets')
    case 'receive':
    case 'transmit':
      return onDevice(scene, machine, hop, step, before, veths)
    case 'bridge':
      return onBridge(scene, machine, hop, s, before, step.bridge)
    case 'defragment':
      return hook(lastHook(hop, s) ?? 'PREROUTING', 'conntrack')
    case 'conntrack':
      return hook(step.hook, 'conntrack')
    case 'confirm':
      return hook(lastHook(hop, s) ?? 'POSTROUTING', 'conntrack')
    case 'chain':
      return hook(step.hook, cellOf(step))
    case 'nat':
      return hook(step.hook, 'nat')
    case 'ipvs':
      return hook(step.hook, 'ipvs')
    case 'route':
      if (hop.steps[s + 1]?.kind === 'encapsulate') return spot('overlay')
      // Looked up for the answer that is about to be made; the packet itself stays.
      if (step.purpose === 'error' && before) return before
      return spot(step.purpose === 'input' ? 'route-in' : 'route-out')
    case 'forward':
      return beforeForward(scene, machine)
    case 'neighbour':
      return amidHooks(hop, s) ? (before ?? spot('route-in')) : spot('out')
    case 'encapsulate':
    case 'decapsulate':
      return spot('overlay')
    case 'socket':
      return listener(scene, machine, step.owner) ?? spot('sockets')
    case 'fragment':
    case 'drop':
    case 'reject':
      return before ?? spot('sockets')
  }
}

/** iptables' tables have cells of their own; a base chain of nftables is drawn in the one whose priority it comes closest to from above. */
function cellOf({ table, priority }: ChainRun): Cell {
  if (table === 'raw' || table === 'mangle' || table === 'nat' || table === 'filter') return table
  if (priority < -200) return 'raw'
  if (priority < -100) return 'mangle'
  return priority === -100 || priority === 100 ? 'nat' : 'filter'
}

function onDevice(
  scene: Scene,
  machine: number,
  hop: Hop,
  step: Extract<Step, { kind: 'receive' | 'transmit' }>,
  before: Place | undefined,
  veths: ReadonlyMap<string, number>,
): Place {
  const { dev } = step
  if (dev === 'lo') return spotPlace(scene, machine, 'lo')
  const port = portPlace(scene, machine, dev)
  if (port) return port
  const bridged = hop.steps.some((each) => each.kind === 'bridge' && each.bridge === dev)
  // Handed up by the bridge after PREROUTING: it is where the bridge decided so.
  if (bridged && step.kind === 'receive' && before?.kind === 'route-in') return before
  if (bridged || dev === scene.chassis.bridge) return bridgePlace(scene, machine, dev, before)
  const tunnels = hop.steps.some((each) => (each.kind === 'encapsulate' || each.kind === 'decapsulate') && each.dev === dev)
  if (tunnels || dev === scene.chassis.overlay) return spotPlace(scene, machine, 'overlay')
  const pod = veths.get(`${hop.netns} ${dev}`)
  if (pod !== undefined) return vethPlace(scene, machine, pod, dev)
  return before ?? spotPlace(scene, machine, 'bridge')
}

const isDevice = (step: Step): boolean => step.kind === 'receive' || step.kind === 'transmit'
const isHook = (step: Step): boolean => step.kind === 'chain' || step.kind === 'nat' || step.kind === 'ipvs' || step.kind === 'conntrack'

/** Whether a hook ran since the packet was last seen on a device. */
const hooked = (hop: Hop, s: number): boolean => hop.steps.slice(hop.steps.slice(0, s).findLastIndex(isDevice) + 1, s).some(isHook)

/**
 * Bridged frames pass the host's hooks too (br_netfilter): the bridge decides after PREROUTING, where routing decides otherwise. Only what was routed
 * to the bridge is on its bar when the bridge looks for the port.
 */
function onBridge(scene: Scene, machine: number, hop: Hop, s: number, before: Place | undefined, bridge: string): Place {
  const bar = bridgePlace(scene, machine, bridge, before)
  return hooked(hop, s) ? { ...spotPlace(scene, machine, 'route-in'), id: bar.id } : bar
}

/** Between two hooks of one passage: a bridged frame's neighbour is looked up before it is forwarded. */
function amidHooks(hop: Hop, s: number): boolean {
  const after = hop.steps.slice(s + 1)
  const next = after.findIndex(isDevice)
  return hooked(hop, s) && (next < 0 ? after : after.slice(0, next)).some(isHook)
}

/** ip_forward() takes the TTL down before the FORWARD hook runs: on the threshold of its box. */
function beforeForward(scene: Scene, machine: number): Place {
  const place = hookPlace(scene, machine, 'FORWARD', 'mangle')
  const route = spotPlace(scene, machine, 'route-in')
  return { ...place, x: (place.x + route.x) / 2, id: `${scene.machines.ids[machine] ?? ''}#forward` }
}

/** A pod on the host's network answers in the host's namespace: show it at its tile. */
function listener(scene: Scene, machine: number, owner: string | undefined): Place | undefined {
  if (owner === undefined) return undefined
  const pod = podIndex(scene, `pod/${owner}`)
  return pod !== undefined && scene.pods.machine[pod] === machine ? processPlace(scene, pod) : undefined
}

function lastHook(hop: Hop, s: number): Hook | undefined {
  for (let i = s - 1; i >= 0; i--) {
    const step = hop.steps[i]
    if (step?.kind === 'chain' || step?.kind === 'conntrack') return step.hook
  }
  return undefined
}
