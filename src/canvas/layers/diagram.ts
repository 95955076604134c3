import { type Plan, type HookBox, hookBoxOf, vethPoints } from '../../scene/chassis.ts'
import { networkedPods } from '../../scene/devices.ts'
import { planOfMachine } from '../../scene/places.ts'
import { type Point, podRect } from '../../scene/scene.ts'
import { type Pen, fillRound, font, onScreen, pointOnScreen, strokeRound, traceLine } from '../pen.ts'
import { textWidth } from '../text.ts'

/** The inside of nodes: devices as they are wired, and the netfilter hooks between them. */
export function drawDiagrams(pen: Pen): void {
  if (!pen.detail.devices) return
  for (const machine of pen.machines) if (pen.scene.machines.kinds[machine] === 'node') drawDiagram(pen, machine)
}

function drawDiagram(pen: Pen, machine: number): void {
  const { context, theme, view, scene, detail } = pen
  const plan = planOfMachine(scene, machine)
  const pods = networkedPods(scene, machine)
  const well = { x: plan.ring.x, y: plan.ring.y, width: plan.ring.width, height: plan.ring.height }
  fillRound(context, onScreen(view, well), 6, theme.well)
  context.beginPath()
  for (const line of roadsOf(plan)) traceLine(context, view, line, 5 * view.k, true)
  context.strokeStyle = detail.hookNames ? theme.line : theme.hairline
  context.lineWidth = 1
  context.stroke()
  drawCables(pen, plan, pods)
  for (const box of plan.hooks) drawHook(pen, box)
  drawDiamond(pen, plan.routeIn, plan.diamond, 'route')
  drawDiamond(pen, plan.routeOut, plan.diamond * 0.6, '')
  drawChip(pen, plan.sockets, 'sockets', theme.line, theme.muted)
  if (scene.chassis.overlay !== undefined) drawChip(pen, plan.overlay, scene.chassis.overlay, theme.encapsulated, theme.encapsulatedText)
  if (pods.length > 0) drawBridge(pen, plan)
  drawPort(pen, plan.port, 'eth0')
}

/** What ways.ts lets packets use, drawn once. */
function roadsOf(plan: Plan): readonly (readonly Point[])[] {
  const { ring, zoom, routeIn, routeOut, overlay, sockets } = plan
  const right = ring.x + ring.width
  const middle = routeIn.y - 29 * zoom
  const [input, output, post] = [hookBoxOf(plan, 'INPUT')?.rect, hookBoxOf(plan, 'OUTPUT')?.rect, hookBoxOf(plan, 'POSTROUTING')?.rect]
  if (!input || !output || !post) return []
  const foot = { x: ring.x, y: ring.y + ring.height }
  const into = input.x - 6 * zoom
  const out = output.x + output.width + 5 * zoom
  const down = post.x - 8 * zoom
  const [chipLeft, chipRight] = [overlay.x - 3 * zoom, overlay.x + overlay.width + 3 * zoom]
  const tunnel = overlay.y + overlay.height / 2
  return [
    [plan.port, { x: plan.port.x, y: ring.y }],
    [{ x: ring.x, y: ring.y }, { x: right, y: ring.y }, { x: right, y: foot.y }, foot, { x: ring.x, y: ring.y }],
    [
      { x: ring.x, y: routeIn.y },
      { x: right, y: routeIn.y },
    ],
    [routeIn, { x: routeIn.x, y: middle }, { x: into, y: middle }, { x: into, y: routeOut.y }, { x: output.x, y: routeOut.y }],
    [
      { x: output.x, y: routeOut.y },
      { x: out, y: routeOut.y },
      { x: out, y: middle },
      { x: down, y: middle },
      { x: down, y: routeIn.y },
    ],
    [
      { x: chipLeft, y: sockets.y + sockets.height / 2 },
      { x: chipLeft, y: tunnel },
      { x: chipRight, y: tunnel },
      { x: chipRight, y: routeOut.y },
    ],
  ]
}

function drawHook(pen: Pen, box: HookBox): void {
  const { context, theme, view, detail } = pen
  const rect = onScreen(view, box.rect)
  fillRound(context, rect, 4, theme.chassis)
  strokeRound(context, rect, 4, detail.hookNames ? theme.line : theme.hairline)
  if (!detail.hookNames) return
  const size = Math.min(13, 6.6 * pen.scene.chassis.zoom * view.k)
  const titleFont = font(theme, 'mono', size, 600)
  const title = onScreen(view, { ...box.rect, height: (box.cells[0]?.rect.y ?? box.rect.y) - box.rect.y })
  context.font = titleFont
  context.fillStyle = theme.text
  context.textBaseline = 'middle'
  context.fillText(box.hook, rect.x + (rect.width - textWidth(context, titleFont, box.hook)) / 2, title.y + title.height / 2 + 0.5)
  drawCells(pen, box)
}

