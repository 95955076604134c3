import { type HookBox, type Plan, hookBoxOf, podsOffset, vethPoints } from '../../scene/chassis.ts'
import { networkedPods } from '../../scene/devices.ts'
import { planOfMachine } from '../../scene/places.ts'
import { type Point, type Rect, machineRect, podRect } from '../../scene/scene.ts'
import { type Pen, fillEdged, fillRound, font, isVisible, onScreen, pointOnScreen, strokeRound, traceDiamond, traceLine } from '../pen.ts'
import { textWidth } from '../text.ts'
import { withAlpha } from '../theme.ts'

/** The inside of nodes: devices as they are wired, and the netfilter hooks between them. */
export function drawDiagrams(pen: Pen): void {
  if (!pen.detail.devices) return
  for (const machine of pen.machines) {
    if (pen.scene.machines.kinds[machine] !== 'node') continue
    drawRoads(pen, machine)
    // Above the pods; ports stand out of the machine's upper edge.
    const above = { ...machineRect(pen.scene, machine), height: podsOffset(pen.scene.chassis.zoom) }
    if (isVisible(onScreen(pen.view, above), pen.part)) drawParts(pen, machine, NOTHING)
    else if (pen.detail.deviceNames) drawPlugs(pen, planOfMachine(pen.scene, machine), networkedPods(pen.scene, machine))
  }
}

/** Parts that a packet visited, by place id (`node/node-1#PREROUTING/nat`), and the colour that it left on them. */
export interface Lit {
  readonly places: ReadonlySet<string>
  readonly colour: string
}
const NOTHING: Lit = { places: new Set(), colour: 'transparent' }

function drawRoads(pen: Pen, machine: number): void {
  const { context, theme, view, scene, detail } = pen
  const plan = planOfMachine(scene, machine)
  const ring = onScreen(view, plan.ring)
  const radius = 6 * view.k
  fillRound(context, ring, radius, theme.well)
  context.beginPath()
  context.roundRect(ring.x + 0.5, ring.y + 0.5, ring.width, ring.height, [radius, radius, 0, 0])
  for (const line of roadsOf(plan, scene.chassis.overlay !== undefined)) traceLine(context, view, line, 5 * view.k, true)
  context.strokeStyle = detail.hookNames ? theme.line : theme.hairline
  context.lineWidth = 1
  context.stroke()
  context.beginPath()
  for (const pod of networkedPods(scene, machine)) traceLine(context, view, vethPoints(plan, podRect(scene, pod)), 5 * view.k, true)
  context.strokeStyle = theme.line
  context.stroke()
}

/** What ways.ts lets packets use, drawn once. */
function roadsOf(plan: Plan, tunnels: boolean): readonly (readonly Point[])[] {
  const { ring, zoom, routeIn, routeOut, overlay } = plan
  const middle = routeIn.y - 29 * zoom
  const [input, output, post] = [hookBoxOf(plan, 'INPUT')?.rect, hookBoxOf(plan, 'OUTPUT')?.rect, hookBoxOf(plan, 'POSTROUTING')?.rect]
  if (!input || !output || !post) return []
  const into = input.x - 6 * zoom
  const out = output.x + output.width + 5 * zoom
  const down = post.x - 8 * zoom
  const [chipLeft, chipRight] = [overlay.x - 3 * zoom, overlay.x + overlay.width + 3 * zoom]
  const tunnel = overlay.y + overlay.height / 2
  const tunnelRoad = [
    { x: chipLeft, y: routeOut.y },
    { x: chipLeft, y: tunnel },
    { x: chipRight, y: tunnel },
    { x: chipRight, y: routeOut.y },
  ]
  return [
    [plan.port, { x: plan.port.x, y: tunnels ? overlay.y : ring.y }],
    [
      { x: ring.x, y: routeIn.y },
      { x: ring.x + ring.width, y: routeIn.y },
    ],
    [routeIn, { x: routeIn.x, y: middle }, { x: into, y: middle }, { x: into, y: routeOut.y }, { x: output.x, y: routeOut.y }],
    [
      { x: output.x, y: routeOut.y },
      { x: out, y: routeOut.y },
      { x: out, y: middle },
      { x: down, y: middle },
      { x: down, y: routeIn.y },
    ],
    ...(tunnels ? [tunnelRoad] : []),
  ]
}

/** Boxes, chips and plugs of one node. The moving layer draws them again over the packet's way, with what it visited lit. */
export function drawParts(pen: Pen, machine: number, lit: Lit): void {
  const { scene, theme, detail } = pen
  const plan = planOfMachine(scene, machine)
  const id = scene.machines.ids[machine] ?? ''
  const isLit = (part: string): boolean => lit.places.has(`${id}#${part}`)
  for (const box of plan.hooks) drawHook(pen, box, lit, id)
  drawDiamond(pen, plan.routeIn, plan.diamond, 'route', isLit('route-in') ? lit.colour : undefined)
  drawDiamond(pen, plan.routeOut, plan.diamond * 0.6, '', isLit('route-out') ? lit.colour : undefined)
  drawChip(pen, plan.sockets, 'sockets', isLit('sockets') ? lit.colour : theme.line, theme.muted)
  if (plan.dummy) drawChip(pen, plan.dummy, DUMMY, theme.line, theme.muted)
  const { overlay, bridge } = scene.chassis
  if (overlay !== undefined)
    drawChip(
      pen,
      plan.overlay,
      overlay,
      detail.hookNames ? theme.encapsulated : withAlpha(theme.encapsulated, 0.45),
      theme.encapsulatedText,
    )
  const pods = networkedPods(scene, machine)
  if (pods.length > 0) drawBridge(pen, plan.bridge, bridge, isLit(bridge) ? lit.colour : theme.line)
  if (detail.deviceNames) drawPlugs(pen, plan, pods)
  drawPort(pen, plan.port, scene.chassis.port)
}

