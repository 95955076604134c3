import { type Health, healthOf } from '../scene/health.ts'
import { MACHINE_CORDONED, MACHINE_READY, type Rect, type Scene, machineRect } from '../scene/scene.ts'
import { type Pen, onScreen } from './pen.ts'
import { type Theme, withAlpha } from './theme.ts'

/**
 * The whole fleet as one picture, for zooms at which nodes are specks: how full and how well they are. Moving the map then costs one image,
 * however many nodes there are. Made once per scene and theme.
 */
export interface FleetPicture {
  readonly canvas: HTMLCanvasElement
  /** Part of the world that it shows. */
  readonly world: Rect
  readonly scale: number
}

/** Pixels of a node's width, unless the picture would grow out of all proportion. */
const NODE_PIXELS = 22
const LARGEST = 4_000_000

export function takeFleet(scene: Scene, theme: Theme): FleetPicture {
  const world = boundsOf(scene)
  const wanted = NODE_PIXELS / (scene.machines.width[0] || 1)
  const scale = Math.min(wanted, Math.sqrt(LARGEST / Math.max(1, world.width * world.height)))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.ceil(world.width * scale))
  canvas.height = Math.max(1, Math.ceil(world.height * scale))
  const context = canvas.getContext('2d')
  if (context) {
    const view = { k: scale, x: -world.x * scale, y: -world.y * scale }
    const shades = shadesFor(theme)
    for (let machine = 0; machine < scene.machines.count; machine++)
      if (scene.machines.kinds[machine] === 'node')
        paintNode(context, onScreen(view, machineRect(scene, machine)), scene, machine, healthOf(scene), shades)
  }
  return { canvas, world, scale }
}

function boundsOf(scene: Scene): Rect {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let machine = 0; machine < scene.machines.count; machine++) {
    if (scene.machines.kinds[machine] !== 'node') continue
    const { x, y, width, height } = machineRect(scene, machine)
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x + width)
    bottom = Math.max(bottom, y + height)
  }
  return left > right ? { x: 0, y: 0, width: 0, height: 0 } : { x: left, y: top, width: right - left, height: bottom - top }
}

/** Only the part in view is read: most of the picture is outside of the window when one part of it is looked at. */
export function drawFleet(pen: Pen, fleet: FleetPicture): void {
  const { context, view, window } = pen
  const { world, scale } = fleet
  const left = Math.max(window.x, world.x)
  const top = Math.max(window.y, world.y)
  const right = Math.min(window.x + window.width, world.x + world.width)
  const bottom = Math.min(window.y + window.height, world.y + world.height)
  if (left >= right || top >= bottom) return
  context.imageSmoothingEnabled = true
  context.drawImage(
    fleet.canvas,
    (left - world.x) * scale,
    (top - world.y) * scale,
    (right - left) * scale,
    (bottom - top) * scale,
    left * view.k + view.x,
    top * view.k + view.y,
    (right - left) * view.k,
    (bottom - top) * view.k,
  )
}

/** From an empty node to a full one. */
const STEPS = 10

export interface FleetShades {
  readonly chassis: string
  readonly usage: readonly string[]
  readonly ill: string
  readonly edge: string
}

export const shadesFor = (theme: Theme): FleetShades => ({
  chassis: theme.chassis,
  usage: Array.from({ length: STEPS + 1 }, (_, i) => withAlpha(theme.accent, 0.06 + (0.62 * i) / STEPS)),
  ill: theme.dropped,
  edge: theme.line,
})

/**
 * The fuller, the darker. Pods that are not ready are a red foot as high as their share; a node that is not ready is a red frame around
 * nothing, one that is cordoned has its corner cut: no meaning hangs on colour alone.
 */
export function paintNode(
  context: CanvasRenderingContext2D,
  rect: Rect,
  scene: Scene,
  machine: number,
  health: Health,
  shades: FleetShades,
): void {
  const { x, y } = rect
  const [width, height] = [Math.max(1, rect.width), Math.max(1, rect.height)]
  const flags = scene.machines.flags[machine] ?? 0
  context.fillStyle = shades.chassis
  context.fillRect(x, y, width, height)
  if ((flags & MACHINE_READY) === 0) {
    context.strokeStyle = shades.ill
    context.lineWidth = width > 6 ? 2 : 1
    context.strokeRect(x + 1, y + 1, Math.max(1, width - 2), Math.max(1, height - 2))
    return
  }
  context.fillStyle = shades.usage[Math.ceil((health.usage[machine] ?? 0) * STEPS)] ?? shades.chassis
  context.fillRect(x, y, width, height)
  const ill = health.ill[machine] ?? 0
  if (ill > 0) {
    const foot = Math.max(1, Math.round(height * ill))
    context.fillStyle = shades.ill
    context.fillRect(x, y + height - foot, width, foot)
  }
  if ((flags & MACHINE_CORDONED) === 0 || width < 5) return
  const cut = Math.min(width, height) * 0.45
  context.beginPath()
  context.moveTo(x + width - cut, y)
  context.lineTo(x + width, y)
  context.lineTo(x + width, y + cut)
  context.closePath()
  context.fillStyle = shades.edge
  context.fill()
}
