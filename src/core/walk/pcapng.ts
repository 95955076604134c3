import type { NetnsId } from '../kernel/interface.ts'
import type { Step } from '../kernel/step.ts'
import { bytesOf } from '../net/bytes.ts'
import { ZERO_MAC } from '../net/mac.ts'
import type { Ethernet } from '../net/packet.ts'
import { explain, explainEnd } from './explain.ts'
import { isToldAt } from './level.ts'
import { enhancedPacket, interfaceDescription, joined, sectionHeader } from './pcapng-block.ts'
import type { Words } from './render.ts'
import type { PacketTrace } from './trace.ts'

/** What the file says in words: comments of packets and descriptions of interfaces. */
export type CaptureWords = Pick<Words, 'explain' | 'place'>

export interface CaptureOptions {
  /** Comment of the whole file: what was asked. */
  readonly comment?: string
  /** When the first packet is sent, in microseconds since 1970. The simulator has no clock: without it time begins at 0. */
  readonly start?: number
}

/** One packet at one device, as tcpdump -i DEV would see it. */
export interface Sighting {
  readonly netns: NetnsId
  readonly dev: string
  readonly direction: 'inbound' | 'outbound'
  readonly step: Extract<Step, { kind: 'receive' | 'transmit' }>
  /** What its kernel did to the packet just before it is seen here; for the last sighting of a visit also what came after. */
  readonly told: readonly Step[]
  /** The last sighting of this packet at all. */
  readonly last: boolean
}

/** Microseconds from sighting to sighting, and from packet to packet: made up, but in order. */
const SIGHTING_GAP = 10
const PACKET_GAP = 1000

/**
 * A capture on every device of every namespace at once: one interface each, named `netns/dev`, in the order in which packets come by. Traces are in
 * order of time. The file is pcapng in full: nothing is truncated.
 */
export function pcapng(traces: readonly PacketTrace[], words: CaptureWords, options: CaptureOptions = {}): Uint8Array {
  const interfaces = new Map<string, { readonly id: number; readonly block: Uint8Array }>()
  const packets: Uint8Array[] = []
  let time = options.start ?? 0
  for (const trace of traces) {
    for (const sighting of sightingsOf(trace)) {
      const { netns, dev, direction, step } = sighting
      const name = `${netns}/${dev}`
      const known = interfaces.get(name) ?? { id: interfaces.size, block: interfaceDescription(name, `${words.place(netns)} ${dev}`) }
      interfaces.set(name, known)
      const bytes = bytesOf({ ethernet: step.frame?.ethernet ?? LOOPBACK_ETHERNET, packet: step.packet })
      packets.push(enhancedPacket({ interfaceId: known.id, time, bytes, direction, comment: commentOf(sighting, trace, words) }))
      time += SIGHTING_GAP
    }
    time += PACKET_GAP
  }
  const blocks = [...interfaces.values()].map(({ block }) => block)
  return joined([sectionHeader('Kubehop', options.comment ?? ''), ...blocks, ...packets])
}

/** On lo captures show an Ethernet header of zeros (drivers/net/loopback.c is of type ARPHRD_LOOPBACK, which libpcap reads as Ethernet). */
const LOOPBACK_ETHERNET: Ethernet = { source: ZERO_MAC, destination: ZERO_MAC }

/** Every time that a device sees the packet, in order. A packet that never left its kernel has none. */
export function sightingsOf(trace: PacketTrace): readonly Sighting[] {
  const sightings = trace.hops.flatMap(({ netns, steps }) => {
    const seen = steps.flatMap((step, at) => (step.kind === 'receive' || step.kind === 'transmit' ? [{ step, at }] : []))
    return seen.map(({ step, at }, i): Sighting => {
      const from = i === 0 ? 0 : (seen[i - 1]?.at ?? 0) + 1
      const to = i === seen.length - 1 ? steps.length : at
      const told = steps.slice(from, to).filter((each) => each !== step)
      return { netns, dev: step.dev, direction: step.kind === 'receive' ? 'inbound' : 'outbound', step, told, last: false }
    })
  })
  return sightings.map((sighting, i) => (i === sightings.length - 1 ? { ...sighting, last: true } : sighting))
}

/** One line: what happened in the terms of the middle level, then how the packet ended if it is not seen again. */
function commentOf({ netns, step, told, last }: Sighting, trace: PacketTrace, words: CaptureWords): string {
  const { disposition } = trace
  const delivered = disposition.kind === 'delivered' && last
  const sentences = told.filter((each) => isToldAt(each, 'network')).map((each) => words.explain(explain(each, delivered)))
  const all = [
    ...(sentences.length === 0 ? [words.explain(explain(step))] : sentences),
    ...(last ? [words.explain(explainEnd(disposition))] : []),
  ]
  return `${words.place(netns)}: ${[...new Set(all)].join('; ')}`.replaceAll(/\s+/g, ' ')
}
