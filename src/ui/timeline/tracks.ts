import type { ChainRun, Step } from '../../core/kernel/step.ts'
import { isToldAt, type Level } from '../../core/walk/level.ts'
import type { Hop, PacketTrace } from '../../core/walk/trace.ts'
import type { Position } from '../position.ts'
import { type BoxKind, notesOf, type Part, partOf, toneOf } from '../views/ladder-parts.ts'

/**
 * A conversation as a profiler shows a program: a track per network namespace, slices from left to right in order of time, and below each slice what it
 * is made of: hook, then step, then the lines of its chains by jump depth. A trace has no clock, so that each smallest thing is one unit long.
 */
export interface Tracks {
  readonly tracks: readonly Track[]
  /** One per packet, on the ruler. */
  readonly spans: readonly Span[]
  /** In units, from 0. */
  readonly length: number
}

export interface Track {
  readonly netns: string
  /** By row, then in order of time. */
  readonly slices: readonly Slice[]
  readonly rows: number
}

export interface Slice {
  /** In units; `to` is where the next may begin. */
  readonly from: number
  readonly to: number
  readonly row: number
  readonly position: Position
  /** Position of the last thing in it. */
  readonly last: Position
  readonly kind: BoxKind | Step['kind'] | 'rule'
  /** Device, hook, chain; empty for what is called by its kind. */
  readonly name: string
  readonly notes: readonly string[]
  readonly tone: 'plain' | 'translated' | 'encapsulated' | 'bad'
  readonly direction: PacketTrace['direction']
}

export interface Span {
  readonly packet: number
  readonly from: number
  readonly to: number
  readonly direction: PacketTrace['direction']
}

const HOP_GAP = 1
const PACKET_GAP = 3
/** Deeper jumps share the last row. */
const DEPTHS = 4

export function tracksOf(packets: readonly PacketTrace[], level: Level): Tracks {
  const names = [...new Set(packets.flatMap((trace) => (trace.hops.length === 0 ? [trace.netns] : trace.hops.map(({ netns }) => netns))))]
  const slices = new Map<string, Slice[]>(names.map((name) => [name, []]))
  const spans: Span[] = []
  let at = 0
  for (const [packet, trace] of packets.entries()) {
    const from = at
    for (const [hop, what] of trace.hops.entries()) {
      const added = slicesOf(what, { packet, hop, level, at, direction: trace.direction })
      slices.get(what.netns)?.push(...added.slices)
      at = added.end + HOP_GAP
    }
    at = Math.max(at, from + 1)
    spans.push({ packet, from, to: at, direction: trace.direction })
    at += PACKET_GAP
  }
  const tracks = names.map((netns): Track => {
    const own = (slices.get(netns) ?? []).toSorted((a, b) => a.row - b.row || a.from - b.from)
    return { netns, slices: own, rows: 1 + Math.max(0, ...own.map(({ row }) => row)) }
  })
  return { tracks, spans, length: Math.max(1, at - PACKET_GAP) }
}

interface Where {
  readonly packet: number
  readonly hop: number
  readonly level: Level
  readonly at: number
  readonly direction: PacketTrace['direction']
}

function slicesOf(hop: Hop, where: Where): { readonly slices: readonly Slice[]; readonly end: number } {
  const slices: Slice[] = []
  let at = where.at
  for (const { part, steps } of partsOf(hop, where.level)) {
    const from = at
    for (const { step, index } of steps) {
      const lines = where.level === 'kernel' && step.kind === 'chain' ? step.rules.length : 0
      const to = at + Math.max(1, lines)
      if (where.level !== 'story') slices.push(stepSlice(step, index, at, to, where))
      if (lines > 0) slices.push(...ruleSlices(step as ChainRun, index, at, where))
      at = to
    }
    slices.push(partSlice(part, steps, from, at, where))
  }
  return { slices, end: Math.max(at, where.at + 1) }
}

interface Numbered {
  readonly step: Step
  readonly index: number
}

/** Neighbouring steps at the same device or hook belong together; what is not told at this depth is left out, but for a hop's first step. */
function partsOf(hop: Hop, level: Level): readonly { readonly part: Part; readonly steps: readonly Numbered[] }[] {
  const parts: { part: Part; steps: Numbered[] }[] = []
  for (const [index, step] of hop.steps.entries()) {
    const last = parts.at(-1)
    const part = partOf(step) ?? last?.part ?? { kind: 'route', name: '' }
    if (index > 0 && !isToldAt(step, level)) continue
    if (last && last.part.kind === part.kind && last.part.name === part.name) last.steps.push({ step, index })
    else parts.push({ part, steps: [{ step, index }] })
  }
  return parts
}

function partSlice(part: Part, steps: readonly Numbered[], from: number, to: number, { packet, hop, direction }: Where): Slice {
  return {
    from,
    to,
    row: 0,
    position: { packet, hop, step: steps[0]?.index ?? 0 },
    last: { packet, hop, step: steps.at(-1)?.index ?? 0, rule: Infinity },
    kind: part.kind,
    name: part.name,
    notes: [...new Set(steps.flatMap(({ step }) => notesOf(step)))],
    tone: toneOf(steps.map(({ step }) => step)),
    direction,
  }
}

function stepSlice(step: Step, index: number, from: number, to: number, { packet, hop, direction }: Where): Slice {
  const position = { packet, hop, step: index }
  const name = step.kind === 'chain' ? `${step.table} ${step.chain}` : ''
  return {
    from,
    to,
    row: 1,
    position,
    last: { ...position, rule: Infinity },
    kind: step.kind,
    name,
    notes: notesOf(step),
    tone: toneOf([step]),
    direction,
  }
}

const ruleSlices = (run: ChainRun, step: number, at: number, { packet, hop, direction }: Where): readonly Slice[] =>
  run.rules.map((rule, index) => {
    const position = { packet, hop, step, rule: index }
    return {
      from: at + index,
      to: at + index + 1,
      row: 2 + Math.min(DEPTHS - 1, rule.depth),
      position,
      last: position,
      kind: 'rule',
      name: rule.chain,
      notes: rule.rule === undefined ? [rule.verdict] : [rule.rule],
      tone: rule.verdict.startsWith('DROP') || rule.verdict.startsWith('REJECT') ? 'bad' : 'plain',
      direction,
    }
  })
