import { trayStart } from '../../scene/hit-test.ts'
import { POD_WIDTH } from '../../scene/chassis.ts'
import { hueOf } from '../../scene/hue.ts'
import { podAddress, podName, podNamespace } from '../../scene/pod-names.ts'
import { POD_FINISHED, POD_HOST_NETWORK, POD_READY, POD_TERMINATING, type Rect, podRect } from '../../scene/scene.ts'
import { type Pen, fillRound, font, isVisible, onScreen, roundRect, strokeRound } from '../pen.ts'
import { fitText, textWidth } from '../text.ts'
import { shadesOf } from '../theme.ts'
import type { Words } from '../words.ts'

/** Pods of the machines in view, and those that wait. Above the mark budget the caller draws pods-picture.ts instead. */
export function drawPods(pen: Pen): void {
  const ranges = podRanges(pen)
  if (pen.detail.pods === 'marks' || pen.detail.pods === 'picture') drawMarks(pen, ranges)
  else if (pen.detail.pods === 'tiles') drawTiles(pen, ranges)
  else for (const [start, end] of ranges) for (let pod = start; pod < end; pod++) drawCard(pen, pod)
}

/** Those in the tray alone. */
export function drawWaiting(pen: Pen): void {
  if (pen.scene.tray) drawMarks(pen, [[trayStart(pen.scene), pen.scene.pods.count]])
}

/** Those of some machines, as plain marks. */
export function drawPodsOf(pen: Pen, machines: readonly number[]): void {
  const { podStart } = pen.scene.machines
  drawMarks(
    pen,
    machines.map((machine) => [podStart[machine] ?? 0, podStart[machine + 1] ?? 0] as const),
  )
}

function podRanges(pen: Pen): readonly (readonly [number, number])[] {
  const { podStart } = pen.scene.machines
  const ranges = pen.machines.map((machine) => [podStart[machine] ?? 0, podStart[machine + 1] ?? 0] as const)
  return pen.scene.tray ? [...ranges, [trayStart(pen.scene), pen.scene.pods.count]] : ranges
}

/** By colour, so that thousands of rectangles change it a dozen times; plain rectangles are quicker than paths of them. */
function drawMarks(pen: Pen, ranges: readonly (readonly [number, number])[]): void {
  const { context, theme, view, scene } = pen
  const { x, y, width, height, hue, flags } = scene.pods
  const groups = new Map<number, number[]>()
  const { left, top, right, bottom } = sidesOf(pen.window)
  for (const [start, end] of ranges) {
    for (let pod = start; pod < end; pod++) {
      const [px, py] = [x[pod] ?? 0, y[pod] ?? 0]
      if (px > right || py > bottom || px + (width[pod] ?? 0) < left || py + (height[pod] ?? 0) < top) continue
      const key = (hue[pod] ?? 0) + (((flags[pod] ?? 0) & POD_READY) !== 0 ? 0 : 1000)
      const group = groups.get(key)
      if (group) group.push(pod)
      else groups.set(key, [pod])
    }
  }
  for (const [key, pods] of groups) {
    const shades = shadesOf(theme, key % 1000)
    context.fillStyle = key >= 1000 ? shades.edge : shades.mark
    for (const pod of pods)
      context.fillRect(
        (x[pod] ?? 0) * view.k + view.x,
        (y[pod] ?? 0) * view.k + view.y,
        (width[pod] ?? 0) * view.k,
        (height[pod] ?? 0) * view.k,
      )
  }
}

const sidesOf = ({ x, y, width, height }: Rect) => ({ left: x, top: y, right: x + width, bottom: y + height })

/** Of a tile whose corner can still be seen. */
const NARROWEST_CORNER = 32

