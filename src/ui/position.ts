import type { Conversation, PacketPlace } from '../core/sim/conversation.ts'
import type { ChainRun } from '../core/kernel/step.ts'
import type { PacketTrace } from '../core/walk/trace.ts'
import { isToldAt, type Level } from '../core/walk/level.ts'

/** A place in a conversation: packet, hop and step by index; `rule` only where a run of a chain is walked rule by rule. */
export interface Position {
  readonly packet: number
  readonly hop: number
  readonly step: number
  readonly rule?: number
}

export const GRAINS = ['packet', 'hop', 'step', 'rule'] as const
export type Grain = (typeof GRAINS)[number]

export const START: Position = { packet: 0, hop: 0, step: 0 }

const PACKETS = new WeakMap<Conversation, readonly PacketTrace[]>()

/** Every packet of a conversation in order of time, whichever connection it belongs to. */
export function packetsOf(conversation: Conversation): readonly PacketTrace[] {
  const known = PACKETS.get(conversation)
  if (known) return known
  const packets = placesOf(conversation).flatMap((at) => conversation.connections[at.connection]?.packets[at.packet] ?? [])
  PACKETS.set(conversation, packets)
  return packets
}

/** Which connection each of these packets belongs to. */
export const placesOf = ({ order, connections }: Conversation): readonly PacketPlace[] =>
  order ?? connections.flatMap(({ packets }, connection) => packets.map((_, packet) => ({ connection, packet })))

/** Where stepping stops, in order. A hop without a step at this depth still has one stop: the packet was there. */
export function stops(packets: readonly PacketTrace[], grain: Grain, level: Level): readonly Position[] {
  const found: Position[] = []
  for (const [packet, trace] of packets.entries()) {
    for (const [hop, { steps }] of trace.hops.entries()) {
      if (grain === 'packet' && hop > 0) break
      found.push({ packet, hop, step: 0 })
      if (grain === 'packet' || grain === 'hop') continue
      for (const [step, what] of steps.entries()) {
        const rules = grain === 'rule' && what.kind === 'chain' ? rulesIn(what) : []
        if (step > 0 && (rules.length > 0 || isToldAt(what, level))) found.push({ packet, hop, step })
        for (const rule of rules) found.push({ packet, hop, step, rule })
      }
    }
  }
  const end = lastPosition(packets)
  if (end && compare(found.at(-1) ?? START, end) < 0) found.push(end)
  return found
}

/** Rules that matched; the ends of chains and policies are no stops. Walking by rule shows them at every depth. */
const rulesIn = (run: ChainRun): readonly number[] => run.rules.flatMap((rule, index) => (rule.rule === undefined ? [] : [index]))

export function lastPosition(packets: readonly PacketTrace[]): Position | undefined {
  const trace = packets.at(-1)
  const hop = trace?.hops.at(-1)
  if (!trace || !hop) return undefined
  return { packet: packets.length - 1, hop: trace.hops.length - 1, step: Math.max(0, hop.steps.length - 1) }
}

/** Negative when `a` comes before `b`. A chain as a whole comes before its rules. */
export const compare = (a: Position, b: Position): number =>
  a.packet - b.packet || a.hop - b.hop || a.step - b.step || (a.rule ?? -1) - (b.rule ?? -1)

/** The index of the last stop that is not after a position. */
export function stopAt(all: readonly Position[], position: Position): number {
  let low = 0
  let high = all.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    const stop = all[middle]
    if (stop && compare(stop, position) <= 0) low = middle
    else high = middle - 1
  }
  return low
}

/** One stop on or back; undefined at an end. */
export function moved(all: readonly Position[], position: Position, by: 1 | -1): Position | undefined {
  const at = stopAt(all, position)
  const here = all[at]
  // Between two stops, a step back goes to the one just passed.
  if (by < 0 && here && compare(here, position) < 0) return here
  return all[at + by]
}
