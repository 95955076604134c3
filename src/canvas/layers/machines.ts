import { HEADER, podsOffset } from '../../scene/chassis.ts'
import { healthOf } from '../../scene/health.ts'
import { commonPrefix } from '../../scene/labels.ts'
import { MACHINE_CORDONED, MACHINE_READY, type MachineKind, type Rect, machineRect } from '../../scene/scene.ts'
import { paintNode, shadesFor } from '../fleet-picture.ts'
import { type Pen, fillRound, font, isVisible, onScreen, strokeRound } from '../pen.ts'
import { fitText, textWidth } from '../text.ts'

/** Chassis of nodes, and the boxes of routers and hosts, with what is written on them. */
export function drawMachines(pen: Pen): void {
  const { kinds } = pen.scene.machines
  const far = pen.detail.machines === 'block' || pen.detail.machines === 'density'
  if (pen.detail.machines === 'block') drawBlocks(pen)
  if (pen.detail.machines === 'name') drawNamed(pen)
  for (const machine of pen.machines) {
    const node = kinds[machine] === 'node'
    if (node && pen.detail.machines !== 'header') continue
    const rect = onScreen(pen.view, machineRect(pen.scene, machine))
    if (!isVisible(rect, pen.part)) continue
    const radius = Math.min(10, 9 * Math.max(0.5, pen.view.k), rect.height / 5)
    if (far) fillRound(pen.context, rect, radius, pen.theme.chassis)
    else shadow(pen, rect, radius)
    strokeRound(pen.context, rect, radius, pen.theme.hairline)
    if (node) drawNode(pen, machine, rect)
    else drawHost(pen, machine, rect)
  }
}

/** Thousands of nodes as plain rectangles: how full and how well they are shines through until their pods fill them. */
function drawBlocks(pen: Pen): void {
  const { context, theme, scene } = pen
  const [health, shades] = [healthOf(scene), shadesFor(theme)]
  for (const machine of pen.machines) {
    if (scene.machines.kinds[machine] !== 'node') continue
    const rect = onScreen(pen.view, machineRect(scene, machine))
    context.fillStyle = theme.chassis
    context.fillRect(rect.x, rect.y, rect.width, rect.height)
    const ready = ((scene.machines.flags[machine] ?? 0) & MACHINE_READY) !== 0
    context.globalAlpha = ready ? 1 - pen.detail.mosaic : 1
    if (context.globalAlpha > 0.02) paintNode(context, rect, scene, machine, health, shades)
    context.globalAlpha = 1
  }
}

/** Hundreds of nodes: a frame, what their pods look like, and a name where one fits. */
function drawNamed(pen: Pen): void {
  const { context, theme, scene } = pen
  const { labels, addresses, kinds, flags } = scene.machines
  const nodes = pen.machines.filter((machine) => kinds[machine] === 'node')
  const rects = nodes.map((machine) => onScreen(pen.view, machineRect(scene, machine)))
  for (const [i, { x, y, width, height }] of rects.entries()) {
    const ready = ((flags[nodes[i] ?? 0] ?? 0) & MACHINE_READY) !== 0
    const edge = ready ? 1 : 2
    context.fillStyle = ready ? theme.hairline : theme.dropped
    context.fillRect(x, y, width, height)
    context.fillStyle = theme.chassis
    context.fillRect(x + edge, y + edge, width - 2 * edge, height - 2 * edge)
  }
  const common = commonPrefix(labels, kinds)
  for (const [i, rect] of rects.entries()) drawName(pen, labels[nodes[i] ?? 0] ?? '', addresses[nodes[i] ?? 0] ?? '', rect, common)
}

/** Two offset plates: a blurred shadow is the dearest thing that a canvas without a GPU can be asked for. */
function shadow(pen: Pen, rect: Rect, radius: number): void {
  const { context, theme } = pen
  if (!theme.dark && rect.width > 60) {
    fillRound(
      context,
      { x: rect.x - 1, y: rect.y + 1, width: rect.width + 2, height: rect.height + 2 },
      radius + 1,
      'rgba(20, 28, 45, 0.028)',
    )
    fillRound(context, { x: rect.x, y: rect.y + 1, width: rect.width, height: rect.height + 1 }, radius, 'rgba(20, 28, 45, 0.035)')
  }
  fillRound(context, rect, radius, theme.chassis)
}

