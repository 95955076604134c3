import type { NetnsId } from '../kernel/interface.ts'
import type { Relay } from '../kernel/netns.ts'
import type { RelayState } from '../kernel/runtime.ts'
import type { Session } from '../kernel/session.ts'
import { type Ip, parseIp } from '../net/ip.ts'
import type { PacketTrace } from '../walk/trace.ts'
import type { Walked } from '../walk/walk.ts'
import type { Outcome, Request } from './conversation.ts'

/**
 * A process that passes connections on, as kube-proxy does in userspace mode (kubernetes pkg/proxy/userspace/proxysocket.go and roundrobin.go, v1.25): it
 * takes a client's connection, makes one of its own to an endpoint, and copies bytes between them. Left out: the copying, how connections are closed, and
 * the quarter of a second for which it keeps a socket for a UDP client.
 */
export interface RelayAt {
  readonly netns: NetnsId
  readonly relay: Relay
  readonly client: Ip
  readonly protocol: 'tcp' | 'udp'
}

/** One connection that the process made, and what became of it. */
export interface Beyond {
  readonly traces: readonly PacketTrace[]
  readonly outcome: Outcome
}

/** All that such processes do in one conversation. */
export interface Relaying {
  /** A process has heard of a client; whether it got it an answer. */
  readonly pass: (at: RelayAt) => boolean
  /** Whether one of them had a part in it. */
  readonly happened: () => boolean
  readonly made: readonly Beyond[]
}

export function relaying(session: Session, dial: (request: Request) => Beyond): Relaying {
  const made: Beyond[] = []
  let happened = false
  return {
    made,
    happened: () => happened,
    pass(at) {
      happened = true
      const tried = passOn(session, at, dial)
      made.push(...tried)
      return tried.at(-1)?.outcome.kind === 'answered'
    },
  }
}

/** The process that a packet has come to, once it hears of it: with the ACK of a handshake, or with a datagram. */
export function relayAt(session: Session, { end, trace }: Walked): RelayAt | undefined {
  if (end.kind !== 'delivered' || end.to !== 'listener') return undefined
  const { ip, transport } = end.packet
  const heard = transport.kind === 'udp' || (transport.kind === 'tcp' && transport.flags === 'A')
  const netns = trace.hops.at(-1)?.netns
  if (!heard || netns === undefined) return undefined
  const socket = session.network
    .netns(netns)
    ?.sockets.find(({ relay, protocol, port }) => relay && protocol === ip.protocol && port === transport.destinationPort)
  return socket?.relay && { netns, relay: socket.relay, client: ip.source, protocol: transport.kind }
}

/** Seconds that it waits for an endpoint, then for the next one (EndpointDialTimeouts). */
export const DIAL_TIMEOUTS = [0.25, 0.5, 1, 2]

/** Tries endpoint after endpoint until one takes the connection. A UDP socket is connected without asking anybody. */
function passOn(session: Session, at: RelayAt, dial: (request: Request) => Beyond): readonly Beyond[] {
  const made: Beyond[] = []
  for (const timeout of DIAL_TIMEOUTS) {
    const endpoint = nextEndpoint(session, at, made.length > 0)
    if (!endpoint) break
    const { ip: destination, port } = endpoint
    const dialled = dial({ netns: at.netns, protocol: at.protocol, destination, port, ...(at.protocol === 'tcp' && { timeout }) })
    made.push(dialled)
    if (dialled.outcome.kind === 'answered' || (at.protocol === 'udp' && dialled.outcome.kind !== 'local-error')) break
  }
  return made
}

export interface Endpoint {
  readonly ip: Ip
  readonly port: number
}

/** LoadBalancerRR.NextEndpoint. `again`: the one before could not be reached, so that a client's own endpoint counts no more. */
export function nextEndpoint(session: Session, { netns, relay, client }: RelayAt, again: boolean): Endpoint | undefined {
  const key = `${netns} ${relay.service}`
  const current = relay.endpoints()
  const known = session.relays.get(key)
  const stays = relay.affinitySeconds !== undefined
  const usual = stays && !again ? known?.affinity.get(client) : undefined
  const { now } = session
  if (known && usual && current.includes(usual.endpoint) && Math.floor(now - usual.lastUsed) < (relay.affinitySeconds ?? 0)) {
    session.relays.set(key, { ...known, affinity: new Map(known.affinity).set(client, { ...usual, lastUsed: now }) })
    return parsed(usual.endpoint)
  }
  const { endpoints, index } = known && isSame(known, current) ? known : { endpoints: shuffled(session, netns, relay, current), index: 0 }
  const endpoint = endpoints[index]
  if (endpoint === undefined) return undefined
  const affinity = new Map([...(known?.affinity ?? [])].filter(([, one]) => current.includes(one.endpoint)))
  if (stays) affinity.set(client, { endpoint, lastUsed: now })
  session.relays.set(key, { endpoints, index: (index + 1) % endpoints.length, affinity })
  return parsed(endpoint)
}

/** `10.244.0.5:8080`, `[fd00::5]:8080`. */
function parsed(text: string): Endpoint | undefined {
  const at = text.lastIndexOf(':')
  const ip = parseIp(text.slice(0, at).replace(/^\[|\]$/g, ''))
  return ip && { ip, port: Number(text.slice(at + 1)) }
}

const isSame = ({ endpoints }: RelayState, current: readonly string[]): boolean =>
  endpoints.length === current.length && current.every((endpoint) => endpoints.includes(endpoint))

/** kube-proxy shuffles endpoints whenever there are others: chance is asked who is the first, the rest follow in the order of their addresses. */
function shuffled(session: Session, netns: NetnsId, { portal }: Relay, current: readonly string[]): readonly string[] {
  if (current.length < 2) return current
  const first = session.choose({
    kind: 'branch',
    weights: current.map(() => 1 / current.length),
    why: { kind: 'real-server-order', netns, virtualServer: portal, realServers: current },
  })
  return [...current.slice(first), ...current.slice(0, first)]
}

/** What the client of such a process reports: the server answers it, but has seen the process only. A connection that leads nowhere is closed. */
export function throughRelays(
  outcome: Outcome,
  { happened, made }: Pick<Relaying, 'happened' | 'made'>,
  protocol: Request['protocol'],
): Outcome {
  if (!happened()) return outcome
  const last = made.at(-1)?.outcome
  const { local } = outcome
  const withLocal = local === undefined ? {} : { local }
  if (last?.kind === 'answered' && outcome.kind === 'answered') {
    const { answeredBy, clientSeen } = last
    return {
      kind: 'answered',
      reachedServer: true,
      ...withLocal,
      ...(answeredBy !== undefined && { answeredBy }),
      ...(clientSeen !== undefined && { clientSeen }),
    }
  }
  const reachedServer = last?.reachedServer ?? false
  if (protocol === 'tcp') return { kind: 'refused', errno: 'ECONNRESET', reset: true, reachedServer, ...withLocal }
  return { ...outcome, reachedServer }
}
