import { BELOW_BAR } from '../../scene/layout.ts'
import { machinesIn } from '../../scene/machine-grid.ts'
import type { Point, Rect, Segment } from '../../scene/scene.ts'
import { nodeCable } from '../../scene/wires.ts'
import { textWidth } from '../text.ts'
import { type Pen, font, pointOnScreen, windowOf } from '../pen.ts'

/** Cables and the L2 segments that they are plugged into, under everything else. */
export function drawLinks(pen: Pen): void {
  const { context, scene, theme } = pen
  context.beginPath()
  for (const wire of scene.wires) drawCable(pen, wire.points)
  if (!farAway(pen)) {
    // The cable of a node right below the window may hang into it, and one in the window into every part of it.
    const window = windowOf(pen.view, pen.size)
    for (const machine of machinesIn(scene, { ...window, height: window.height + BELOW_BAR }))
      if (scene.machines.kinds[machine] === 'node') drawCable(pen, nodeCable(scene, machine))
  }
  context.strokeStyle = theme.line
  context.lineWidth = 1
  context.stroke()
  for (const segment of scene.segments) drawSegment(pen, segment)
}

const farAway = ({ detail }: Pen): boolean => detail.machines === 'block' || detail.machines === 'density'

function drawCable({ context, view }: Pen, points: readonly Point[]): void {
  for (const [i, point] of points.entries()) {
    const { x, y } = pointOnScreen(view, point)
    if (i === 0) context.moveTo(Math.round(x) + 0.5, Math.round(y))
    else context.lineTo(Math.round(x) + 0.5, Math.round(y) + 0.5)
  }
}

function drawSegment(pen: Pen, segment: Segment): void {
  const { context, view, theme, size } = pen
  context.beginPath()
  for (const bar of segment.bars) {
    const [from, to] = [pointOnScreen(view, { x: bar.x1, y: bar.y }), pointOnScreen(view, { x: bar.x2, y: bar.y })]
    if (from.y < -4 || from.y > size.height + 4) continue
    const y = Math.round(from.y) + 0.5
    context.moveTo(Math.max(-4, from.x), y)
    context.lineTo(Math.min(size.width + 4, to.x), y)
  }
  const [first, last] = [segment.bars[0], segment.bars.at(-1)]
  if (first && last && segment.bars.length > 1) {
    const [top, bottom] = [pointOnScreen(view, { x: segment.trunk, y: first.y }), pointOnScreen(view, { x: segment.trunk, y: last.y })]
    context.moveTo(Math.round(top.x) + 0.5, Math.max(-4, top.y))
    context.lineTo(Math.round(bottom.x) + 0.5, Math.min(size.height + 4, bottom.y))
  }
  context.strokeStyle = farAway(pen) ? theme.hairline : theme.line
  context.lineWidth = Math.max(1, Math.min(4, 3 * view.k))
  context.lineCap = 'round'
  context.stroke()
  context.lineCap = 'butt'
  labelSegment(pen, segment)
}

/** `fabric 192.168.1.0/24`: above the right end of a long bar, where no host stands, and behind the end of a short one. */
function labelSegment(pen: Pen, segment: Segment): void {
  const { context, theme } = pen
  const place = labelOf(pen, segment)
  if (!place) return
  const { x, baseline, name, whole } = place
  context.textBaseline = 'middle'
  context.font = font(theme, 'sans', NAME_SIZE, NAME_WEIGHT)
  context.fillStyle = theme.muted
  context.fillText(segment.name, x, baseline)
  if (!whole) return
  context.font = font(theme, 'mono', NAME_SIZE)
  context.fillStyle = theme.faint
  context.fillText(segment.cidr, x + name + 8, baseline)
}

/** On the screen. These stay in the window while the map is pushed, as far as their bars do. */
export const segmentLabels = (pen: Pen): readonly Rect[] =>
  pen.scene.segments.flatMap((segment) => {
    const place = labelOf(pen, segment)
    return place ? [{ x: place.x - 2, y: place.baseline - 9, width: place.width + 4, height: 18 }] : []
  })

const NAME_SIZE = 11
const NAME_WEIGHT = 500

/** Where the label begins, how wide its name is and what is written, and whether that is all of it. */
interface Place {
  readonly x: number
  readonly baseline: number
  readonly name: number
  readonly width: number
  readonly whole: boolean
}

function labelOf(pen: Pen, segment: Segment): Place | undefined {
  const { context, view, theme, size } = pen
  const [bar] = segment.bars
  // Smaller than a host's name, it would stand on its neighbours.
  if (!bar || segmentRoom(pen, segment) < 44) return undefined
  const y = Math.round(bar.y * view.k + view.y) + 0.5
  const [left, right] = [bar.x1 * view.k + view.x, bar.x2 * view.k + view.x]
  const name = textWidth(context, font(theme, 'sans', NAME_SIZE, NAME_WEIGHT), segment.name)
  const width = name + 8 + textWidth(context, font(theme, 'mono', NAME_SIZE), segment.cidr)
  if (y < 20 || y > size.height - 8 || left > size.width - width || right < width) return undefined
  const long = right - left > 2.5 * width
  const x = long ? Math.min(right, size.width - 10) - width : right + 10
  if (x + name > size.width - 4) return undefined
  const whole = x + width <= size.width - 4
  return { x, baseline: long ? y - 11 : y + 0.5, name, width: whole ? width : name, whole }
}

/** How wide on the screen hosts are that this segment joins, or nodes when there are none. */
function segmentRoom(pen: Pen, segment: Segment): number {
  const { wires, machines } = pen.scene
  const host = wires.find((wire) => wire.segment === segment.name)
  return (machines.width[host?.machine ?? 0] ?? 0) * pen.view.k
}
