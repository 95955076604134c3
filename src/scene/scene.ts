/**
 * What the canvas draws, as typed-array columns: built in the worker, transferred whole, swapped whole. World units are CSS pixels at scale 1.
 * Indices are positions in the columns; ids are engine ids (`node/node-1`, `pod/default/web-1`, `external/client`).
 */
export interface Scene {
  readonly revision: number
  readonly bounds: Rect
  readonly machines: MachineColumns
  readonly pods: PodColumns
  /** Of hosts outside the cluster; those of nodes follow from where they stand: wires.ts. */
  readonly wires: readonly Wire[]
  readonly segments: readonly Segment[]
  /** Where pods wait that no node has taken; absent when there are none. */
  readonly tray?: Rect
  /** Pods whose network namespace is not called by their names alone, because those are too long: places.ts. */
  readonly longNames: readonly { readonly pod: number; readonly netns: string }[]
  /** How nodes are laid out inside; the same for every node of a scene. */
  readonly chassis: Chassis
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Rect extends Point {
  readonly width: number
  readonly height: number
}

/** Nodes, routers and outside hosts: everything that owns a network namespace and is not a pod. */
export interface MachineColumns {
  readonly count: number
  readonly ids: readonly string[]
  readonly labels: readonly string[]
  readonly addresses: readonly string[]
  readonly kinds: readonly MachineKind[]
  readonly roles: readonly string[]
  readonly x: Float32Array
  readonly y: Float32Array
  readonly width: Float32Array
  readonly height: Float32Array
  /** `count + 1` offsets: the pods of machine `m` are `podStart[m] .. podStart[m + 1]`. Pods in the tray come after the last. */
  readonly podStart: Uint32Array
  /** Place in the packing, kept from scene to scene so that nothing jumps. */
  readonly slot: Uint32Array
  /** MACHINE_READY, MACHINE_CORDONED. */
  readonly flags: Uint8Array
  /** How many pods a node's kubelet admits; 0 for hosts. */
  readonly capacity: Uint32Array
  /** Height of the node network's bar that a node is plugged into; NaN for hosts. */
  readonly bar: Float32Array
}

export type MachineKind = 'node' | 'router' | 'client' | 'balancer'

export interface PodColumns {
  readonly count: number
  /** All names one after another; that of pod `i` is `nameStart[i] .. nameStart[i + 1]`: pod-names.ts. */
  readonly names: string
  readonly nameStart: Uint32Array
  readonly namespaces: readonly string[]
  /** Index into `namespaces`. */
  readonly namespace: Uint32Array
  /** IPv4 as a number, 0 for none. */
  readonly address: Uint32Array
  /** Status addresses that are no IPv4 address, as text. */
  readonly oddAddresses: readonly { readonly pod: number; readonly address: string }[]
  /** Index into `machines`, or NO_MACHINE in the tray. */
  readonly machine: Uint32Array
  readonly x: Float32Array
  readonly y: Float32Array
  readonly width: Float32Array
  readonly height: Float32Array
  /** 0..359, stable from the app label. */
  readonly hue: Uint16Array
  /** POD_* bits. */
  readonly flags: Uint8Array
  readonly containers: Uint8Array
  /** Cell of the machine's grid, row by row. */
  readonly slot: Uint32Array
}

/** A physical cable from a machine to the segment it is plugged into. The first point is the port on the machine's edge. */
export interface Wire {
  readonly machine: number
  readonly dev: string
  readonly segment: string
  readonly points: readonly Point[]
}

/** An L2 network: one horizontal bar, or one above each row of machines, joined by a trunk at the left. */
export interface Segment {
  readonly name: string
  readonly cidr: string
  readonly bars: readonly { readonly x1: number; readonly x2: number; readonly y: number }[]
  /** Where the trunk stands, when there is more than one bar. */
  readonly trunk: number
}

export interface Chassis {
  /** From one machine's left side to the next one's. */
  readonly pitch: number
  readonly podColumns: number
  /** Magnification of the netfilter diagram on machines wider than it needs. */
  readonly zoom: number
  /** The network interface of every node. */
  readonly port: string
  readonly bridge: string
  /** The VXLAN device; absent with the host-gw backend. */
  readonly overlay?: string
  /** Nodes whose kube-proxy runs in IPVS mode: all but those named, or none but those named. Absent where there are none. */
  readonly ipvs?: { readonly all: boolean; readonly but: readonly string[] }
}

export const NO_MACHINE = 0xffffffff

export const MACHINE_READY = 1
export const MACHINE_CORDONED = 2

export const POD_READY = 1
export const POD_TERMINATING = 2
export const POD_HOST_NETWORK = 4
/** Phase Succeeded or Failed. */
export const POD_FINISHED = 8

export function machineRect(scene: Scene, machine: number): Rect {
  const { x, y, width, height } = scene.machines
  return { x: x[machine] ?? 0, y: y[machine] ?? 0, width: width[machine] ?? 0, height: height[machine] ?? 0 }
}

export function podRect(scene: Scene, pod: number): Rect {
  const { x, y, width, height } = scene.pods
  return { x: x[pod] ?? 0, y: y[pod] ?? 0, width: width[pod] ?? 0, height: height[pod] ?? 0 }
}

export const inside = (rect: Rect, x: number, y: number): boolean =>
  x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height

export const overlaps = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

/** The least rectangle that holds them all. */
export function around(rects: readonly Rect[]): Rect {
  const left = Math.min(...rects.map((rect) => rect.x))
  const top = Math.min(...rects.map((rect) => rect.y))
  const right = Math.max(...rects.map((rect) => rect.x + rect.width))
  const bottom = Math.max(...rects.map((rect) => rect.y + rect.height))
  return { x: left, y: top, width: right - left, height: bottom - top }
}
