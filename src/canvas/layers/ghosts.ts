import type { Ghost } from '../../scene/forks.ts'
import type { PacketPath } from '../../scene/packet-path.ts'
import { type Pen, font, pointOnScreen } from '../pen.ts'
import { textWidth } from '../text.ts'

const SHOWN = 5
const ROW = 19
const RISE = 26
const REACH = 30

/** Stations after the fork for which its ghosts keep their words. */
const NEAR = 2

/** Ways that chance did not take, as stubs above the place where it decided. Behind the packet they lose their words, and in the next hop they are gone. */
export function drawGhosts(pen: Pen, path: PacketPath, at: number): void {
  if (!pen.detail.devices) return
  const here = path.stations[at]
  const fork = path.forks.findLast(({ station }) => station <= at)
  const station = fork && path.stations[fork.station]
  if (!fork || !here || !station || here.packet !== station.packet || here.hop !== station.hop) return
  const { x, y } = pointOnScreen(pen.view, station)
  if (at - fork.station > NEAR) return drawStumps(pen, x, y, Math.min(SHOWN, fork.ghosts.length))
  const likely = [...fork.ghosts].sort((a, b) => b.probability - a.probability)
  const rest = likely.slice(SHOWN)
  const rows = likely.slice(0, SHOWN).map((ghost) => textOf(pen, ghost))
  if (rest.length > 0) rows.push(`+${rest.length}  ${percent(rest.reduce((sum, ghost) => sum + ghost.probability, 0))}`)
  // Upwards, where the tag of the packet is not; downwards only where there is no room above.
  const up = y - RISE - rows.length * ROW > 4
  for (const [i, text] of rows.entries()) drawStub(pen, x, y, y + (up ? -1 : 1) * (RISE + i * ROW), text)
}

function drawStumps(pen: Pen, x: number, y: number, count: number): void {
  const { context, theme } = pen
  context.beginPath()
  for (let i = 0; i < count; i++) {
    const angle = -Math.PI / 2 + (i - (count - 1) / 2) * 0.5
    context.moveTo(x + 7 * Math.cos(angle), y + 7 * Math.sin(angle))
    context.lineTo(x + 15 * Math.cos(angle), y + 15 * Math.sin(angle))
  }
  context.globalAlpha = 0.45
  context.strokeStyle = theme.request
  context.lineWidth = 1.25
  context.setLineDash([3, 2])
  context.stroke()
  context.setLineDash([])
  context.globalAlpha = 1
}

const textOf = (pen: Pen, ghost: Ghost): string =>
  ghost.to === undefined || !pen.detail.hookNames ? percent(ghost.probability) : `${percent(ghost.probability)}  ${ghost.to}`

/** `33%`; `0.4%` where whole numbers would say nothing. */
export function percent(probability: number): string {
  const hundredths = probability * 100
  return `${hundredths >= 1 ? Math.round(hundredths) : Number(hundredths.toPrecision(1))}%`
}

/** A dashed bend that ends in the outline of a packet that was never sent. */
function drawStub(pen: Pen, x: number, y: number, top: number, text: string): void {
  const { context, theme, size } = pen
  const textFont = font(theme, 'mono', 10.5, 500)
  const width = textWidth(context, textFont, text) + 16
  const side = x + REACH + width > size.width - 6 ? -1 : 1
  const end = x + side * REACH
  const left = side === 1 ? end : end - width
  context.setLineDash([3, 3])
  context.beginPath()
  context.moveTo(x, y)
  context.quadraticCurveTo(x, top, end, top)
  context.strokeStyle = theme.request
  context.lineWidth = 1.25
  context.stroke()
  context.beginPath()
  context.roundRect(left + 0.5, Math.round(top) - 7.5, width, 15, 7.5)
  context.fillStyle = theme.chassis
  context.fill()
  context.stroke()
  context.setLineDash([])
  context.font = textFont
  context.fillStyle = theme.muted
  context.textBaseline = 'middle'
  context.fillText(text, left + 8, Math.round(top) + 0.5)
}

/** A disc in a ring where play will stop. */
export function drawBreakpoints(pen: Pen, path: PacketPath, breakpoints: ReadonlySet<number>): void {
  const { context, theme, view } = pen
  for (const index of breakpoints) {
    const station = path.stations[index]
    if (!station) continue
    const { x, y } = pointOnScreen(view, station)
    const r = Math.min(5, Math.max(3.5, 4 * view.k))
    context.beginPath()
    context.arc(x, y, r, 0, 2 * Math.PI)
    context.fillStyle = theme.dropped
    context.fill()
    context.strokeStyle = theme.chassis
    context.lineWidth = 1.5
    context.stroke()
  }
}