/** Tiles too small to write on: one path per app and state for their grounds, one for their edges, one for their spines. */
function drawTiles(pen: Pen, ranges: readonly (readonly [number, number])[]): void {
  const { context, theme, view, scene } = pen
  const groups = new Map<number, Rect[]>()
  const radius = Math.min(4, 8 * view.k)
  for (const [start, end] of ranges) {
    for (let pod = start; pod < end; pod++) {
      const rect = onScreen(view, podRect(scene, pod))
      if (!isVisible(rect, pen.part)) continue
      const key = (scene.pods.hue[pod] ?? 0) * 256 + (scene.pods.flags[pod] ?? 0)
      const group = groups.get(key)
      if (group) group.push(rect)
      else groups.set(key, [rect])
    }
  }
  for (const [key, rects] of groups) {
    const flags = key & 255
    const shades = shadesOf(theme, key >> 8)
    const ready = (flags & POD_READY) !== 0
    context.globalAlpha = opacity(flags)
    context.beginPath()
    for (const rect of rects) roundRect(context, rect, radius)
    context.fillStyle = ready ? shades.fill : theme.chassis
    context.fill()
    context.strokeStyle = shades.edge
    context.lineWidth = 1
    if (!ready || (flags & POD_HOST_NETWORK) !== 0) context.setLineDash([3, 2.5])
    context.stroke()
    context.setLineDash([])
    context.fillStyle = shades.strong
    if (!ready) context.globalAlpha *= 0.55
    for (const { x, y, height } of rects) context.fillRect(x, y + 1, Math.max(2, 3.4 * view.k), height - 2)
  }
  context.globalAlpha = 1
  if (POD_WIDTH * view.k >= NARROWEST_CORNER) drawCorners(pen, ranges)
}

const opacity = (flags: number): number => ((flags & POD_TERMINATING) !== 0 ? 0.4 : (flags & POD_FINISHED) !== 0 ? 0.55 : 1)

function drawCard(pen: Pen, pod: number): void {
  const { context, theme, view, scene } = pen
  const rect = onScreen(view, podRect(scene, pod))
  if (!isVisible(rect, pen.part)) return
  const flags = scene.pods.flags[pod] ?? 0
  const shades = shadesOf(theme, scene.pods.hue[pod] ?? 0)
  const radius = Math.min(8, 6 * Math.max(0.5, view.k))
  const ready = (flags & POD_READY) !== 0
  context.globalAlpha = opacity(flags)
  fillRound(context, rect, radius, ready ? shades.fill : theme.chassis)
  if (!ready && (flags & POD_FINISHED) === 0) hatch(pen, rect, radius, shades.edge)
  if ((flags & POD_HOST_NETWORK) !== 0) context.setLineDash([3, 2.5])
  strokeRound(context, rect, radius, shades.edge)
  context.setLineDash([])
  drawSpine(pen, rect, radius, shades.strong, ready)
  drawCorner(pen, pod, rect)
  writeCard(pen, pod, rect)
  context.globalAlpha = 1
}

/** The app's colour down the left side, cut to the tile's corners. */
function drawSpine(pen: Pen, rect: Rect, radius: number, colour: string, solid: boolean): void {
  const { context } = pen
  const { x, y, height } = rect
  const width = Math.max(2, Math.min(5, 3.4 * pen.view.k))
  const turn = Math.acos(Math.max(0, (radius - width) / radius))
  const before = context.globalAlpha
  if (!solid) context.globalAlpha *= 0.55
  context.beginPath()
  context.arc(x + radius, y + radius, radius, Math.PI + turn, Math.PI, true)
  context.arc(x + radius, y + height - radius, radius, Math.PI, Math.PI - turn, true)
  context.closePath()
  context.fillStyle = colour
  context.fill()
  context.globalAlpha = before
}

/** Namespaces are told apart by the corner of their pods; `default` has none. */
function drawCorner(pen: Pen, pod: number, rect: Rect): void {
  const namespace = podNamespace(pen.scene, pod)
  if (namespace === 'default') return
  const { context } = pen
  context.beginPath()
  traceCorner(context, rect)
  context.fillStyle = shadesOf(pen.theme, hueOf(namespace)).strong
  context.fill()
}

function traceCorner(path: CanvasPath, rect: Rect): void {
  const size = Math.min(9, rect.height * 0.28)
  const [x, y] = [rect.x + rect.width - 2, rect.y + rect.height - 2]
  path.moveTo(x, y - size)
  path.lineTo(x, y)
  path.lineTo(x - size, y)
  path.closePath()
}