/** The device that kube-proxy keeps addresses of Services on in IPVS mode (ipvs.defaultDummyDevice). */
const DUMMY = 'kube-ipvs0'

function drawHook(pen: Pen, box: HookBox, lit: Lit, id: string): void {
  const { context, theme, view, detail } = pen
  const rect = onScreen(view, box.rect)
  const visited = box.cells.some(({ cell }) => lit.places.has(`${id}#${box.hook}/${cell}`))
  fillRound(context, rect, 4, theme.chassis)
  strokeRound(context, rect, 4, visited ? lit.colour : detail.hookNames ? theme.line : theme.hairline)
  if (!detail.hookNames) return
  const size = Math.min(13, 6.6 * pen.scene.chassis.zoom * view.k)
  const titleFont = font(theme, 'mono', size, 600)
  const title = onScreen(view, { ...box.rect, height: (box.cells[0]?.rect.y ?? box.rect.y) - box.rect.y })
  context.font = titleFont
  context.fillStyle = theme.text
  context.textBaseline = 'middle'
  context.fillText(box.hook, rect.x + (rect.width - textWidth(context, titleFont, box.hook)) / 2, title.y + title.height / 2 + 0.5)
  for (const { cell, rect: cellRect } of box.cells)
    drawCell(pen, cell, onScreen(view, cellRect), lit.places.has(`${id}#${box.hook}/${cell}`) ? lit.colour : undefined)
}

/** A table at its hook, in the order in which they run. Names appear when there is room. */
function drawCell(pen: Pen, cell: string, rect: Rect, lit: string | undefined): void {
  const { context, theme, view, detail } = pen
  if (!detail.cellNames) {
    context.beginPath()
    context.arc(rect.x + rect.width / 2, rect.y + rect.height / 2, lit ? 2.4 : 1.6, 0, 2 * Math.PI)
    context.fillStyle = lit ?? theme.line
    context.fill()
    return
  }
  const cellFont = font(theme, 'mono', Math.min(11, 3.75 * pen.scene.chassis.zoom * view.k), lit ? 600 : 400)
  const text = cell === 'conntrack' ? 'ct' : cell
  const pill = { x: rect.x + 2, y: rect.y + rect.height * 0.14, width: rect.width - 4, height: rect.height * 0.68 }
  fillRound(context, pill, 3, theme.chassis)
  context.globalAlpha = lit ? 0.16 : 1
  fillRound(context, pill, 3, lit ?? theme.well)
  context.globalAlpha = 1
  context.font = cellFont
  context.fillStyle = lit ?? (cell === 'conntrack' ? theme.faint : theme.muted)
  context.textBaseline = 'middle'
  context.fillText(text, rect.x + (rect.width - textWidth(context, cellFont, text)) / 2, pill.y + pill.height / 2 + 0.5)
}

function drawDiamond(pen: Pen, middle: Point, radius: number, name: string, lit: string | undefined): void {
  const { context, theme, view, detail } = pen
  const { x, y } = pointOnScreen(view, middle)
  traceDiamond(context, { x, y }, radius * view.k)
  fillEdged(context, theme.chassis, lit ?? (detail.hookNames ? theme.line : theme.hairline))
  if (!detail.cellNames || name === '') return
  const nameFont = font(theme, 'mono', Math.min(10, 3.7 * pen.scene.chassis.zoom * view.k))
  context.font = nameFont
  context.fillStyle = lit ?? theme.muted
  context.textBaseline = 'middle'
  context.fillText(name, x - textWidth(context, nameFont, name) / 2, y + 0.5)
}

function drawChip(pen: Pen, world: Rect, name: string, edge: string, ink: string): void {
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

function drawBridge(pen: Pen, world: Rect, name: string, edge: string): void {
  const { context, theme, view, detail } = pen
  const rect = onScreen(view, world)
  fillRound(context, rect, 4, theme.chassis)
  strokeRound(context, rect, 4, edge)
  if (!detail.deviceNames || rect.height < 12) return
  const nameFont = font(theme, 'mono', Math.min(12, Math.max(9, 8.4 * view.k)), 500)
  context.font = nameFont
  context.fillStyle = theme.muted
  context.textBaseline = 'middle'
  context.fillText(name, rect.x + 12 * view.k, rect.y + rect.height / 2 + 0.5)
}

/** The two ends of each veth pair. */
function drawPlugs(pen: Pen, plan: Plan, pods: readonly number[]): void {
  const { context, theme, view, scene } = pen
  context.beginPath()
  for (const pod of pods) {
    const points = vethPoints(plan, podRect(scene, pod))
    const [top, eth] = [points[0], points.at(-1)]
    for (const [at, dy] of [[top, 0] as const, [eth, -5] as const]) {
      if (!at) continue
      const rect = onScreen(view, { x: at.x - 2, y: at.y + dy, width: 4, height: 5 })
      context.rect(rect.x + 0.5, rect.y + 0.5, rect.width, rect.height - 1)
    }
  }
  fillEdged(context, theme.chassis, theme.line)
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