/** Tables at the hook, in the order in which they run. Their names appear when there is room. */
function drawCells(pen: Pen, box: HookBox): void {
  const { context, theme, view, detail } = pen
  const size = Math.min(11, 4 * pen.scene.chassis.zoom * view.k)
  const cellFont = font(theme, 'mono', size)
  for (const { cell, rect } of box.cells) {
    const on = onScreen(view, rect)
    if (!detail.cellNames) {
      context.beginPath()
      context.arc(on.x + on.width / 2, on.y + on.height / 2, 1.6, 0, 2 * Math.PI)
      context.fillStyle = theme.line
      context.fill()
      continue
    }
    const text = cell === 'conntrack' ? 'ct' : cell
    const pill = { x: on.x + 1.5, y: on.y + on.height * 0.12, width: on.width - 3, height: on.height * 0.7 }
    fillRound(context, pill, 3, theme.well)
    context.font = cellFont
    context.fillStyle = cell === 'conntrack' ? theme.faint : theme.muted
    context.fillText(text, on.x + (on.width - textWidth(context, cellFont, text)) / 2, pill.y + pill.height / 2 + 0.5)
  }
}

function drawDiamond(pen: Pen, middle: Point, radius: number, name: string): void {
  const { context, theme, view, detail } = pen
  const { x, y } = pointOnScreen(view, middle)
  const r = radius * view.k
  context.beginPath()
  context.moveTo(x, y - r)
  context.lineTo(x + r, y)
  context.lineTo(x, y + r)
  context.lineTo(x - r, y)
  context.closePath()
  context.fillStyle = theme.chassis
  context.fill()
  context.strokeStyle = detail.hookNames ? theme.line : theme.hairline
  context.lineWidth = 1
  context.stroke()
  if (!detail.cellNames || name === '') return
  const nameFont = font(theme, 'mono', Math.min(10, 3.7 * pen.scene.chassis.zoom * view.k))
  context.font = nameFont
  context.fillStyle = theme.muted
  context.textBaseline = 'middle'
  context.fillText(name, x - textWidth(context, nameFont, name) / 2, y + 0.5)
}

function drawChip(pen: Pen, world: Plan['sockets'], name: string, edge: string, ink: string): void {
  const { context, theme, view, detail } = pen
  const rect = onScreen(view, world)
  fillRound(context, rect, rect.height / 2, theme.chassis)
  strokeRound(context, rect, rect.height / 2, edge)
  if (!detail.hookNames) return
  const nameFont = font(theme, 'mono', Math.min(12, 5.6 * pen.scene.chassis.zoom * view.k), 500)
  context.font = nameFont
  context.fillStyle = ink
  context.textBaseline = 'middle'
  context.fillText(name, rect.x + (rect.width - textWidth(context, nameFont, name)) / 2, rect.y + rect.height / 2 + 0.5)
}

function drawBridge(pen: Pen, plan: Plan): void {
  const { context, theme, view, detail, scene } = pen
  const rect = onScreen(view, plan.bridge)
  fillRound(context, rect, 4, theme.chassis)
  strokeRound(context, rect, 4, theme.line)
  if (!detail.deviceNames) return
  const nameFont = font(theme, 'mono', Math.min(12, Math.max(9, 8.4 * view.k)), 500)
  context.font = nameFont
  context.fillStyle = theme.muted
  context.textBaseline = 'middle'
  context.fillText(scene.chassis.bridge, rect.x + 10, rect.y + rect.height / 2 + 0.5)
}

function drawCables(pen: Pen, plan: Plan, pods: readonly number[]): void {
  const { context, theme, view, scene } = pen
  context.beginPath()
  for (const pod of pods) traceLine(context, view, vethPoints(plan, podRect(scene, pod)), 5 * view.k, true)
  context.strokeStyle = theme.line
  context.lineWidth = 1
  context.stroke()
  if (view.k < 0.5) return
  for (const pod of pods) {
    const points = vethPoints(plan, podRect(scene, pod))
    const [top, eth] = [points[0], points.at(-1)]
    if (top) plug(pen, top, 3)
    if (eth) plug(pen, eth, -3)
  }
}

function plug(pen: Pen, at: Point, below: number): void {
  const { context, theme, view } = pen
  const rect = onScreen(view, { x: at.x - 3.5, y: at.y + Math.min(0, below * 2), width: 7, height: 6 })
  fillRound(context, rect, 1.5, theme.chassis)
  strokeRound(context, rect, 1.5, theme.line)
}

function drawPort(pen: Pen, at: Point, name: string): void {
  const { context, theme, view, detail } = pen
  const rect = onScreen(view, { x: at.x - 7, y: at.y - 4, width: 14, height: 8 })
  fillRound(context, rect, 2, theme.chassis)
  strokeRound(context, rect, 2, theme.line)
  if (!detail.deviceNames) return
  const nameFont = font(theme, 'mono', Math.min(12, Math.max(9, 9 * view.k)))
  context.font = nameFont
  context.fillStyle = theme.muted
  context.textBaseline = 'middle'
  context.fillText(name, rect.x + rect.width + 5, rect.y - 5)
}
