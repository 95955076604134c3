import { rectOf } from '../../scene/hit-test.ts'
import { type Pen, fillRound, onScreen } from '../pen.ts'

export interface Marked {
  readonly selected?: string
  readonly source?: string
  readonly target?: string
  /** What stands for the selected thing, where it stands nowhere itself: the pods of a Service. */
  readonly members?: readonly string[]
}

/** Rings around what is selected, what is under the pointer, and the two ends of the request in the making. */
export function drawSelection(pen: Pen, marked: Marked, hovered: string | undefined): void {
  const { theme } = pen
  if (hovered !== undefined && hovered !== marked.selected) ring(pen, hovered, theme.faint, 1, 2)
  for (const id of marked.members ?? []) ring(pen, id, theme.accent, 1.5, 2.5)
  if (marked.selected !== undefined) ring(pen, marked.selected, theme.accent, 2, 2.5)
  if (marked.source !== undefined) badge(pen, marked.source, 'source')
  if (marked.target !== undefined) badge(pen, marked.target, 'target')
}

function ring(pen: Pen, id: string, colour: string, width: number, gap: number): void {
  const world = rectOf(pen.scene, id)
  if (!world) return
  const { x, y, width: w, height: h } = onScreen(pen.view, world)
  const { context } = pen
  context.beginPath()
  context.roundRect(x - gap, y - gap, w + 2 * gap, h + 2 * gap, Math.min(10, 4 + 5 * pen.view.k))
  context.strokeStyle = colour
  context.lineWidth = width
  context.stroke()
}

/** The sender has a solid disc with an arrow leaving it at its corner, the target a ring with a point in it. */
function badge(pen: Pen, id: string, end: 'source' | 'target'): void {
  const world = rectOf(pen.scene, id)
  if (!world) return
  const { context, theme } = pen
  const rect = onScreen(pen.view, world)
  const [x, y, r] = [rect.x + rect.width - 2, rect.y + 2, rect.width < 30 ? 5 : 8]
  const colour = end === 'source' ? theme.request : theme.reply
  ring(pen, id, colour, 1.5, 1.5)
  fillRound(context, { x: x - r - 1.5, y: y - r - 1.5, width: 2 * r + 3, height: 2 * r + 3 }, r + 1.5, theme.chassis)
  context.beginPath()
  context.arc(x, y, r, 0, 2 * Math.PI)
  context.lineWidth = 1.75
  context.strokeStyle = colour
  if (end === 'source') {
    context.fillStyle = colour
    context.fill()
    arrow(pen, x, y, r)
    return
  }
  context.stroke()
  context.beginPath()
  context.arc(x, y, r * 0.38, 0, 2 * Math.PI)
  context.fillStyle = colour
  context.fill()
}

function arrow(pen: Pen, x: number, y: number, r: number): void {
  const { context, theme } = pen
  const a = r * 0.42
  context.beginPath()
  context.moveTo(x - a, y + a)
  context.lineTo(x + a, y - a)
  context.moveTo(x - a * 0.5, y - a)
  context.lineTo(x + a, y - a)
  context.lineTo(x + a, y + a * 0.5)
  context.strokeStyle = theme.onColour
  context.lineWidth = 1.5
  context.stroke()
}