/** One path per namespace. */
function drawCorners(pen: Pen, ranges: readonly (readonly [number, number])[]): void {
  const { context, theme, view, scene } = pen
  const corners = new Map<number, Rect[]>()
  for (const [start, end] of ranges) {
    for (let pod = start; pod < end; pod++) {
      const namespace = scene.pods.namespace[pod] ?? 0
      if (scene.pods.namespaces[namespace] === 'default') continue
      const rect = onScreen(view, podRect(scene, pod))
      if (!isVisible(rect, pen.part)) continue
      const group = corners.get(namespace)
      if (group) group.push(rect)
      else corners.set(namespace, [rect])
    }
  }
  for (const [namespace, rects] of corners) {
    context.beginPath()
    for (const rect of rects) traceCorner(context, rect)
    context.fillStyle = shadesOf(theme, hueOf(scene.pods.namespaces[namespace] ?? '')).strong
    context.fill()
  }
}

/** Not ready: nobody is sent here. */
function hatch(pen: Pen, rect: Rect, radius: number, colour: string): void {
  const { context } = pen
  context.save()
  context.beginPath()
  roundRect(context, rect, radius, 0)
  context.clip()
  context.beginPath()
  for (let x = rect.x - rect.height; x < rect.x + rect.width; x += 7) {
    context.moveTo(x, rect.y + rect.height)
    context.lineTo(x + rect.height, rect.y)
  }
  context.strokeStyle = colour
  context.lineWidth = 1
  context.globalAlpha *= 0.7
  context.stroke()
  context.restore()
}

function writeCard(pen: Pen, pod: number, rect: Rect): void {
  const { context, theme, scene } = pen
  const { containers } = scene.pods
  const address = podAddress(scene, pod)
  const left = rect.x + Math.max(8, rect.height * 0.24)
  const nameSize = Math.min(15, Math.max(9.5, rect.height * 0.285))
  const addressSize = Math.min(13, Math.max(9, rect.height * 0.25))
  const room = rect.x + rect.width - left - 6
  const two = rect.height >= 27 && address !== ''
  const nameFont = font(theme, 'sans', nameSize, 500)
  const middle = rect.y + rect.height / 2 + 0.5
  context.textBaseline = 'middle'
  context.font = nameFont
  context.fillStyle = theme.text
  context.fillText(fitText(context, nameFont, podName(scene, pod), room), left, two ? middle - nameSize * 0.6 : middle)
  if (!two) return
  // Half an address is another address: it shrinks a little, or is left out.
  const full = textWidth(context, font(theme, 'mono', addressSize), address)
  const addressFont = font(theme, 'mono', full > room ? addressSize * 0.85 : addressSize)
  const dots = Math.min(5, containers[pod] ?? 0)
  const dotRoom = rect.width > 96 ? dots * 7 : 0
  context.font = addressFont
  context.fillStyle = theme.muted
  const addressWidth = textWidth(context, addressFont, address)
  if (addressWidth <= room) context.fillText(address, left, middle + addressSize * 0.72)
  if (dotRoom === 0 || addressWidth > room - dotRoom) return
  context.fillStyle = shadesOf(theme, scene.pods.hue[pod] ?? 0).strong
  context.beginPath()
  for (let dot = 0; dot < dots; dot++) {
    const [x, y] = [rect.x + rect.width - 9 - dot * 7, middle + addressSize * 0.72]
    context.moveTo(x + 2, y)
    context.arc(x, y, 2, 0, 2 * Math.PI)
  }
  context.fill()
}

export function drawTray(pen: Pen, words: Words): void {
  const { context, theme, view, scene } = pen
  if (!scene.tray) return
  const rect = onScreen(view, scene.tray)
  if (!isVisible(rect, pen.part)) return
  context.setLineDash([4, 3])
  strokeRound(context, rect, 9, theme.waiting)
  context.setLineDash([])
  if (pen.detail.machines === 'block' || pen.detail.machines === 'density') return
  const titleFont = font(theme, 'sans', Math.min(14, Math.max(10, 12 * view.k)), 600)
  context.font = titleFont
  context.fillStyle = theme.muted
  context.textBaseline = 'middle'
  const title = words.pending(scene.pods.count - trayStart(scene))
  context.fillText(fitText(context, titleFont, title, rect.width - 16), rect.x + Math.max(8, 14 * view.k), rect.y + 20 * view.k)
}
