import {
  type BoardCell,
  type Crossing,
  type ProgramBoard,
  ROLES,
  type Role,
  crossed,
  sameRow,
  shownCells,
} from '../../scene/program-board.ts'
import { along, firstPart } from '../../scene/progress.ts'
import type { Point, Rect } from '../../scene/scene.ts'
import { type Pen, fillRound, font, strokeRound } from '../pen.ts'
import { fitText, textWidth } from '../text.ts'
import { withAlpha } from '../theme.ts'

/** Pixels. Narrower than this a program is a mark. */
export const OPENS_AT = 300
const EDGE = 5

export interface PlacedCell {
  readonly role: Role
  readonly cell: BoardCell
  /** In its column of the board; -1 for one that is only shown since a request goes through it. */
  readonly index: number
  readonly rect: Rect
}

export interface OpenedPlan {
  readonly rect: Rect
  readonly head: Rect
  readonly columns: readonly { readonly role: Role; readonly title: Rect; readonly more: number; readonly foot: Rect }[]
  readonly cells: readonly PlacedCell[]
  /** Of what is written in a cell. */
  readonly size: number
}

/** Where everything stands in a program that is opened, in pixels: a column for each kind of rows, from the left to the right as a request goes. */
export function planOpened(rect: Rect, board: ProgramBoard, crossing?: Crossing): OpenedPlan {
  const headHeight = Math.min(22, rect.height * 0.15)
  const titleHeight = Math.min(15, rect.height * 0.11)
  const gap = Math.max(10, rect.width * 0.035)
  const width = (rect.width - 2 * EDGE - 3 * gap) / 4
  const top = rect.y + headHeight + titleHeight
  const free = rect.y + rect.height - top - EDGE
  const most = Math.max(1, ...ROLES.map((role) => board.columns[role].total))
  // Few rows stand further apart, up to what still reads as one table.
  const pitch = Math.max(10.5, Math.min(rect.height * 0.12, free / most, 26))
  const room = Math.max(1, Math.floor(free / pitch + 0.01))
  const cells: PlacedCell[] = []
  const columns = ROLES.map((role, c) => {
    const x = rect.x + EDGE + c * (width + gap)
    const column = board.columns[role]
    const lit = crossing?.cells.flatMap((each) => (each.role === role ? [each.cell] : [])) ?? []
    // The last line says how many more there are.
    const shown = shownCells(column, column.total > room ? room - 1 : room, lit)
    for (const [i, { cell, index }] of shown.entries())
      cells.push({ role, cell, index, rect: { x, y: top + i * pitch, width, height: pitch - 2.5 } })
    return {
      role,
      title: { x, y: rect.y + headHeight, width, height: titleHeight },
      more: column.total - shown.length,
      foot: { x, y: top + shown.length * pitch, width, height: pitch - 2.5 },
    }
  })
  return { rect, head: { ...rect, height: headHeight }, columns, cells, size: Math.min(12.5, pitch * 0.66) }
}

/** Words that are not the field's own. */
export interface BoardWords {
  readonly title: (role: Role) => string
}

/** What an opened program is drawn with: a request on its way through it, and where on the path the packet is. */
export interface OpenedAt {
  readonly crossing: Crossing | undefined
  readonly t: number
  /** The pod's own name. */
  readonly label: string
  readonly hue: string
  readonly words: BoardWords
}

export function drawOpened(pen: Pen, rect: Rect, board: ProgramBoard, at: OpenedAt): void {
  const { context, theme } = pen
  const { crossing, t } = at
  const plan = planOpened(rect, board, crossing)
  fillRound(context, rect, 6, theme.chassis)
  strokeRound(context, rect, 6, crossing ? theme.request : theme.line)
  fillRound(context, { x: rect.x, y: rect.y + 6, width: 3, height: rect.height - 12 }, 1.5, at.hue)
  drawHead(pen, plan, board, at.label)
  for (const { role, title, more, foot } of plan.columns) {
    write(pen, font(theme, 'sans', plan.size * 0.92, 500), theme.muted, at.words.title(role), title)
    if (more > 0) write(pen, font(theme, 'sans', plan.size * 0.92), theme.muted, `+ ${more}`, foot, 4)
  }
  drawWires(pen, plan, board, crossing)
  for (const each of plan.cells) drawCell(pen, plan, each, crossing)
  if (crossing) drawCrossing(pen, plan, crossing, crossed(crossing, t))
}