function drawNode(pen: Pen, machine: number, rect: Rect): void {
  const { scene, theme, context, view } = pen
  const { labels, addresses, roles } = scene.machines
  const header = HEADER * view.k
  const inset = Math.max(8, 16 * view.k)
  const nameSize = clamp(14 * view.k, 11, 17)
  const addressSize = clamp(12 * view.k, 10, 14)
  const y = rect.y + header / 2
  const right = rect.x + rect.width - inset - drawLamp(pen, machine, rect.x + rect.width - inset, y)
  // eth0's cable comes down through the middle of the header: name and role stand beside it while there is room.
  const half = rect.width / 2 - inset - 8
  const address = addresses[machine] ?? ''
  const addressFont = font(theme, 'mono', addressSize)
  const twoLines = header >= nameSize + addressSize + 8
  const name: Line = { font: font(theme, 'sans', nameSize, 600), ink: theme.text }
  // A long one may cross the cable, as long as it leaves the name whole.
  const nameWidth = textWidth(context, name.font, labels[machine] ?? '')
  const free = Math.max(half - 12, right - rect.x - inset - nameWidth - 12)
  const beside = !twoLines && textWidth(context, addressFont, address) <= free
  if (twoLines) {
    write(pen, name, fitText(context, name.font, labels[machine] ?? '', half), rect.x + inset, y - addressSize * 0.62 + 1)
    write(
      pen,
      { font: addressFont, ink: theme.muted },
      fitText(context, addressFont, address, half),
      rect.x + inset,
      y + nameSize * 0.62 + 1,
    )
    drawRole(pen, roles[machine] ?? '', right, y, half - 14)
    return
  }
  write(pen, name, fitText(context, name.font, labels[machine] ?? '', beside ? half : right - rect.x - inset), rect.x + inset, y + 1)
  if (beside) write(pen, { font: addressFont, ink: theme.muted }, address, right - textWidth(context, addressFont, address), y + 1)
}

interface Line {
  readonly font: string
  readonly ink: string
}

function write({ context }: Pen, line: Line, text: string, x: number, y: number): void {
  context.textBaseline = 'middle'
  context.font = line.font
  context.fillStyle = line.ink
  context.fillText(text, x, y)
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))

/** The Node's Ready condition: filled when True, a ring when not; a bar through it when cordoned. Returns the width that it takes. */
function drawLamp(pen: Pen, machine: number, right: number, y: number): number {
  const { context, theme } = pen
  const flags = pen.scene.machines.flags[machine] ?? 0
  const x = right - 4
  context.beginPath()
  context.arc(x, y, 3.5, 0, 2 * Math.PI)
  if ((flags & MACHINE_READY) !== 0) {
    context.fillStyle = theme.ready
    context.fill()
  } else {
    context.strokeStyle = theme.dropped
    context.lineWidth = 1.5
    context.stroke()
  }
  if ((flags & MACHINE_CORDONED) !== 0) {
    context.beginPath()
    context.moveTo(x - 6, y + 6)
    context.lineTo(x + 6, y - 6)
    context.strokeStyle = theme.muted
    context.lineWidth = 1.5
    context.stroke()
  }
  return 14
}

function drawRole(pen: Pen, role: string, right: number, y: number, room: number): void {
  if (role === '') return
  const roleFont = font(pen.theme, 'sans', 11)
  const text = fitText(pen.context, roleFont, role, room)
  write(pen, { font: roleFont, ink: pen.theme.faint }, text, right - textWidth(pen.context, roleFont, text), y + 0.5)
}

