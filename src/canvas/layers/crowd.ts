import { MOVES_ENCAPSULATED, MOVES_REPLY } from '../../scene/timetable.ts'
import type { Mover } from '../crowd.ts'
import type { Pen } from '../pen.ts'

/** Pixels of a packet among many: far away, and where machines have names. */
const SPECK = 3
const WIDTH = 13
const HEIGHT = 7
/** Whose end was bad, after its last point. */
const BROKEN = 4

/** Thousands of packets in a dozen strokes: all that look alike are one path. A request is solid, a reply an outline, a tunnel a shell, a lost one a cross. */
export function drawCrowd(pen: Pen, movers: readonly Mover[], clock: number): void {
  const { part, view } = pen
  const groups: number[][] = [[], [], [], [], []]
  for (const mover of movers) {
    const look = lookAt(mover, clock)
    if (look === undefined) continue
    const { table, passed } = mover
    const f = fraction(mover, clock)
    const x = between(table.x, passed, f) * view.k + view.x
    const y = between(table.y, passed, f) * view.k + view.y
    if (x < part.x || y < part.y || x > part.x + part.width || y > part.y + part.height) continue
    groups[look]?.push(x, y)
  }
  const far = pen.detail.machines === 'density' || pen.detail.machines === 'block'
  for (const [look, points] of groups.entries())
    if (points.length > 0) (far && look !== BROKEN ? drawSpecks : drawCapsules)(pen, look, points)
}

/** Moves on to the point that it has passed by now. Undefined before its beginning and once it has arrived. */
function lookAt(mover: Mover, clock: number): number | undefined {
  const { at, looks, broken } = mover.table
  while (mover.passed + 1 < at.length && (at[mover.passed + 1] ?? 0) <= clock) mover.passed++
  if (mover.passed + 1 >= at.length) return broken ? BROKEN : undefined
  return looks[mover.passed]
}

function fraction({ table: { at }, passed }: Mover, clock: number): number {
  const [from, to] = [at[passed] ?? 0, at[passed + 1] ?? 0]
  return to > from ? Math.max(0, (clock - from) / (to - from)) : 0
}

const between = (column: Float32Array, i: number, f: number): number => {
  const from = column[i] ?? 0
  return from + ((column[i + 1] ?? from) - from) * f
}

function drawSpecks({ context, theme }: Pen, look: number, points: readonly number[]): void {
  context.fillStyle = look & MOVES_ENCAPSULATED ? theme.encapsulated : look & MOVES_REPLY ? theme.reply : theme.request
  for (let i = 0; i < points.length; i += 2) context.fillRect((points[i] ?? 0) - SPECK / 2, (points[i + 1] ?? 0) - SPECK / 2, SPECK, SPECK)
}

function drawCapsules(pen: Pen, look: number, points: readonly number[]): void {
  const { context, theme } = pen
  if (look === BROKEN) return drawCrosses(pen, points)
  const reply = (look & MOVES_REPLY) !== 0
  if (look & MOVES_ENCAPSULATED) {
    trace(context, points, WIDTH + 5, HEIGHT + 5)
    context.fillStyle = theme.encapsulated
    context.fill()
  }
  trace(context, points, WIDTH, HEIGHT)
  context.fillStyle = reply ? theme.chassis : theme.request
  context.fill()
  if (!reply) return
  context.strokeStyle = theme.reply
  context.lineWidth = 1.5
  context.stroke()
}

/** Boxes rather than pills: each round corner is four curves, two thousand times over. */
function trace(context: CanvasRenderingContext2D, points: readonly number[], width: number, height: number): void {
  context.beginPath()
  for (let i = 0; i < points.length; i += 2) context.rect((points[i] ?? 0) - width / 2, (points[i + 1] ?? 0) - height / 2, width, height)
}

function drawCrosses({ context, theme }: Pen, points: readonly number[]): void {
  context.beginPath()
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i] ?? 0, points[i + 1] ?? 0]
    context.moveTo(x - 4, y - 4)
    context.lineTo(x + 4, y + 4)
    context.moveTo(x + 4, y - 4)
    context.lineTo(x - 4, y + 4)
  }
  context.strokeStyle = theme.dropped
  context.lineWidth = 2
  context.stroke()
}
