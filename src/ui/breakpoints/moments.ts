import type { Packet } from '../../core/net/packet.ts'
import type { ChainRun, Step } from '../../core/kernel/step.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import type { Position } from '../position.ts'
import type { FieldName } from './condition.ts'

/** Where play can stop: a step, or a line of a chain's run, with the header as it is then. Fields that the packet does not have are absent. */
export interface Moment {
  readonly position: Position
  readonly netns: string
  readonly step: Step | undefined
  /** The run's line, where the moment is one. */
  readonly rule?: ChainRun['rules'][number]
  readonly header: Header
  /** The packet's last, and it did not arrive. */
  readonly lost: boolean
}

export type Header = Partial<Readonly<Record<FieldName, string | number>>>

/** Every moment of a packet in order. A mark is the skb's: it does not survive the way into another namespace. */
export function momentsOf(trace: PacketTrace, packet: number): readonly Moment[] {
  const moments: Moment[] = []
  let header = headerOf(trace.sent)
  for (const [h, hop] of trace.hops.entries()) {
    let mark = 0
    for (const [s, step] of hop.steps.entries()) {
      if ('packet' in step && step.kind !== 'chain') header = headerOf(step.packet)
      const position: Position = { packet, hop: h, step: s }
      const at = { netns: hop.netns, step, lost: false }
      moments.push({ ...at, position, header: { ...header, mark } })
      for (const [index, rule] of step.kind === 'chain' ? step.rules.entries() : []) {
        if (rule.rule !== undefined) mark = rule.mark ?? 0
        moments.push({ ...at, position: { ...position, rule: index }, rule, header: { ...header, mark } })
      }
    }
  }
  const last = moments.pop() ?? { position: { packet, hop: 0, step: 0 }, netns: trace.netns, step: undefined, header, lost: false }
  return [...moments, { ...last, lost: trace.disposition.kind !== 'delivered' }]
}

function headerOf(packet: Packet): Header {
  const { transport, ip } = packet
  if (transport.kind === 'udp' && transport.vxlan) {
    const { vni, frame } = transport.vxlan
    return { ...headerOf(frame.packet), 'outer.src': ip.source, 'outer.dst': ip.destination, vni }
  }
  return {
    'ip.src': ip.source,
    'ip.dst': ip.destination,
    'ip.ttl': ip.ttl,
    'ip.len': ip.length,
    ...('sourcePort' in transport ? { srcport: transport.sourcePort, dstport: transport.destinationPort } : {}),
    ...(transport.kind === 'tcp' ? { 'tcp.flags': transport.flags } : {}),
  }
}