function drawHead(pen: Pen, { head, size }: OpenedPlan, { name }: ProgramBoard, label: string): void {
  const { context, theme } = pen
  const nameFont = font(theme, 'mono', size * 1.1, 600)
  const width = textWidth(context, nameFont, name)
  write(pen, nameFont, theme.text, name, { ...head, x: head.x + EDGE + 3 })
  const rest = { ...head, x: head.x + EDGE + width + 12, width: head.width * 0.72 - width - EDGE - 12 }
  if (rest.width > 40) write(pen, font(theme, 'sans', size), theme.muted, label, rest)
}

function write({ context }: Pen, face: string, ink: string, text: string, { x, y, width, height }: Rect, indent = 0): void {
  context.font = face
  context.fillStyle = ink
  context.textBaseline = 'middle'
  context.fillText(fitText(context, face, text, width - indent), x + indent, y + height / 2 + 0.5)
}

const litCell = (crossing: Crossing | undefined, role: Role, cell: BoardCell): boolean =>
  crossing?.cells.some((each) => each.role === role && sameRow(each.cell, cell)) ?? false

function drawCell(pen: Pen, { size }: OpenedPlan, { role, cell, rect }: PlacedCell, crossing: Crossing | undefined): void {
  const { context, theme } = pen
  const lit = litCell(crossing, role, cell)
  const near = crossing?.near.has(`${cell.table} ${cell.row}`) ?? false
  context.globalAlpha = crossing && !lit ? (near ? 0.85 : 0.6) : 1
  fillRound(context, rect, 3, lit ? withAlpha(theme.request, 0.14) : theme.well)
  // What nearly matched has a broken edge.
  if (near && !lit) context.setLineDash([3, 2])
  strokeRound(context, rect, 3, lit ? theme.request : near ? theme.dropped : theme.hairline)
  context.setLineDash([])
  write(pen, font(theme, 'mono', size, lit ? 600 : 400), lit ? theme.text : theme.muted, cell.text, { ...rect, width: rect.width - 4 }, 4)
  context.globalAlpha = 1
}

const outOf = ({ x, y, width, height }: Rect): Point => ({ x: x + width, y: y + height / 2 })
const into = ({ x, y, height }: Rect): Point => ({ x, y: y + height / 2 })

/** Every listener may lead to every route: they meet in one line between the columns. Beyond that rows say where they lead. */
function drawWires(pen: Pen, { cells, columns }: OpenedPlan, { wires }: ProgramBoard, crossing: Crossing | undefined): void {
  const { context, theme } = pen
  const of = (role: Role): readonly PlacedCell[] => cells.filter((each) => each.role === role)
  const [listeners, routes] = [of('listeners'), of('routes')]
  const [left, right] = [columns[0], columns[1]]
  context.globalAlpha = crossing ? 0.45 : 1
  context.strokeStyle = theme.line
  context.lineWidth = 1
  context.beginPath()
  if (listeners.length > 0 && routes.length > 0 && left && right) {
    const bus = (left.title.x + left.title.width + right.title.x) / 2
    const heights = [...listeners.map(({ rect }) => outOf(rect).y), ...routes.map(({ rect }) => into(rect).y)]
    for (const { rect } of listeners) line(context, [outOf(rect), { x: bus, y: outOf(rect).y }])
    for (const { rect } of routes) line(context, [{ x: bus, y: into(rect).y }, into(rect)])
    line(context, [
      { x: bus, y: Math.min(...heights) },
      { x: bus, y: Math.max(...heights) },
    ])
  }
  for (const { from, cell, to, next } of wires) {
    const start = cells.find((each) => each.role === from && each.index === cell)
    const end = cells.find((each) => each.role === to && each.index === next)
    if (start && end) curve(context, outOf(start.rect), into(end.rect))
  }
  context.stroke()
  context.globalAlpha = 1
}

function line(context: CanvasRenderingContext2D, points: readonly Point[]): void {
  for (const [i, { x, y }] of points.entries()) {
    if (i === 0) context.moveTo(Math.round(x) + 0.5, Math.round(y) + 0.5)
    else context.lineTo(Math.round(x) + 0.5, Math.round(y) + 0.5)
  }
}

function curve(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  const middle = (from.x + to.x) / 2
  context.moveTo(from.x, from.y)
  context.quadraticCurveTo(middle, from.y, middle, (from.y + to.y) / 2)
  context.quadraticCurveTo(middle, to.y, to.x, to.y)
}

