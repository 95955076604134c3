import { type MachineColumns, type Point, type PodColumns, type Scene, type Segment, type Wire, around, machineRect } from './scene.ts'
import { cableFrom } from './wires.ts'

/** Where a person put nodes and hosts: top left corners in world units, by id. Ids that the map does not show are kept for when it does. */
export type Pins = Readonly<Record<string, Point>>

/** The same map with some machines elsewhere, along with what is in them and plugged into them. The same scene where all are in their places. */
export function withPins(scene: Scene, pins: Pins): Scene {
  const moves = scene.machines.ids.flatMap((id, machine) => {
    const pin = pins[id]
    return pin && (Math.fround(pin.x) !== scene.machines.x[machine] || Math.fround(pin.y) !== scene.machines.y[machine])
      ? [{ machine, pin }]
      : []
  })
  if (moves.length === 0) return scene
  const { podStart } = scene.machines
  const [x, y] = [scene.machines.x.slice(), scene.machines.y.slice()]
  const [podX, podY] = [scene.pods.x.slice(), scene.pods.y.slice()]
  for (const { machine, pin } of moves) {
    const [dx, dy] = [pin.x - (x[machine] ?? 0), pin.y - (y[machine] ?? 0)]
    x[machine] = pin.x
    y[machine] = pin.y
    for (let pod = podStart[machine] ?? 0; pod < (podStart[machine + 1] ?? 0); pod++) {
      podX[pod] = (podX[pod] ?? 0) + dx
      podY[pod] = (podY[pod] ?? 0) + dy
    }
  }
  const machines: MachineColumns = { ...scene.machines, x, y, bar: barsOf(scene, moves, y) }
  const pods: PodColumns = { ...scene.pods, x: podX, y: podY }
  const wires = scene.wires.map((wire) => movedWire(scene, wire, moves.find((move) => move.machine === wire.machine)?.pin))
  const placed: Scene = { ...scene, machines, pods, wires }
  const rects = moves.map(({ machine }) => machineRect(placed, machine))
  return { ...placed, segments: reaching(placed, moves), bounds: around([scene.bounds, ...rects]) }
}

/** Machines that are moved when one is: itself, or with its group all nodes of its row, or all of the world outside. */
export function movedWith({ machines }: Scene, id: string, group: boolean): readonly number[] {
  const machine = machines.ids.indexOf(id)
  if (machine < 0 || !group) return machine < 0 ? [] : [machine]
  const node = machines.kinds[machine] === 'node'
  return machines.kinds.flatMap((kind, other) =>
    (kind === 'node') === node && (!node || machines.bar[other] === machines.bar[machine]) ? [other] : [],
  )
}

/** Where machines stand once they were moved by so much. */
export const placesMoved = (scene: Scene, moved: readonly number[], by: Point): readonly { readonly id: string; readonly at: Point }[] =>
  moved.map((machine) => {
    const { x, y } = machineRect(scene, machine)
    return { id: scene.machines.ids[machine] ?? '', at: { x: x + by.x, y: y + by.y } }
  })

interface Move {
  readonly machine: number
  readonly pin: Point
}

/** A moved node is plugged into the lowest bar above it, or keeps its own where there is none. */
function barsOf(scene: Scene, moves: readonly Move[], y: Float32Array): Float32Array {
  const bars = scene.machines.bar.slice()
  for (const { machine } of moves) {
    if (scene.machines.kinds[machine] !== 'node') continue
    const above = (scene.segments[0]?.bars ?? []).filter((bar) => bar.y < (y[machine] ?? 0))
    if (above.length > 0) bars[machine] = Math.max(...above.map((bar) => bar.y))
  }
  return bars
}

/** A host takes its cable along, on the side that faces the bar. */
function movedWire(scene: Scene, wire: Wire, pin: Point | undefined): Wire {
  const [port, end] = [wire.points[0], wire.points.at(-1)]
  if (!pin || !port || !end) return wire
  const home = machineRect(scene, wire.machine)
  const x = port.x + pin.x - home.x
  const y = end.y <= pin.y + home.height / 2 ? pin.y : pin.y + home.height
  return {
    ...wire,
    points: [
      { x, y },
      { x, y: end.y },
    ],
  }
}

/** Bars reach to wherever machines were moved. */
function reaching(scene: Scene, moves: readonly Move[]): readonly Segment[] {
  const nodeEnds = moves.flatMap(({ machine }) =>
    scene.machines.kinds[machine] === 'node' ? cableFrom(machineRect(scene, machine), scene.machines.bar[machine] ?? 0).slice(-1) : [],
  )
  return scene.segments.map((segment, index) => {
    const ends = scene.wires.flatMap((wire) => (wire.segment === segment.name ? wire.points.slice(-1) : []))
    return { ...segment, bars: segment.bars.map((bar) => reachingBar(bar, index === 0 ? [...ends, ...nodeEnds] : ends)) }
  })
}

function reachingBar(bar: Segment['bars'][number], ends: readonly Point[]): Segment['bars'][number] {
  let { x1, x2 } = bar
  for (const end of ends) {
    if (Math.abs(end.y - bar.y) > 1e-2) continue
    x1 = Math.min(x1, end.x)
    x2 = Math.max(x2, end.x)
  }
  return { ...bar, x1, x2 }
}
