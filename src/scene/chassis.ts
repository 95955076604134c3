import type { Hook } from '../core/kernel/netfilter/ruleset.ts'
import type { Chassis, Point, Rect } from './scene.ts'

/**
 * The plan of a node's inside, in world units. It is a ring: eth0 and the VXLAN device meet its top side, cni0 is its bottom, packets go
 * down the left rail into PREROUTING and come up the right rail from POSTROUTING. Within the ring the hooks stand as in the
 * "Packet flow in Netfilter" diagram: forwarding along the middle, the host's own sockets above it.
 *
 *        eth0
 *    ┌────┴──────────────┬──────────────┐
 *    │   INPUT ─▶ vxlan, sockets ─▶ OUTPUT │
 *    │     ▲                        ▼   │
 *    ├─ PREROUTING ▶ route ▶ FORWARD ▶ POSTROUTING
 *    └────────────── cni0 ──────────────┘
 *           veth    veth    veth
 */
export const POD_WIDTH = 124
export const POD_HEIGHT = 44
export const GUTTER_X = 20
export const GUTTER_Y = 18
export const PADDING = 16
export const HEADER = 40
const BRIDGE_HEIGHT = 14
const STUB_GAP = 24
/** From the machine's sides to the bridge, which reaches over the lanes left of the first column. */
const OVERHANG = 4
const FOOT = 14
/** Size of the diagram at zoom 1, from rail to rail and from ring top to cni0. */
const DIAGRAM_WIDTH = 268
const DIAGRAM_HEIGHT = 100

/** What runs at a hook, in the order of priority; `conntrack` is the lookup at -200 or, last, the confirmation. */
export type Cell = 'raw' | 'conntrack' | 'mangle' | 'nat' | 'filter' | 'ipvs'
const CELLS: Readonly<Record<Hook, readonly Cell[]>> = {
  PREROUTING: ['raw', 'conntrack', 'mangle', 'nat'],
  INPUT: ['mangle', 'filter', 'nat', 'conntrack'],
  FORWARD: ['mangle', 'filter'],
  OUTPUT: ['raw', 'conntrack', 'mangle', 'nat', 'filter'],
  POSTROUTING: ['mangle', 'nat', 'conntrack'],
}

/** Where ip_vs has its functions too (ip_vs_ops4), by their priorities: 98, -99 and 99. */
const IPVS_CELLS: Readonly<Record<Hook, readonly Cell[]>> = {
  ...CELLS,
  INPUT: ['mangle', 'filter', 'ipvs', 'nat', 'conntrack'],
  FORWARD: ['mangle', 'filter', 'ipvs'],
  OUTPUT: ['raw', 'conntrack', 'mangle', 'nat', 'ipvs', 'filter'],
}

export const HOOKS: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']

export interface HookBox {
  readonly hook: Hook
  readonly rect: Rect
  readonly cells: readonly { readonly cell: Cell; readonly rect: Rect }[]
}

export interface Plan {
  readonly rect: Rect
  /** The ring that the rails make: its bottom side is the top of the bridge. */
  readonly ring: Rect
  readonly port: Point
  readonly overlay: Rect
  readonly sockets: Rect
  readonly bridge: Rect
  /** kube-ipvs0, in IPVS mode: addresses of Services make a packet local there, none ever passes it. */
  readonly dummy?: Rect
  readonly hooks: readonly HookBox[]
  /** The routing decision of arriving packets, and of packets made here. */
  readonly routeIn: Point
  readonly routeOut: Point
  /** Half the diagonal of a routing diamond. */
  readonly diamond: number
  readonly podsTop: number
  readonly zoom: number
}

export const innerWidth = (podColumns: number): number => podColumns * POD_WIDTH + (podColumns - 1) * GUTTER_X
export const chassisWidth = (podColumns: number): number => innerWidth(podColumns) + 2 * PADDING
/** Whole units: columns are 32-bit floats, and a pod must not move by a rounding when its machine does. */
const diagramHeight = (zoom: number): number => Math.round(DIAGRAM_HEIGHT * zoom)
export const podsOffset = (zoom: number): number => HEADER + diagramHeight(zoom) + BRIDGE_HEIGHT + STUB_GAP

/** The diagram grows with the machine, up to a size at which it still reads as one figure. */
export const diagramZoom = (podColumns: number): number => Math.min(1.6, Math.max(1, innerWidth(podColumns) / DIAGRAM_WIDTH))

export function chassisHeight(podRows: number, zoom: number): number {
  const rows = Math.max(1, podRows)
  return podsOffset(zoom) + rows * POD_HEIGHT + (rows - 1) * GUTTER_Y + FOOT
}

