import { rectOf } from '../../scene/hit-test.ts'
import { movedWith } from '../../scene/pins.ts'
import { machineRect } from '../../scene/scene.ts'
import { type Gesture, moveOf } from '../gesture.ts'
import { type Pen, isVisible, onScreen } from '../pen.ts'

/** What a person is dragging right now: the outline of a machine where it would stand, or a wire to where it would be plugged in. */
export function drawGesture(pen: Pen, gesture: Gesture): void {
  if (gesture.kind === 'move') drawMove(pen, gesture)
  else drawWire(pen, gesture)
}

function drawMove(pen: Pen, gesture: Extract<Gesture, { kind: 'move' }>): void {
  const { context, theme, view, scene } = pen
  const by = moveOf(scene, gesture, view.k)
  if (!by) return
  context.beginPath()
  for (const machine of movedWith(scene, gesture.id, gesture.group)) {
    const home = machineRect(scene, machine)
    const rect = onScreen(view, { ...home, x: home.x + by.x, y: home.y + by.y })
    if (isVisible(rect, pen.part)) context.roundRect(rect.x, rect.y, rect.width, rect.height, 8)
  }
  context.globalAlpha = 0.1
  context.fillStyle = theme.accent
  context.fill()
  context.globalAlpha = 1
  context.strokeStyle = theme.accent
  context.lineWidth = 1.5
  context.setLineDash([5, 4])
  context.stroke()
  context.setLineDash([])
}

/** Dashed while it hangs in the air, whole over something that it can be plugged into. */
function drawWire(pen: Pen, gesture: Extract<Gesture, { kind: 'wire' }>): void {
  const { context, theme, view, scene } = pen
  const { start, to, over } = gesture
  const sag = Math.min(60, Math.hypot(to.x - start.x, to.y - start.y) / 5)
  context.strokeStyle = theme.request
  context.fillStyle = theme.request
  context.lineWidth = 2
  context.lineCap = 'round'
  if (over === undefined) context.setLineDash([2, 6])
  context.beginPath()
  context.moveTo(start.x, start.y)
  context.quadraticCurveTo((start.x + to.x) / 2, (start.y + to.y) / 2 + sag, to.x, to.y)
  context.stroke()
  context.setLineDash([])
  context.lineCap = 'butt'
  for (const point of [start, to]) {
    context.beginPath()
    context.arc(point.x, point.y, 4, 0, 2 * Math.PI)
    context.fill()
  }
  const world = over === undefined ? undefined : rectOf(scene, over)
  if (!world) return
  const rect = onScreen(view, world)
  context.beginPath()
  context.roundRect(rect.x - 2, rect.y - 2, rect.width + 4, rect.height + 4, Math.min(10, 4 + 5 * view.k))
  context.stroke()
}
