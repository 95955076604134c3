import { GUTTER_Y, PADDING, POD_HEIGHT, POD_WIDTH, podsOffset } from '../scene/chassis.ts'
import { BELOW_BAR } from '../scene/layout.ts'
import { POD_READY, type Rect, type Scene } from '../scene/scene.ts'
import { type Pen, isVisible, onScreen } from './pen.ts'
import { type Theme, shadesOf } from './theme.ts'

/**
 * All pods as one pixel each, for zooms at which there are more of them than marks to spend. One strip per row of machines; machines in a row
 * stand at equal distances, so that a strip is stretched over its row as a whole. Made once per scene and theme.
 */
export interface PodsPicture {
  readonly canvas: HTMLCanvasElement
  readonly strips: readonly Strip[]
  /** Nodes that stand in no row, because somebody moved them: their pods are drawn one by one. */
  readonly loose: readonly number[]
}

interface Strip {
  /** Rows of the picture. */
  readonly top: number
  readonly height: number
  /** Where its pods are in the world, and the whole inside of its machines. */
  readonly pods: Rect
  readonly machines: Rect
}

/** Of a pod, of the gutter beside it, and of what is left between the gutters of two machines: what they measure in the world, nearly. */
const POD_PIXELS = 6
const GUTTER_PIXELS = 1
const CELL_PIXELS = POD_PIXELS + GUTTER_PIXELS
const GAP_PIXELS = 4

/** Row by row, so that it can be made while nothing else is to be done; there when it has ended. */
export function* paintPicture(scene: Scene, theme: Theme): Generator<undefined, PodsPicture> {
  const rows = rowsOf(scene)
  const perMachine = scene.chassis.podColumns * CELL_PIXELS + GAP_PIXELS
  const widest = rows.reduce((most, row) => Math.max(most, row.length), 1)
  const heights = rows.map((row) => row.reduce((most, machine) => Math.max(most, podRows(scene, machine)), 1))
  const canvas = document.createElement('canvas')
  canvas.width = widest * perMachine
  canvas.height = heights.reduce((sum, height) => sum + height, 0) || 1
  const context = canvas.getContext('2d')
  const strips: Strip[] = []
  const loose = looseIn(scene)
  if (!context) return { canvas, strips, loose }
  const image = context.createImageData(canvas.width, canvas.height)
  const pixels = new Uint32Array(image.data.buffer)
  const colourOf = palette(scene, theme)
  let top = 0
  for (const [r, row] of rows.entries()) {
    const height = heights[r] ?? 1
    for (const machine of row)
      paintMachine(scene, machine, pixels, { left: columnOf(scene, machine) * perMachine, top, width: canvas.width }, colourOf)
    strips.push(stripOf(scene, row, top, height, widest))
    top += height
    yield
  }
  context.putImageData(image, 0, 0)
  return { canvas, strips, loose }
}

/** Nodes by the height that they stand at. */
function rowsOf(scene: Scene): readonly (readonly number[])[] {
  const rows = new Map<number, number[]>()
  for (let machine = 0; machine < scene.machines.count; machine++) {
    if (scene.machines.kinds[machine] !== 'node' || isLoose(scene, machine)) continue
    const y = scene.machines.y[machine] ?? 0
    const row = rows.get(y)
    if (row) row.push(machine)
    else rows.set(y, [machine])
  }
  return [...rows.values()]
}

function looseIn(scene: Scene): readonly number[] {
  const loose: number[] = []
  for (let machine = 0; machine < scene.machines.count; machine++)
    if (scene.machines.kinds[machine] === 'node' && isLoose(scene, machine)) loose.push(machine)
  return loose
}

function isLoose(scene: Scene, machine: number): boolean {
  const { x, y, bar } = scene.machines
  const column = (x[machine] ?? 0) / scene.chassis.pitch
  return column < 0 || Math.abs(column - Math.round(column)) > 1e-4 || Math.abs((y[machine] ?? 0) - (bar[machine] ?? 0) - BELOW_BAR) > 0.5
}

const columnOf = (scene: Scene, machine: number): number => Math.round((scene.machines.x[machine] ?? 0) / scene.chassis.pitch)

