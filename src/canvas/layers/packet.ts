import { machineIndex } from '../../scene/hit-test.ts'
import type { PacketPath, Station } from '../../scene/packet-path.ts'
import { type Progress, type Stretch, progressAt, travelled } from '../../scene/progress.ts'
import type { Point } from '../../scene/scene.ts'
import { type Looks, capsuleSize, drawCapsule } from '../capsule.ts'
import { type Pen, fillEdged, pointOnScreen, traceDiamond, traceLine } from '../pen.ts'
import { drawTag } from '../tag.ts'
import type { Words } from '../words.ts'
import { drawChains } from './chains.ts'
import { drawParts } from './diagram.ts'
import { drawBreakpoints, drawGhosts } from './ghosts.ts'

/** The moving layer: the way behind the packet, and the packet itself with its addresses as they are now. */
export function drawPacket(
  pen: Pen,
  path: PacketPath,
  at: { readonly t: number; readonly breakpoints: ReadonlySet<number> },
  words: Words,
): void {
  const { t } = at
  const progress = progressAt(path, t)
  const station = progress && path.stations[progress.at]
  if (!progress || !station) return
  for (let packet = 0; packet < station.packet; packet++) drawTrail(pen, path, packet, t, 0.22)
  drawTrail(pen, path, station.packet, t, 1)
  drawVisited(pen, path, station.packet, t)
  drawChanges(pen, path, station.packet, t)
  drawBreakpoints(pen, path, at.breakpoints)
  drawGhosts(pen, path, progress.at)
  drawHere(pen, path, progress, station, words)
}

function drawTrail(pen: Pen, path: PacketPath, packet: number, t: number, alpha: number): void {
  const { context, theme } = pen
  const reply = path.packets[packet]?.direction === 'reply'
  const stretches = travelled(path, packet, t)
  context.lineJoin = 'round'
  context.lineCap = 'round'
  for (const stretch of stretches) if (stretch.tunnel) drawTube(pen, stretch, alpha)
  context.globalAlpha = alpha * 0.8
  context.strokeStyle = reply ? theme.reply : theme.request
  context.lineWidth = 2
  // A reply comes back over the same devices: its line is dashed, so that both can be seen.
  if (reply) context.setLineDash([5, 4])
  context.beginPath()
  for (const stretch of stretches) traceLine(context, pen.view, stretch.points, 5 * pen.view.k)
  context.stroke()
  context.setLineDash([])
  context.globalAlpha = 1
  context.lineCap = 'butt'
}

/** The tunnel lies around the physical way, translucent. */
function drawTube(pen: Pen, stretch: Stretch, alpha: number): void {
  const { context, theme, view } = pen
  const width = Math.min(16, Math.max(7, 12 * view.k))
  context.globalAlpha = alpha * (theme.dark ? 0.24 : 0.26)
  context.strokeStyle = theme.encapsulated
  context.lineWidth = width
  context.beginPath()
  traceLine(context, view, stretch.points, 5 * view.k)
  context.stroke()
  context.globalAlpha = 1
}

/** Boxes of the nodes on the way come out on top of it again, those that it went through lit. */
function drawVisited(pen: Pen, path: PacketPath, packet: number, t: number): void {
  const span = path.packets[packet]
  if (!span || !pen.detail.devices) return
  const places = new Set<string>()
  const machines = new Set<number>()
  for (let i = span.first; i <= Math.min(span.last, t); i++) {
    const station = path.stations[i]
    if (!station) continue
    places.add(station.place)
    const machine = machineIndex(pen.scene, station.place)
    if (machine !== undefined && pen.scene.machines.kinds[machine] === 'node') machines.add(machine)
  }
  const colour = span.direction === 'reply' ? pen.theme.reply : pen.theme.request
  for (const machine of machines) drawParts(pen, machine, { places, colour })
  if (pen.detail.chainNames) drawChains(pen, path, packet, t)
}

/** Where the header was rewritten, a mark stays on the way. */
function drawChanges(pen: Pen, path: PacketPath, packet: number, t: number): void {
  const span = path.packets[packet]
  if (!span) return
  const { context, theme } = pen
  for (let i = span.first; i <= Math.min(span.last, t); i++) {
    const station = path.stations[i]
    if (!station?.changed) continue
    const at = pointOnScreen(pen.view, station)
    // On a table whose name is written there, the mark sits on its upper edge.
    const [x, y] = [at.x, at.y - (pen.detail.cellNames ? 5 * pen.scene.chassis.zoom * pen.view.k : 0)]
    const r = Math.min(5, Math.max(3, 4 * pen.view.k))
    traceDiamond(context, { x, y }, r)
    fillEdged(context, theme.translated, theme.chassis)
  }
}

function drawHere(pen: Pen, path: PacketPath, progress: Progress, station: Station, words: Words): void {
  const { context, theme } = pen
  const at = pointOnScreen(pen.view, progress)
  const standing = progress.at === progress.towards
  const bad = standing ? badEnd(station) : undefined
  const looks: Looks = {
    reply: path.packets[station.packet]?.direction === 'reply',
    encapsulated: station.label.outer !== undefined,
    notched: station.notched,
    broken: bad !== undefined,
    what: pen.detail.machines === 'block' || pen.detail.machines === 'density' ? '' : station.label.what,
  }
  if (standing) drawRing(pen, at, looks)
  drawCapsule(context, theme, at, looks)
  const size = capsuleSize(context, theme, looks)
  const reason = bad && station.end ? words.ending(bad, station.end.reason) : undefined
  drawTag(context, theme, pen.size, at, size, {
    station,
    changed: standing ? station.changed : undefined,
    ...(standing && pen.detail.cellNames && station.match ? { match: station.match } : {}),
    ...(reason === undefined ? {} : { reason }),
  })
}

export function badEnd(station: Station): Exclude<NonNullable<Station['end']>['kind'], 'delivered'> | undefined {
  const kind = station.end?.kind
  return kind === 'delivered' ? undefined : kind
}

/** Delivered: a ring where it was taken. */
function drawRing(pen: Pen, at: Point, looks: Looks): void {
  const { context, theme } = pen
  if (looks.broken) return
  context.beginPath()
  context.arc(at.x, at.y, 3, 0, 2 * Math.PI)
  context.fillStyle = looks.reply ? theme.reply : theme.request
  context.fill()
}
