import type { Packet } from '../net/packet.ts'
import { ACCEPT, type HookFunction, type Registration } from './hook-function.ts'
import { track } from './netfilter/conntrack.ts'
import { CONNTRACK_PRIORITY } from './netfilter/hooks.ts'
import type { Hook } from './netfilter/ruleset.ts'
import type { Host, SkBuff } from './session.ts'

/** nf_defrag_ipv4.c and nf_conntrack_proto.c: what tracking connections puts at the hooks. */
const DEFRAG: HookFunction = {
  kind: 'defrag',
  priority: -400,
  run(host, skb) {
    defragment(host, skb)
    return ACCEPT
  },
}

const CONNTRACK: HookFunction = {
  kind: 'conntrack',
  priority: CONNTRACK_PRIORITY,
  run(host, skb, hook) {
    trackPacket(host, skb, hook)
    return ACCEPT
  },
}

/** Last of all (NF_IP_PRI_CONNTRACK_CONFIRM). */
const CONFIRM: HookFunction = {
  kind: 'confirm',
  priority: 2 ** 31 - 1,
  run(host, skb) {
    confirm(host, skb)
    return ACCEPT
  },
}

export const CONNTRACK_FUNCTIONS: readonly Registration[] = [
  { hook: 'PREROUTING', function: DEFRAG },
  { hook: 'OUTPUT', function: DEFRAG },
  { hook: 'PREROUTING', function: CONNTRACK },
  { hook: 'OUTPUT', function: CONNTRACK },
  { hook: 'INPUT', function: CONFIRM },
  { hook: 'POSTROUTING', function: CONFIRM },
]

/** nf_defrag_ipv4, nf_defrag_ipv6: conntrack wants whole datagrams. */
function defragment(host: Host, skb: SkBuff): void {
  if (!skb.packet.whole) return
  skb.largestFragment = skb.packet.ip.length
  skb.fragmentable = true
  skb.packet = reassembled(skb.packet)
  host.recorder.step({ kind: 'defragment', packet: skb.packet })
}

/** The datagram behind a first fragment, with the header as it is now. */
export function reassembled(first: Packet): Packet {
  const { whole } = first
  return whole
    ? { ip: { ...whole.ip, ttl: first.ip.ttl, source: first.ip.source, destination: first.ip.destination }, transport: whole.transport }
    : first
}

/** nf_conntrack_in. A packet that already has its connection (loopback, kernel answers) is left alone. */
function trackPacket(host: Host, skb: SkBuff, hook: Hook): void {
  if (skb.connection || skb.untracked === 'UNTRACKED') return
  const tracked = track(host.session.conntrack(host.ns.id), skb.packet)
  if (!tracked) {
    skb.untracked = 'INVALID'
    host.recorder.step({ kind: 'conntrack', hook, state: 'INVALID', direction: 'original', created: false })
    return
  }
  skb.connection = tracked.connection
  const { state, direction } = tracked.connection
  host.recorder.step({ kind: 'conntrack', hook, state, direction, created: tracked.created, entry: tracked.connection.tracked.entry })
}

/** nf_conntrack_confirm: last at INPUT and POSTROUTING, so a packet that dies before leaves no entry. */
function confirm(host: Host, skb: SkBuff): void {
  const tracked = skb.connection?.tracked
  if (!tracked || tracked.confirmed || skb.connection?.state !== 'NEW') return
  host.session.conntrack(host.ns.id).confirm(tracked)
  host.recorder.step({ kind: 'confirm', entry: tracked.entry })
}
