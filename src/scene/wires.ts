import { type Point, type Rect, type Scene, type Wire, machineRect } from './scene.ts'

/** Cables of one machine, in the order of its ports. A node has one, which follows from where the node stands. */
export function wiresOf(scene: Scene, machine: number): readonly Wire[] {
  return scene.machines.kinds[machine] === 'node' ? [nodeWire(scene, machine)] : scene.wires.filter((wire) => wire.machine === machine)
}

function nodeWire(scene: Scene, machine: number): Wire {
  return { machine, dev: scene.chassis.port, segment: scene.segments[0]?.name ?? '', points: nodeCable(scene, machine) }
}

export const nodeCable = (scene: Scene, machine: number): readonly Point[] =>
  cableFrom(machineRect(scene, machine), scene.machines.bar[machine] ?? 0)

/** From the port straight up to the bar, or around the machine where somebody put it above its bar. */
export function cableFrom(rect: Rect, bar: number): readonly Point[] {
  const x = rect.x + rect.width / 2
  if (bar <= rect.y)
    return [
      { x, y: rect.y },
      { x, y: bar },
    ]
  const over = rect.y - CLEARANCE
  const beside = rect.x - CLEARANCE
  return [
    { x, y: rect.y },
    { x, y: over },
    { x: beside, y: over },
    { x: beside, y: bar },
  ]
}

const CLEARANCE = 14