/** Far away the space of the diagram is the label's. Too long for it, a name is written without what all names begin with, or not at all. */
function drawName(pen: Pen, label: string, address: string, rect: Rect, common: number): void {
  const { context, theme, scene, view } = pen
  const room = podsOffset(scene.chassis.zoom) * view.k
  const size = Math.round(clamp(rect.width / 9, 9, 12))
  const nameFont = font(theme, 'sans', size, 600)
  const fits = (text: string): boolean => textWidth(context, nameFont, text) <= rect.width - 8
  const text = fits(label) ? label : label.slice(common)
  if (text === '' || !fits(text)) return
  const two = room >= 2.6 * size && rect.width >= 80
  const middle = rect.y + room / 2
  const line = { font: nameFont, ink: theme.text }
  write(pen, line, text, rect.x + (rect.width - textWidth(context, nameFont, text)) / 2, two ? middle - size * 0.55 : middle)
  if (!two) return
  const addressFont = font(theme, 'mono', size - 1.5)
  const width = textWidth(context, addressFont, address)
  if (width <= rect.width - 8)
    write(pen, { font: addressFont, ink: theme.muted }, address, rect.x + (rect.width - width) / 2, middle + size * 0.7)
}

function drawHost(pen: Pen, machine: number, rect: Rect): void {
  const { context, theme, scene } = pen
  const { labels, addresses, kinds } = scene.machines
  const icon = Math.min(22, rect.height * 0.42)
  const size = clamp(rect.height * 0.27, 9, 15)
  const name: Line = { font: font(theme, 'sans', size, 600), ink: theme.text }
  const address: Line = { font: font(theme, 'mono', clamp(size - 1.5, 9, 13)), ink: theme.muted }
  const label = labels[machine] ?? ''
  const left = rect.x + Math.max(6, rect.height * 0.28)
  const textLeft = left + icon + Math.max(5, rect.height * 0.2)
  const room = rect.x + rect.width - textLeft - 6
  const middle = rect.y + rect.height / 2 + 0.5
  if (textWidth(context, name.font, label) > room) {
    // The name says more than the picture, and half a name says nothing.
    const width = textWidth(context, name.font, label)
    if (width <= rect.width - 6) write(pen, name, label, rect.x + (rect.width - width) / 2, middle)
    else drawGlyph(pen, kinds[machine] ?? 'client', rect.x + rect.width / 2, rect.y + rect.height / 2, icon)
    return
  }
  drawGlyph(pen, kinds[machine] ?? 'client', left + icon / 2, rect.y + rect.height / 2, icon)
  const two = rect.height >= 34
  write(pen, name, label, textLeft, two ? middle - size * 0.62 : middle)
  if (two) write(pen, address, fitText(context, address.font, addresses[machine] ?? '', room), textLeft, middle + size * 0.68)
}

/** A router is a disc with ways through it, a balancer one way that becomes three, a host is a screen on a foot. */
function drawGlyph(pen: Pen, kind: MachineKind, x: number, y: number, size: number): void {
  const { context, theme } = pen
  const r = size / 2
  context.strokeStyle = theme.muted
  context.lineWidth = Math.max(1, size / 15)
  context.lineCap = 'round'
  context.beginPath()
  if (kind === 'router') {
    context.arc(x, y, r, 0, 2 * Math.PI)
    for (const sign of [-1, 1]) {
      context.moveTo(x - r * 0.55, y + sign * r * 0.3)
      context.lineTo(x + r * 0.55, y + sign * r * 0.3)
      const tip = x + sign * r * 0.55
      context.moveTo(tip - sign * r * 0.25, y + sign * r * 0.3 - r * 0.22)
      context.lineTo(tip, y + sign * r * 0.3)
      context.lineTo(tip - sign * r * 0.25, y + sign * r * 0.3 + r * 0.22)
    }
  } else if (kind === 'balancer') {
    for (const part of [-1, 0, 1]) {
      context.moveTo(x, y - r * 0.5)
      context.lineTo(x + part * r * 0.75, y + r * 0.45)
      context.moveTo(x + part * r * 0.75 + r * 0.2, y + r * 0.65)
      context.arc(x + part * r * 0.75, y + r * 0.65, r * 0.2, 0, 2 * Math.PI)
    }
    context.moveTo(x + r * 0.25, y - r * 0.75)
    context.arc(x, y - r * 0.75, r * 0.25, 0, 2 * Math.PI)
  } else {
    context.roundRect(x - r, y - r * 0.8, 2 * r, r * 1.25, r * 0.18)
    context.moveTo(x, y + r * 0.45)
    context.lineTo(x, y + r * 0.8)
    context.moveTo(x - r * 0.45, y + r * 0.8)
    context.lineTo(x + r * 0.45, y + r * 0.8)
  }
  context.stroke()
  context.lineCap = 'butt'
}