export function podCell(machine: Rect, chassis: Chassis, slot: number): Rect {
  const column = slot % chassis.podColumns
  const row = Math.floor(slot / chassis.podColumns)
  return {
    x: machine.x + PADDING + column * (POD_WIDTH + GUTTER_X),
    y: machine.y + podsOffset(chassis.zoom) + row * (POD_HEIGHT + GUTTER_Y),
    width: POD_WIDTH,
    height: POD_HEIGHT,
  }
}

/** A pod's eth0 sits on its top edge, at the right: what passes through it leaves the name readable. */
export const ethOf = (pod: Rect): Point => ({ x: pod.x + pod.width * 0.8, y: pod.y })

/** From the veth on cni0 to the pod's eth0: straight for the first row, down the gutter beside the column for those below. */
export function vethPoints(plan: Plan, pod: Rect): readonly Point[] {
  const top = plan.bridge.y + plan.bridge.height
  const { x } = ethOf(pod)
  const row = Math.round((pod.y - plan.podsTop) / (POD_HEIGHT + GUTTER_Y))
  if (row <= 0)
    return [
      { x, y: top },
      { x, y: pod.y },
    ]
  const lane = pod.x - 4 - ((row - 1) % 3) * 4
  const turn = pod.y - GUTTER_Y / 2
  return [
    { x: lane, y: top },
    { x: lane, y: turn },
    { x, y: turn },
    { x, y: pod.y },
  ]
}

/** x, y and width of each hook box at zoom 1, from the ring's top left corner. */
const BOX_HEIGHT = 24
const TITLE_HEIGHT = 12
const BOXES: Readonly<Record<Hook, readonly [number, number, number]>> = {
  PREROUTING: [16, 58, 66],
  INPUT: [42, 12, 66],
  FORWARD: [128, 58, 42],
  OUTPUT: [170, 12, 82],
  POSTROUTING: [196, 58, 56],
}

/** A cell more takes a little more room. */
const IPVS_BOXES: typeof BOXES = { ...BOXES, INPUT: [36, 12, 72], FORWARD: [124, 58, 50], OUTPUT: [168, 12, 88] }

/** `ipvs`: whether ip_vs has its functions there. */
export function planOf(rect: Rect, chassis: Chassis, ipvs = false): Plan {
  const zoom = chassis.zoom
  const inner = rect.width - 2 * PADDING
  const left = rect.x + PADDING + (inner - DIAGRAM_WIDTH * zoom) / 2
  const top = rect.y + HEADER
  const at = (x: number, y: number): Point => ({ x: left + x * zoom, y: top + y * zoom })
  const box: Boxer = (x, y, width, height) => ({ ...at(x, y), width: width * zoom, height: height * zoom })
  const bridge = { x: rect.x + OVERHANG, y: top + diagramHeight(zoom), width: rect.width - 2 * OVERHANG, height: BRIDGE_HEIGHT }
  const railLeft = rect.x + PADDING + 4
  const middle = rect.x + rect.width / 2
  return {
    rect,
    ring: { x: railLeft, y: top, width: inner - 8, height: bridge.y - top },
    port: { x: middle, y: rect.y },
    overlay: box(114, 5, 40, 13),
    sockets: box(114, 23.5, 40, 13),
    bridge,
    hooks: HOOKS.map((hook) =>
      ipvs ? hookBox(hook, IPVS_CELLS[hook], IPVS_BOXES[hook], box, zoom) : hookBox(hook, CELLS[hook], BOXES[hook], box, zoom),
    ),
    ...(ipvs && { dummy: box(112, 41, 44, 10) }),
    routeIn: at(105, 76),
    routeOut: at(162, 30),
    diamond: 8 * zoom,
    podsTop: rect.y + podsOffset(zoom),
    zoom,
  }
}

type Boxer = (x: number, y: number, width: number, height: number) => Rect

function hookBox(hook: Hook, cells: readonly Cell[], [x, y, width]: (typeof BOXES)[Hook], box: Boxer, zoom: number): HookBox {
  const rect = box(x, y, width, BOX_HEIGHT)
  const cellWidth = rect.width / cells.length
  return {
    hook,
    rect,
    cells: cells.map((cell, i) => ({
      cell,
      rect: { x: rect.x + i * cellWidth, y: rect.y + TITLE_HEIGHT * zoom, width: cellWidth, height: rect.height - TITLE_HEIGHT * zoom },
    })),
  }
}

export function hookBoxOf(plan: Plan, hook: Hook): HookBox | undefined {
  return plan.hooks.find((box) => box.hook === hook)
}

export const centre = (rect: Rect): Point => ({ x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 })
