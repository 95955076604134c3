import type { RuleMatch, Station } from '../scene/packet-path.ts'
import type { Point, Rect } from '../scene/scene.ts'
import type { Size } from './capsule.ts'
import { textWidth } from './text.ts'
import type { Theme } from './theme.ts'

/** What is written beside a packet: its addresses, the tunnel's, what they were before this step, and why it ended. */
export interface TagText {
  readonly station: Station
  readonly changed: Station['changed']
  readonly reason?: string
  /** The rule that matched here. */
  readonly match?: RuleMatch
}

interface Run {
  readonly text: string
  readonly colour: string
  readonly weight?: number
  readonly struck?: boolean
}

const LINE = 17
const PADDING_X = 9
const PADDING_Y = 5
const GAP = 9
const EDGE = 8
const LOW = 320

export function drawTag(context: CanvasRenderingContext2D, theme: Theme, size: Size, at: Point, capsule: Size, text: TagText): void {
  const lines = linesOf(theme, text)
  const widths = lines.map((runs) => runs.reduce((sum, run) => sum + textWidth(context, fontOf(theme, run), run.text), 0))
  const width = Math.max(...widths) + 2 * PADDING_X
  const height = lines.length * LINE + 2 * PADDING_Y - 2
  const box = boxAt(size, at, capsule, { width, height })
  if (box.width > size.width) return
  context.save()
  context.shadowColor = theme.dark ? 'rgba(0, 0, 0, 0.5)' : 'rgba(20, 28, 45, 0.14)'
  context.shadowBlur = 12
  context.shadowOffsetY = 2
  context.beginPath()
  context.roundRect(box.x, box.y, box.width, box.height, 7)
  context.fillStyle = theme.chassis
  context.fill()
  context.restore()
  context.beginPath()
  context.roundRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1, 6.5)
  context.strokeStyle = theme.hairline
  context.lineWidth = 1
  context.stroke()
  for (const [i, runs] of lines.entries()) writeLine(context, theme, runs, box.x + PADDING_X, box.y + PADDING_Y + i * LINE + LINE / 2 - 0.5)
}

/** Below the packet, where the diagram leaves room, or above it at the foot of the window; never over the window's edges. */
function boxAt(size: Size, at: Point, capsule: Size, box: Size): Rect {
  // A low window has no room beside the packet: there the tag is its bottom line.
  if (size.height < LOW) return { x: Math.round((size.width - box.width) / 2), y: size.height - EDGE - box.height, ...box }
  const below = at.y + capsule.height / 2 + GAP
  const y = below + box.height <= size.height - EDGE ? below : at.y - capsule.height / 2 - GAP - box.height
  const x = Math.min(size.width - box.width - EDGE, Math.max(EDGE, at.x - box.width / 2))
  return { x: Math.round(x), y: Math.round(y), ...box }
}

function linesOf(theme: Theme, { station, changed, reason, match }: TagText): readonly (readonly Run[])[] {
  const { label, notched } = station
  const end = (text: string, marked: boolean): Run => ({
    text,
    colour: marked ? theme.translated : theme.text,
    ...(marked ? { weight: 650 } : {}),
  })
  const lines: (readonly Run[])[] = []
  if (label.outer) {
    const { source, destination, vni } = label.outer
    const ink = theme.encapsulatedText
    lines.push([
      { text: `${source} → ${destination}`, colour: ink, weight: 600 },
      { text: `  VXLAN ${vni}`, colour: ink },
    ])
  }
  lines.push([end(label.source, notched.source), { text: ' → ', colour: theme.faint }, end(label.destination, notched.destination)])
  if (changed) {
    // What was there before stands under what is there now: the letters are all of one width.
    const was = (text: string): Run => ({ text, colour: theme.faint, struck: true })
    const gap = (width: number): Run => ({ text: ' '.repeat(width), colour: theme.faint })
    const before = changed.source === undefined ? [gap(label.source.length)] : [was(changed.source)]
    const after =
      changed.destination === undefined
        ? []
        : [gap(Math.max(3, label.source.length + 3 - (changed.source ?? label.source).length)), was(changed.destination)]
    lines.push([...before, ...after])
  }
  if (match) {
    lines.push(match.chains.map((chain, i) => ({ text: `${i === 0 ? '' : ' › '}${cut(chain, LONGEST_CHAIN)}`, colour: theme.muted })))
    lines.push([{ text: cut(match.rule, LONGEST_RULE), colour: theme.text, weight: 600 }])
  }
  if (reason !== undefined) lines.push([{ text: reason, colour: theme.dropped, weight: 600 }])
  return lines
}

/** `KUBE-SVC-` and as much of the hash as tells chains apart. */
const LONGEST_CHAIN = 14
const LONGEST_RULE = 72
const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text)

const fontOf = (theme: Theme, run: Run): string => `${run.weight ?? 450} 11.5px ${theme.mono}`

function writeLine(context: CanvasRenderingContext2D, theme: Theme, runs: readonly Run[], left: number, y: number): void {
  let x = left
  context.textBaseline = 'middle'
  for (const run of runs) {
    const runFont = fontOf(theme, run)
    context.font = runFont
    context.fillStyle = run.colour
    context.fillText(run.text, x, y)
    if (run.struck) {
      context.fillRect(x, Math.round(y), textWidth(context, runFont, run.text.trimEnd()), 1)
    }
    x += textWidth(context, runFont, run.text)
  }
}