/** The way of a request from the left edge through the cells that took it, as far as it is. */
function wayOf(plan: OpenedPlan, crossing: Crossing): readonly Point[] {
  const stops = crossing.cells.flatMap(({ role, cell }) => {
    const placed = plan.cells.find((each) => each.role === role && sameRow(each.cell, cell))
    return placed ? [placed.rect] : []
  })
  const points: Point[] = []
  for (const rect of stops) {
    const last = points.at(-1)
    const [start, end] = [into(rect), outOf(rect)]
    if (last) {
      const bus = (last.x + start.x) / 2
      points.push({ x: bus, y: last.y }, { x: bus, y: start.y })
    }
    points.push(start, end)
  }
  return points
}

function drawCrossing(pen: Pen, plan: OpenedPlan, crossing: Crossing, far: number): void {
  const { context, theme } = pen
  const way = wayOf(plan, crossing)
  if (way.length === 0) return
  const gone = firstPart(way, far)
  context.strokeStyle = theme.request
  context.lineWidth = 2
  context.lineJoin = 'round'
  context.globalAlpha = 0.85
  // Under a cell's text the line would only be in the way: there the lit edge stands for it.
  for (let i = 1; i < gone.length; i++) {
    const [from, to] = [gone[i - 1], gone[i]]
    if (!from || !to || insideCell(plan, from, to)) continue
    context.beginPath()
    context.moveTo(from.x, from.y)
    context.lineTo(to.x, to.y)
    context.stroke()
  }
  context.globalAlpha = 1
  if (far < 1) {
    const tip = along(way, far)
    fillRound(context, { x: tip.x - 7, y: tip.y - 3.5, width: 14, height: 7 }, 3.5, theme.request)
  } else if (crossing.answer !== undefined) drawAnswer(pen, plan, crossing.answer, way.at(-1))
}

const insideCell = ({ cells }: OpenedPlan, from: Point, to: Point): boolean =>
  from.y === to.y && cells.some(({ rect }) => from.x >= rect.x && to.x <= rect.x + rect.width && Math.abs(into(rect).y - from.y) < 1)

/** What it says itself instead of asking anybody. */
function drawAnswer(pen: Pen, { size }: OpenedPlan, answer: string, at: Point | undefined): void {
  if (!at) return
  const { context, theme } = pen
  const face = font(theme, 'mono', size, 700)
  const width = textWidth(context, face, answer) + 10
  const rect = { x: at.x + 4, y: at.y - size * 0.8, width, height: size * 1.6 }
  fillRound(context, rect, size * 0.8, theme.reply)
  write(pen, face, theme.onColour, answer, { ...rect, width: width + 4 }, 5)
}

/** A program that is not opened: what it is called, or where there is no room only that it is one. */
export function drawMark(pen: Pen, rect: Rect, name: string): void {
  const { context, theme } = pen
  const named = pen.detail.pods === 'cards'
  const size = Math.min(11, Math.max(named ? 7.5 : 5.5, rect.height * 0.22))
  const face = font(theme, 'mono', size, 600)
  const text = named ? fitText(context, face, name, rect.width - size * 2.6) : ''
  const height = size * 1.5
  const width = text === '' ? height : textWidth(context, face, text) + height + 5
  const mark = { x: rect.x + Math.max(3, rect.width * 0.05), y: rect.y + rect.height - height * 0.4, width, height }
  fillRound(context, mark, height / 2, theme.text)
  drawFork(context, { x: mark.x + height / 2 + 0.5, y: mark.y + height / 2 }, size * 0.36, theme.chassis)
  if (text !== '') write(pen, face, theme.chassis, text, { ...mark, x: mark.x + height, width: width })
}

/** One way that becomes two. */
function drawFork(context: CanvasRenderingContext2D, { x, y }: Point, r: number, ink: string): void {
  context.strokeStyle = ink
  context.lineWidth = Math.max(1, r * 0.42)
  context.lineCap = 'round'
  context.beginPath()
  context.moveTo(x - r, y)
  context.lineTo(x - r * 0.2, y)
  context.moveTo(x + r, y - r * 0.8)
  context.lineTo(x + r * 0.2, y - r * 0.8)
  context.lineTo(x - r * 0.2, y)
  context.lineTo(x + r * 0.2, y + r * 0.8)
  context.lineTo(x + r, y + r * 0.8)
  context.stroke()
  context.lineCap = 'butt'
}
