import type { Packet } from '../../core/net/packet.ts'
import type { Step } from '../../core/kernel/step.ts'
import { isToldAt, type Level } from '../../core/walk/level.ts'
import type { Hop, PacketTrace } from '../../core/walk/trace.ts'
import { summary } from '../inspector/layers.ts'
import type { Position } from '../position.ts'
import { type BoxKind, notesOf, type Part, partOf, toneOf } from './ladder-parts.ts'

/**
 * A sequence diagram of a conversation: a lane per network namespace, time runs down. The packet that is looked at is drawn with everything it met, the
 * others as one arrow each. Pixels, but no drawing: y grows downwards from 0, lanes are numbered from the left.
 */
export interface Ladder {
  readonly lanes: readonly string[]
  readonly boxes: readonly Box[]
  readonly wires: readonly Wire[]
  readonly heads: readonly Head[]
  readonly height: number
}

/** Something that a packet met in a namespace: a device, a hook, the routing decision, a socket; or where it ended. */
export interface Box {
  readonly packet: number
  readonly hop: number
  /** Steps that it stands for, the last included. */
  readonly from: number
  readonly to: number
  readonly kind: BoxKind | 'end'
  /** Name of the device or hook; empty for what has no name of its own. */
  readonly name: string
  /** What it did, in addresses. */
  readonly notes: readonly string[]
  readonly tone: 'plain' | 'translated' | 'encapsulated' | 'bad' | 'good'
  readonly lane: number
  readonly y: number
  readonly height: number
}

/** From lane to lane. `text` is empty for the one arrow of a packet that is folded. */
export interface Wire {
  readonly packet: number
  readonly hop: number
  readonly from: number
  readonly to: number
  readonly y: number
  readonly text: string
  readonly direction: PacketTrace['direction']
  readonly encapsulated: boolean
  /** Whether the packet arrived. */
  readonly whole: boolean
}

export interface Head {
  readonly packet: number
  readonly y: number
}

export const HEAD = 28
const LINE = 16
const PAD = 10
const GAP = 6
const WIRE = 40
const NOTES = 4

export function ladderOf(packets: readonly PacketTrace[], position: Position, level: Level): Ladder {
  const lanes = [...new Set(packets.flatMap((trace) => (trace.hops.length === 0 ? [trace.netns] : trace.hops.map(({ netns }) => netns))))]
  const drawing = new Drawing(lanes, position, level)
  for (const [index, trace] of packets.entries()) drawing.add(index, trace)
  return { lanes, boxes: drawing.boxes, wires: drawing.wires, heads: drawing.heads, height: drawing.y + GAP }
}

class Drawing {
  readonly boxes: Box[] = []
  readonly wires: Wire[] = []
  readonly heads: Head[] = []
  y = 0
  readonly #lanes: readonly string[]
  readonly #position: Position
  readonly #level: Level

  constructor(lanes: readonly string[], position: Position, level: Level) {
    this.#lanes = lanes
    this.#position = position
    this.#level = level
  }

  add(packet: number, trace: PacketTrace): void {
    this.heads.push({ packet, y: this.y })
    this.y += HEAD + GAP
    if (packet === this.#position.packet) this.#whole(packet, trace)
    else this.#folded(packet, trace)
    this.y += GAP
  }

  #whole(packet: number, trace: PacketTrace): void {
    for (const [hop, what] of trace.hops.entries()) {
      for (const part of partsOf(what, this.#level, hop === this.#position.hop ? this.#position.step : undefined))
        this.#box({ packet, hop, lane: this.#lane(what.netns), ...part })
      const next = trace.hops[hop + 1]
      if (next) this.#wire(packet, hop, trace, this.#lane(what.netns), this.#lane(next.netns), sentBy(what))
    }
    const last = trace.hops.at(-1)
    const end = Math.max(0, (last?.steps.length ?? 0) - 1)
    this.#box({
      packet,
      hop: Math.max(0, trace.hops.length - 1),
      lane: this.#lane(last?.netns ?? trace.netns),
      kind: 'end',
      name: '',
      from: end,
      to: end,
      notes: [],
      tone: trace.disposition.kind === 'delivered' ? 'good' : 'bad',
    })
  }

  #folded(packet: number, trace: PacketTrace): void {
    const last = trace.hops.at(-1)?.netns ?? trace.netns
    this.#wire(packet, 0, trace, this.#lane(trace.netns), this.#lane(last), undefined)
  }

  #box(box: Omit<Box, 'y' | 'height'>): void {
    const height = LINE * (1 + box.notes.length) + PAD
    this.boxes.push({ ...box, y: this.y, height })
    this.y += height + GAP
  }

  #wire(packet: number, hop: number, trace: PacketTrace, from: number, to: number, sent: Packet | undefined): void {
    const height = sent ? WIRE : LINE
    this.wires.push({
      packet,
      hop,
      from,
      to,
      y: this.y + height - PAD,
      text: sent ? summary(sent) : '',
      direction: trace.direction,
      encapsulated: sent?.transport.kind === 'udp' && sent.transport.vxlan !== undefined,
      whole: sent !== undefined || trace.disposition.kind === 'delivered',
    })
    this.y += height + GAP
  }

  #lane = (netns: string): number => Math.max(0, this.#lanes.indexOf(netns))
}

/** What left through the last device. */
const sentBy = (hop: Hop): Packet | undefined => {
  const step = hop.steps.findLast((one) => one.kind === 'transmit')
  return step?.kind === 'transmit' ? step.packet : undefined
}

type Group = Part & { readonly from: number; readonly to: number; readonly notes: readonly string[]; readonly tone: Box['tone'] }

/** Neighbouring steps at the same device or hook are one box. A box without a step that is told at this depth is left out. */
function partsOf(hop: Hop, level: Level, current: number | undefined): readonly Group[] {
  const groups: { part: Part; from: number; steps: Step[] }[] = []
  for (const [index, step] of hop.steps.entries()) {
    const last = groups.at(-1)
    const part = partOf(step) ?? last?.part ?? { kind: 'route', name: '' }
    if (last && last.part.kind === part.kind && last.part.name === part.name) last.steps.push(step)
    else groups.push({ part, from: index, steps: [step] })
  }
  return groups.flatMap(({ part, from, steps }) => {
    const to = from + steps.length - 1
    const isCurrent = current !== undefined && current >= from && current <= to
    const told = steps.filter((step) => isToldAt(step, level))
    if (told.length === 0 && !isCurrent) return []
    const notes = [...new Set((told.length > 0 ? told : steps).flatMap(notesOf))].slice(0, NOTES)
    return [{ ...part, from, to, notes, tone: toneOf(steps) }]
  })
}

/** The box that playback stands on: the last one that begins no later. */
export function boxAt(boxes: readonly Box[], { packet, hop, step }: Position): Box | undefined {
  const here = boxes.filter((box) => box.packet === packet && box.hop === hop && box.kind !== 'end')
  return here.findLast((box) => box.from <= step) ?? here[0] ?? boxes.find((box) => box.packet === packet)
}