function podRows(scene: Scene, machine: number): number {
  const { podStart } = scene.machines
  let last = 0
  for (let pod = podStart[machine] ?? 0; pod < (podStart[machine + 1] ?? 0); pod++) last = Math.max(last, scene.pods.slot[pod] ?? 0)
  return Math.floor(last / scene.chassis.podColumns) + 1
}

function stripOf(scene: Scene, row: readonly number[], top: number, height: number, columns: number): Strip {
  const [machine = 0] = row
  const y = scene.machines.y[machine] ?? 0
  const across = { x: PADDING, width: columns * scene.chassis.pitch }
  const inset = 0.1 * (scene.machines.height[machine] ?? 0)
  return {
    top,
    height,
    pods: { ...across, y: y + podsOffset(scene.chassis.zoom), height: height * (POD_HEIGHT + GUTTER_Y) },
    machines: { ...across, y: y + inset, height: (scene.machines.height[machine] ?? 0) - 2 * inset },
  }
}

/** Far away, where machines are plain blocks, their pods fill them; nearer they stand in rows with gutters between. */
export function drawPicture(pen: Pen, picture: PodsPicture): void {
  const { context, view, detail, part } = pen
  const blocks = detail.machines === 'block'
  context.save()
  // Enlarged, pods keep their edges.
  context.imageSmoothingEnabled = POD_WIDTH * view.k < POD_PIXELS * 1.5
  for (const strip of picture.strips) {
    const world = blocks ? strip.machines : strip.pods
    if (!isVisible(onScreen(view, world), part)) continue
    const pitch = world.height / strip.height
    const height = blocks ? pitch : POD_HEIGHT
    for (let row = 0; row < strip.height; row++)
      drawRow(pen, picture.canvas, strip.top + row, { ...world, y: world.y + row * pitch, height })
  }
  context.restore()
}

/** One row of pods of all machines in a row: the part of it that is in view, from whole pixel to whole pixel. */
function drawRow({ context, view, part }: Pen, canvas: HTMLCanvasElement, row: number, world: Rect): void {
  const rect = onScreen(view, world)
  if (!isVisible({ ...rect, height: Math.max(1, rect.height) }, part)) return
  const scale = rect.width / canvas.width
  const first = Math.max(0, Math.floor((part.x - rect.x) / scale))
  const last = Math.min(canvas.width, Math.ceil((part.x + part.width - rect.x) / scale))
  context.drawImage(canvas, first, row, last - first, 1, rect.x + first * scale, rect.y, (last - first) * scale, Math.max(1, rect.height))
}

interface Spot {
  readonly left: number
  readonly top: number
  readonly width: number
}

function paintMachine(scene: Scene, machine: number, pixels: Uint32Array, spot: Spot, colourOf: (pod: number) => number): void {
  const { podStart } = scene.machines
  const { podColumns } = scene.chassis
  for (let pod = podStart[machine] ?? 0; pod < (podStart[machine + 1] ?? 0); pod++) {
    const slot = scene.pods.slot[pod] ?? 0
    const first = (spot.top + Math.floor(slot / podColumns)) * spot.width + spot.left + (slot % podColumns) * CELL_PIXELS
    pixels.fill(colourOf(pod), first, first + POD_PIXELS)
  }
}

function palette(scene: Scene, theme: Theme): (pod: number) => number {
  const colours = new Map<number, number>()
  return (pod) => {
    const hue = scene.pods.hue[pod] ?? 0
    const ready = ((scene.pods.flags[pod] ?? 0) & POD_READY) !== 0
    const key = hue * 2 + (ready ? 1 : 0)
    const known = colours.get(key)
    if (known !== undefined) return known
    const shades = shadesOf(theme, hue)
    const colour = pixelOf(ready ? shades.mark : shades.edge)
    colours.set(key, colour)
    return colour
  }
}

/** One pixel of a CSS colour, as it lies in an image's buffer: the canvas itself knows every colour notation. */
function pixelOf(colour: string): number {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) return 0xff808080
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0xff808080
}
