/**
 * What the canvas draws, as typed-array columns: built in the worker, transferred whole, swapped whole. World units are CSS pixels at scale 1.
 * Indices are positions in the columns; `ids` are engine ids (`node/node-1`, `pod/default/web-1`, `external/client`).
 */
export interface Scene {
  readonly revision: number
  readonly bounds: Rect
  readonly machines: MachineColumns
  readonly pods: PodColumns
  readonly wires: readonly Wire[]
}

export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Nodes, routers and outside hosts: everything that owns a network namespace and is not a pod. */
export interface MachineColumns {
  readonly count: number
  readonly ids: readonly string[]
  readonly labels: readonly string[]
  readonly addresses: readonly string[]
  readonly kinds: readonly ('node' | 'router' | 'client')[]
  readonly roles: readonly string[]
  readonly x: Float32Array
  readonly y: Float32Array
  readonly width: Float32Array
  readonly height: Float32Array
}

export interface PodColumns {
  readonly count: number
  readonly ids: readonly string[]
  readonly labels: readonly string[]
  readonly addresses: readonly string[]
  /** Index into `machines`. */
  readonly machine: Uint32Array
  readonly x: Float32Array
  readonly y: Float32Array
  readonly width: Float32Array
  readonly height: Float32Array
  /** 0..359, stable from the app label. */
  readonly hue: Uint16Array
  /** Bit 0 ready, bit 1 terminating, bit 2 hostNetwork. */
  readonly flags: Uint8Array
}

/** A physical cable from a machine to the segment it is plugged into. */
export interface Wire {
  readonly machine: number
  readonly dev: string
  readonly segment: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export const POD_READY = 1
export const POD_TERMINATING = 2
export const POD_HOST_NETWORK = 4
