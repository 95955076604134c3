import type { ChainRun } from '../../core/kernel/step.ts'
import type { Level } from '../../core/walk/level.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { packetsOf } from '../position.ts'
import { sides } from './compare-rows.ts'

/** One place of the way, with what happened there in each mode; a cell is absent where the packet was not there. */
export interface PlaceRow {
  readonly key: string
  readonly place: string
  readonly cells: readonly (readonly Line[] | undefined)[]
}

/** `isNew`: the first mode has no such line there. */
export interface Line {
  readonly text: string
  readonly isNew: boolean
}

/** The same packet in several modes, place by place in the order in which it comes to them; the n-th visit of a place is one row. */
export function placeRows(records: readonly (SentRecord | undefined)[], packet: number, level: Level): readonly PlaceRow[] {
  const all = records.map((record) => record && visits(record, packet, level))
  const first = all.find((some) => some !== undefined)
  const keys = [...new Set(all.flatMap((some) => [...(some?.keys() ?? [])]))]
  return keys.map((key) => {
    const base = new Set(first?.get(key)?.lines.map(({ plain }) => plain))
    const cells = all.map((some) => some?.get(key)?.lines.map(({ text, plain }) => ({ text, isNew: !base.has(plain) })))
    return { key, place: all.find((some) => some?.has(key))?.get(key)?.place ?? '', cells }
  })
}

interface Visit {
  readonly place: string
  readonly lines: readonly { readonly text: string; readonly plain: string }[]
}

function visits(record: SentRecord, packet: number, level: Level): ReadonlyMap<string, Visit> {
  const { hops, plain } = sides(record, packet, level)
  const counts = new Map<string, number>()
  return new Map(
    hops.map(({ place, lines }): readonly [string, Visit] => {
      const nth = (counts.get(place) ?? 0) + 1
      counts.set(place, nth)
      return [`${place} ${nth}`, { place, lines: lines.map((text) => ({ text, plain: plain(text) })) }]
    }),
  )
}

export interface PacketCost {
  /** Rules that a kernel goes through one by one, those that did not match too. */
  readonly compared: number
  /** Sets, maps and tables of IPVS that were asked. */
  readonly lookups: number
  /** Where it arrived, and as what: `10.244.1.2:8080`, `10.244.0.5 TTL 62`. */
  readonly end: string
  readonly seen: string
}

/** What one packet cost on all its way, as its trace tells. */
export function packetCost(record: SentRecord, packet: number): PacketCost {
  const trace = packetsOf(record.conversation)[packet]
  const steps = trace?.hops.flatMap((hop) => hop.steps) ?? []
  let compared = 0
  let lookups = 0
  for (const step of steps) {
    if (step.kind === 'ipvs') lookups++
    if (step.kind !== 'chain') continue
    const { rules, sets } = runCost(step)
    compared += rules
    lookups += sets
  }
  const end = trace?.disposition.kind === 'delivered' ? trace.disposition.packet : undefined
  const port = end && 'destinationPort' in end.transport ? `:${end.transport.destinationPort}` : ''
  return {
    compared,
    lookups,
    end: end ? `${end.ip.destination}${port}` : '',
    seen: end ? `${end.ip.source}, TTL ${end.ip.ttl}` : '',
  }
}

function runCost({ rules }: ChainRun): { readonly rules: number; readonly sets: number } {
  let count = 0
  let sets = 0
  for (const { rule, considered = [], skipped = 0 } of rules) {
    const texts = [...considered.map((miss) => miss.rule), ...(rule === undefined ? [] : [rule])]
    count += texts.length + skipped
    sets += texts.filter((text) => /--match-set |[ {]@\w/.test(text)).length
  }
  return { rules: count, sets }
}
