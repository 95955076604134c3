import type { Scene } from '../scene/scene.ts'
import { POD_READY } from '../scene/scene.ts'
import type { View } from './camera.ts'
import { type Theme, shadesOf } from './theme.ts'

/** All pods as pixels, for zooms at which there are more of them than marks to spend. Made once per scene and theme. */
export interface PodsPicture {
  readonly canvas: HTMLCanvasElement
  /** Pixels per world unit. */
  readonly scale: number
}

const MOST_PIXELS = 4_000_000
/** Finer than this no pod gains anything. */
const FINEST = 0.12

export function takePicture(scene: Scene, theme: Theme): PodsPicture {
  const { bounds, pods } = scene
  const scale = Math.min(FINEST, Math.sqrt(MOST_PIXELS / Math.max(1, bounds.width * bounds.height)))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.ceil(bounds.width * scale))
  canvas.height = Math.max(1, Math.ceil(bounds.height * scale))
  const context = canvas.getContext('2d')
  if (!context) return { canvas, scale }
  const image = context.createImageData(canvas.width, canvas.height)
  const pixels = new Uint32Array(image.data.buffer)
  const colours = new Map<number, number>()
  for (let pod = 0; pod < pods.count; pod++) {
    const ready = ((pods.flags[pod] ?? 0) & POD_READY) !== 0
    const key = (pods.hue[pod] ?? 0) * 2 + (ready ? 1 : 0)
    let colour = colours.get(key)
    if (colour === undefined) {
      const shades = shadesOf(theme, pods.hue[pod] ?? 0)
      colours.set(key, (colour = pixelOf(ready ? shades.strong : shades.edge)))
    }
    const left = Math.floor(((pods.x[pod] ?? 0) - bounds.x) * scale)
    const right = Math.max(left + 1, Math.floor(((pods.x[pod] ?? 0) + (pods.width[pod] ?? 0) - bounds.x) * scale))
    const top = Math.floor(((pods.y[pod] ?? 0) - bounds.y) * scale)
    const bottom = Math.max(top + 1, Math.floor(((pods.y[pod] ?? 0) + (pods.height[pod] ?? 0) - bounds.y) * scale))
    for (let y = top; y < bottom; y++) pixels.fill(colour, y * canvas.width + left, y * canvas.width + right)
  }
  context.putImageData(image, 0, 0)
  return { canvas, scale }
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

export function drawPicture(context: CanvasRenderingContext2D, picture: PodsPicture, scene: Scene, view: View): void {
  const { bounds } = scene
  const k = view.k / picture.scale
  context.save()
  context.globalAlpha = 0.9
  context.imageSmoothingEnabled = k < 1
  context.drawImage(
    picture.canvas,
    bounds.x * view.k + view.x,
    bounds.y * view.k + view.y,
    picture.canvas.width * k,
    picture.canvas.height * k,
  )
  context.restore()
}
