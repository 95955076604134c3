import type { NetnsId } from '../kernel/interface.ts'
import { joinHostPort } from '../net/ip.ts'
import { type IcmpError, isEchoRequest, isIcmp, isIcmp6Error, isRedirect, type Packet } from '../net/packet.ts'
import type { Step } from '../kernel/step.ts'
import type { PacketTrace } from '../walk/trace.ts'
import type { Walked } from '../walk/walk.ts'
import type { Outcome, Request } from './conversation.ts'
import type { Opened } from './converse.ts'

/** What the client program reports, read off the walked packets. */
export function outcomeOf(request: Request, opened: Opened, packets: readonly Walked[]): Outcome {
  const local = opened.kind === 'opened' ? joinHostPort(opened.socket.local, opened.socket.localPort) : opened.local
  const withLocal = local === undefined || isIcmp(request.protocol) ? {} : { local }
  if (opened.kind === 'refused') return { kind: 'local-error', errno: opened.errno, reachedServer: false, ...withLocal }
  const first = packets[0]
  const unsupported = packets.find((p) => p.end.kind === 'unsupported')
  if (unsupported) return { kind: 'unsupported', reachedServer: false, ...withLocal }
  const reached = reachedServer(request, packets)
  const answer = packets.slice(1).find((p) => p.end.kind === 'delivered' && p.end.to === 'client')
  const kind = answer && answer.end.kind === 'delivered' ? answer.end.packet.transport : undefined
  if (answer && kind && isAnswer(kind)) {
    const connected = request.protocol !== 'tcp' || reached
    if (connected) return { kind: 'answered', reachedServer: true, ...withLocal, ...whoAnswered(first) }
  }
  return { ...failure(request, packets, reached), ...withLocal }
}

function isAnswer(t: Packet['transport']): boolean {
  switch (t.kind) {
    case 'tcp':
      return t.flags === 'SA'
    case 'udp':
      return true
    case 'sctp':
      return t.chunk === 'INIT-ACK'
    case 'icmp-echo':
      return !isEchoRequest(t)
    case 'icmp-error':
      return false
  }
}

/** Application bytes arrived: a datagram delivered, or the ACK that data would follow. */
function reachedServer(request: Request, packets: readonly Walked[]): boolean {
  return packets.some((p) => {
    if (p.end.kind !== 'delivered' || p.end.to !== 'listener') return false
    const t = p.end.packet.transport
    return request.protocol === 'tcp' ? t.kind === 'tcp' && t.flags === 'A' : true
  })
}

function whoAnswered(first: Walked | undefined): Partial<Outcome> {
  if (first?.end.kind !== 'delivered') return {}
  const { packet, owner } = first.end
  const t = packet.transport
  const { source } = packet.ip
  const netns = first.trace.hops.at(-1)?.netns
  const by = owner ?? netns
  return {
    ...(by !== undefined && { answeredBy: by }),
    clientSeen: t.kind === 'icmp-echo' || t.kind === 'icmp-error' ? source : joinHostPort(source, t.sourcePort),
  }
}

type Sighting = Extract<Step, { readonly kind: 'transmit' | 'receive' }>

/** Where a packet was seen on a device, in order. */
function sightingsOf(trace: PacketTrace): readonly { readonly netns: NetnsId; readonly step: Sighting }[] {
  return trace.hops.flatMap(({ netns, steps }) =>
    steps.flatMap((step) => (step.kind === 'transmit' || step.kind === 'receive' ? { netns, step } : [])),
  )
}

/** icmp_err_convert (net/ipv4/icmp.c): what an unreachable code means to a socket, and whether it is fatal to a datagram socket. */
const UNREACHABLE: readonly { readonly errno: Outcome['errno']; readonly fatal: boolean }[] = [
  { errno: 'ENETUNREACH', fatal: false },
  { errno: 'EHOSTUNREACH', fatal: false },
  { errno: 'ENOPROTOOPT', fatal: true },
  { errno: 'ECONNREFUSED', fatal: true },
  { errno: 'EMSGSIZE', fatal: false },
  { errno: 'EOPNOTSUPP', fatal: false },
  { errno: 'ENETUNREACH', fatal: true },
  { errno: 'EHOSTDOWN', fatal: true },
  { errno: 'ENONET', fatal: true },
  { errno: 'ENETUNREACH', fatal: true },
  { errno: 'EHOSTUNREACH', fatal: true },
  { errno: 'ENETUNREACH', fatal: false },
  { errno: 'EHOSTUNREACH', fatal: false },
  { errno: 'EHOSTUNREACH', fatal: true },
]

