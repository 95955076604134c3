import { isToldAt, type Level } from '../../core/walk/level.ts'
import type { Hop, PacketTrace } from '../../core/walk/trace.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import '../messages/with-steps.ts'
import { stepText, storyText } from '../narration.tsx'
import { packetsOf } from '../position.ts'
import { align, type Row } from './align.ts'
import { type Piece, wordDiff } from './word-diff.ts'

export interface HopRow {
  readonly key: string
  readonly left?: string
  readonly right?: string
  readonly same: boolean
  /** Index of the hop on the right. */
  readonly hop: number
  readonly lines: readonly LineRow[]
}

/** A line of each side in pieces; a line that only one side has is all different. */
export interface LineRow {
  readonly left?: readonly Piece[]
  readonly right?: readonly Piece[]
  readonly same: boolean
}

export interface Side {
  readonly place: string
  readonly index: number
  readonly lines: readonly string[]
}

/** The same packet of two conversations, hop by hop and line by line. */
export function hopRows(before: SentRecord, after: SentRecord, packet: number, level: Level): readonly HopRow[] {
  const [left, right] = [sides(before, packet, level), sides(after, packet, level)]
  const sameLine = (a: string, b: string) => left.plain(a) === right.plain(b)
  return align(left.hops, right.hops, (a, b) => a.place === b.place).map((row, index) => ({
    key: `${index} ${row.left?.place ?? ''} ${row.right?.place ?? ''}`,
    ...(row.left ? { left: row.left.place } : {}),
    ...(row.right ? { right: row.right.place } : {}),
    same: row.same,
    hop: row.right?.index ?? 0,
    lines: align(row.left?.lines ?? [], row.right?.lines ?? [], sameLine).map((line) => lineRow(line, sameLine)),
  }))
}

function lineRow({ left, right, same }: Row<string>, sameWord: (a: string, b: string) => boolean): LineRow {
  if (left !== undefined && right !== undefined && !same) {
    const [a, b] = wordDiff(left, right, sameWord)
    return { left: a, right: b, same: false }
  }
  return {
    ...(left === undefined ? {} : { left: [{ text: left, same }] }),
    ...(right === undefined ? {} : { right: [{ text: right, same }] }),
    same,
  }
}

/** `plain`: without the ports that were drawn for this very request, which say nothing. */
export function sides(
  record: SentRecord,
  packet: number,
  level: Level,
): { readonly hops: readonly Side[]; readonly plain: (text: string) => string } {
  const trace = packetsOf(record.conversation)[packet]
  const drawn = drawnPorts(record)
  const hops = (trace?.hops ?? []).map((hop, index) => ({
    place: record.places[hop.netns]?.label ?? hop.netns,
    index,
    lines: trace ? linesOf(hop, trace, level) : [],
  }))
  return { hops, plain: (text) => text.replace(/:(\d+)/g, (whole, port: string) => (drawn.has(Number(port)) ? ':*' : whole)) }
}

/** The client's own, those of masquerading, and the outer ones of tunnels, which are hashes of them. */
function drawnPorts({ conversation, order }: SentRecord): ReadonlySet<number> {
  const ports = new Set<number>()
  for (const { sent, hops } of packetsOf(conversation)) {
    if (ports.size === 0 && 'sourcePort' in sent.transport && order.options?.sourcePort === undefined) ports.add(sent.transport.sourcePort)
    for (const step of hops.flatMap((hop) => hop.steps)) {
      if (step.kind === 'nat' && step.manip === 'source' && step.by === 'rule') ports.add(step.to.sourcePort)
      if (step.kind === 'encapsulate' && 'sourcePort' in step.packet.transport) ports.add(step.packet.transport.sourcePort)
    }
  }
  return ports
}

const linesOf = (hop: Hop, trace: PacketTrace, level: Level): readonly string[] =>
  level === 'story' ? [storyText(hop, trace)] : hop.steps.filter((step) => isToldAt(step, level)).map((step) => stepText(step, trace))
