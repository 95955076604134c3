import { attach } from './netfilter/conntrack.ts'
import type { RejectWith } from './netfilter/rule.ts'
import { type ErrorKind, icmp6Kind, icmpError, mayReport, REJECT_CODE, tcpReset } from './icmp.ts'
import { routeOutput } from './route.ts'
import type { Direct, Host, SkBuff } from './session.ts'
import type { DropReason, Step } from './step.ts'

/** How a kernel refuses a packet: silently, with an ICMP error (icmp_send), or with a reset. */
export function discard(host: Host, reason: DropReason, detail?: string): undefined {
  const what = detail === undefined ? {} : { detail }
  host.recorder.step({ kind: 'drop', reason, ...what })
  host.recorder.end({ kind: 'dropped', by: reason, ...what })
  return undefined
}

/**
 * icmp_send, icmp6_send: the error's source is the address that the packet was for, if it was for us, else what routing picks towards its sender. The error belongs
 * to the packet's connection, so that it is translated on its way. Without a way back, or about an error, the packet is dropped in silence.
 */
export function refuse(
  host: Host,
  skb: SkBuff,
  kind: ErrorKind,
  name: Extract<Step, { kind: 'reject' }>['with'],
  reason: DropReason,
  delay = 0,
): undefined {
  if (!mayReport(skb.packet)) return discard(host, reason)
  const { source, destination } = skb.packet.ip
  const fixed = skb.route?.local ? destination : undefined
  const route = routeOutput(host, source, fixed, 'error')
  if (route.kind === 'error') return discard(host, reason, `no route to ${source} for the ICMP error`)
  const reply = icmpError(route.source, skb.packet, skb.v6 ? icmp6Kind(kind) : kind, host.ns.sysctls.defaultTtl)
  const connection = attach(skb.connection)
  host.recorder.step({ kind: 'reject', with: name, reply })
  host.recorder.answer({ netns: host.ns.id, packet: reply, ...(connection && { connection }), delay })
  host.recorder.end({ kind: 'rejected', with: name, reply })
  return undefined
}

/**
 * nf_send_reset, nf_send_reset6: to what came in through a bridge port under bridge netfilter, also when it is routed by now, the reset goes straight back out
 * of that port, with the addresses of the frame swapped. No hook sees it, so nothing translates it.
 */
const throughBridge = ({ physIn, ethernet }: SkBuff): Direct | undefined =>
  physIn === undefined || !ethernet ? undefined : { dev: physIn, ethernet: { source: ethernet.destination, destination: ethernet.source } }

/** `-j REJECT`. */
export function rejectWith(host: Host, skb: SkBuff, how: RejectWith): undefined {
  if (how !== 'tcp-reset') return refuse(host, skb, REJECT_CODE[how], how, 'rule')
  const reply = tcpReset(skb.packet, host.ns.sysctls.defaultTtl)
  if (!reply) return discard(host, 'rule')
  const connection = attach(skb.connection)
  const direct = throughBridge(skb)
  host.recorder.step({ kind: 'reject', with: how, reply })
  host.recorder.answer({ netns: host.ns.id, packet: reply, ...(connection && { connection }), ...(direct && { direct }), delay: 0 })
  host.recorder.end({ kind: 'rejected', with: how, reply })
  return undefined
}