function failure(request: Request, packets: readonly Walked[], reachedServer: boolean): Outcome {
  const blocked = isBlockedHere(request, packets[0])
  const reply = packets.slice(1).find((p) => isRefusal(p.trace.sent) && p.trace.direction === 'reply')
  const sightings = reply ? sightingsOf(reply.trace) : []
  const [first] = sightings
  const last = sightings.at(-1)
  if (!reply || !first || !last)
    return blocked ? { kind: 'local-error', errno: 'EPERM', reachedServer } : { kind: 'timeout', errno: 'TIMEOUT', reachedServer }
  const t = reply.trace.sent.transport
  const arrived = last.netns === request.netns
  const { packet } = last.step
  // What never came out of a tunnel was seen inside it.
  const shown = (packet.transport.kind === 'udp' && packet.transport.vxlan?.frame.packet) || packet
  const about = {
    sentBy: { netns: first.netns, dev: first.step.dev, source: first.step.packet.ip.source },
    // As a capture on the client's device sees it; un-NAT at INPUT comes later.
    ...(arrived && { fromAddressSeenByClient: shown.ip.source }),
    ...(t.kind === 'icmp-error' ? { icmp: { type: t.type, code: t.code, ...(t.mtu !== undefined && { mtu: t.mtu }) } } : { reset: true }),
  }
  const delivered = reply.end.kind === 'delivered' && reply.end.to === 'client' ? reply.end.packet : undefined
  const errno = blocked ? 'EPERM' : delivered ? errnoOf(request, delivered) : 'TIMEOUT'
  if (errno === 'ECONNREFUSED' && !isIcmp(request.protocol)) return { kind: 'refused', errno, reachedServer, ...about }
  if (t.kind === 'icmp-error' && arrived) return { kind: 'icmp-error', errno, reachedServer, ...about }
  return { kind: blocked ? 'local-error' : 'timeout', errno, reachedServer, ...about }
}

/**
 * A DROP at OUTPUT or POSTROUTING of the sender makes send() fail with EPERM (nf_hook_slow). TCP does not tell: it sends again. What dies inside a
 * tunnel or behind a device is not told either.
 */
function isBlockedHere(request: Request, first: Walked | undefined): boolean {
  const hop = first?.trace.hops[0]
  if (!first || !hop || request.protocol === 'tcp' || first.trace.hops.length > 1) return false
  if (hop.steps.some((step) => step.kind === 'transmit' || step.kind === 'receive')) return false
  if (first.end.kind === 'dropped') return ['rule', 'policy', 'nat-exhausted'].includes(first.end.by)
  return first.end.kind === 'rejected' && hop.steps.some((step) => step.kind === 'chain' && step.verdict === 'DROP')
}

function isRefusal(packet: Packet): boolean {
  const t = packet.transport
  return (
    (t.kind === 'icmp-error' && !isRedirect(t)) || (t.kind === 'tcp' && t.flags.includes('R')) || (t.kind === 'sctp' && t.chunk === 'ABORT')
  )
}

/** icmpv6_err_convert (net/ipv6/icmp.c), of destination unreachable. */
const UNREACHABLE6: readonly Outcome['errno'][] = [
  'ENETUNREACH',
  'EACCES',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'ECONNREFUSED',
  'EACCES',
  'EACCES',
]

/** tcp_v6_err, udpv6_err. The client's datagram sockets ask for every error (IPV6_RECVERR). */
function errno6Of(request: Request, { type, code }: IcmpError): NonNullable<Outcome['errno']> {
  if (type === 3) return 'EHOSTUNREACH'
  if (type === 2) return request.protocol === 'tcp' ? 'TIMEOUT' : 'EMSGSIZE'
  return (type === 1 ? UNREACHABLE6[code] : undefined) ?? 'TIMEOUT'
}

/** tcp_v4_err, udp_err: TCP gives up its handshake on any error; a datagram socket hears only of fatal ones. */
function errnoOf(request: Request, delivered: Packet): NonNullable<Outcome['errno']> {
  const t = delivered.transport
  if (t.kind !== 'icmp-error') return 'ECONNREFUSED'
  if (isIcmp6Error(t)) return errno6Of(request, t)
  const tcp = request.protocol === 'tcp'
  if (t.type === 11) return tcp ? 'EHOSTUNREACH' : 'TIMEOUT'
  if (t.code === 4) return request.protocol === 'udp' && request.dontFragment === false ? 'TIMEOUT' : 'EMSGSIZE'
  const meaning = UNREACHABLE[t.code]
  if (!meaning?.errno) return 'TIMEOUT'
  return tcp || meaning.fatal ? meaning.errno : 'TIMEOUT'
}
