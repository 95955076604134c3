import type { Scene } from '../../scene/scene.ts'

const floats = new Float32Array()
const words = new Uint32Array()
const bytes = new Uint8Array()
const columns = { count: 0, ids: [], labels: [], addresses: [], x: floats, y: floats, width: floats, height: floats, slot: words, flags: bytes }

/** A map with nothing on it: packets are nowhere, but their stations are all there. */
export const EMPTY_SCENE: Scene = {
  revision: 0,
  bounds: { x: 0, y: 0, width: 0, height: 0 },
  machines: { ...columns, kinds: [], roles: [], podStart: new Uint32Array(1) },
  pods: { ...columns, machine: words, hue: new Uint16Array(), containers: bytes },
  wires: [],
  segments: [],
  longNames: [],
  chassis: { podColumns: 1, pitch: 1, zoom: 1, bridge: 'cni0' },
}
