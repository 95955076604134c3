import type { NetnsId } from '../kernel/interface.ts'
import type { Step } from '../kernel/step.ts'
import type { Packet } from '../net/packet.ts'
import { endpointsOf, transportText } from '../net/tcpdump.ts'
import { explain, explainEnd } from './explain.ts'
import type { Words } from './render.ts'
import type { Hop, PacketTrace } from './trace.ts'

/** What a diagram says in words. */
export type DiagramWords = Pick<Words, 'explain' | 'place'>

/**
 * Packets as a Mermaid sequence diagram, line by line: a participant per namespace, an arrow per wire, notes for what changed the packet and for how it
 * ended. Requests are drawn solid, answers dashed.
 */
export function sequenceDiagram(traces: readonly PacketTrace[], words: DiagramWords): readonly string[] {
  const ids = participantsOf(traces)
  const participants = [...ids].map(([netns, id]) => `  participant ${id} as ${escaped(words.place(netns))}`)
  return ['sequenceDiagram', ...participants, ...traces.flatMap((trace) => traceLines(trace, ids, words))]
}

type Participants = ReadonlyMap<NetnsId, string>

/** Names of our own: those of namespaces may hold what Mermaid takes for syntax. */
function participantsOf(traces: readonly PacketTrace[]): Participants {
  const all = new Set(traces.flatMap(({ netns, hops }) => [netns, ...hops.map((hop) => hop.netns)]))
  return new Map([...all].map((netns, i) => [netns, `n${i + 1}`]))
}

function traceLines(trace: PacketTrace, ids: Participants, words: DiagramWords): readonly string[] {
  const id = (hop: Hop | undefined): string => ids.get(hop?.netns ?? trace.netns) ?? ''
  const arrow = trace.direction === 'original' ? '->>' : '-->>'
  const lines = trace.hops.flatMap((hop, i) => {
    const told = hop.steps.filter(isNoted).map((step) => escaped(words.explain(explain(step))))
    const next = trace.hops[i + 1]
    const sent = hop.steps.findLast((step) => step.kind === 'transmit')
    return [
      ...(told.length > 0 ? [note(id(hop), told)] : []),
      ...(next && sent?.kind === 'transmit' ? [`  ${id(hop)}${arrow}${id(next)}: ${arrowText(sent.packet)}`] : []),
    ]
  })
  const good = trace.disposition.kind === 'delivered'
  return [...lines, note(id(trace.hops.at(-1)), [escaped(`${good ? '✓' : '✗'} ${words.explain(explainEnd(trace.disposition))}`)])]
}

const note = (id: string, texts: readonly string[]): string => `  Note over ${id}: ${texts.join('<br/>')}`

/** What changed the packet. A drop or reject is told by the packet's end. */
function isNoted(step: Step): boolean {
  return ['nat', 'ipvs', 'encapsulate', 'decapsulate', 'fragment', 'defragment'].includes(step.kind)
}

/** Addresses, kind and TTL; of a VXLAN packet the packet inside on a line of its own. */
function arrowText(packet: Packet): string {
  const { ip, transport } = packet
  const vxlan = transport.kind === 'udp' ? transport.vxlan : undefined
  const kind = vxlan ? `vxlan ${vxlan.vni}` : transportText(transport)
  const text = escaped(`${endpointsOf(packet).replace(' > ', ' → ')} ${kind}, ttl ${ip.ttl}`)
  return vxlan ? `${text}<br/>[${arrowText(vxlan.frame.packet)}]` : text
}

/** Entity codes for what Mermaid would read as comment, end of statement, markup or formula. */
const escaped = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[#;<>$`]/g, (character) => `#${character.charCodeAt(0)};`)
