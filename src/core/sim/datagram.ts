import type { DatagramDecision } from '../apps/program.ts'
import type { Session } from '../kernel/session.ts'
import { parseIp, joinHostPort } from '../net/ip.ts'
import type { Walked } from '../walk/walk.ts'
import type { PacketPlace, Party, Request, Routed } from './conversation.ts'
import type { ProcessAt } from './processes.ts'
import type { Beyond } from './relay.ts'
import { type AcceptedSocket, socketAt } from './accepted-socket.ts'

/**
 * Programs that pass datagrams on (nginx' stream module, Traefik): the first of a client, by address and port, begins a session with a socket of its own to an upstream; those that follow while it lasts
 * go the same way. Upstreams answer the program, and know no client. Left out: several answers to one datagram, errors of ICMP that a program hears and does not pass on.
 */
export interface Datagrams {
  /** Undefined where no program is that passes datagrams on; else whether its client gets an answer. `before`: packets that the client's conversation has so far. */
  readonly pass: (walked: Walked, before: number) => boolean | undefined
  readonly happened: () => boolean
  readonly made: readonly Beyond[]
  /** What the program did, once it has done anything. */
  readonly at: () => DatagramsAt | undefined
}

export interface DatagramsAt {
  readonly server: Party
  readonly seen: string
  readonly routed: Routed
  /** Packets of the client's connection that come before those of the upstream's. */
  readonly before: number
}

export function datagrams(session: Session, processAt: ProcessAt, dial: (request: Request) => Beyond): Datagrams {
  const made: Beyond[] = []
  let at: DatagramsAt | undefined
  return {
    made,
    happened: () => at !== undefined,
    at: () => at,
    pass(walked, before) {
      const accepted = walked.trace.sent.ip.protocol === 'udp' ? socketAt(walked) : undefined
      if (!accepted) return undefined
      const { program, running, process } = processAt(accepted)
      if (!running.datagram) return undefined
      const memory = session.memories.get(process) ?? new Map<string, number | string>()
      const { netns, owner, local, localPort, peer, peerPort } = accepted
      const key = `datagrams ${localPort} ${joinHostPort(peer, peerPort)}`
      const known = lasting(memory.get(key), session.now)
      const { now, choose } = session
      const decision: DatagramDecision =
        known?.decision ?? running.datagram({ local, localPort, peer, peerPort, moment: { now, choose, memory } })
      const remembered = new Map(memory)
      for (const [name, value] of known ? [] : (decision.remember ?? []))
        if (value === undefined) remembered.delete(name)
        else remembered.set(name, value)
      const server = { netns, program, address: joinHostPort(local, localPort), ...(owner !== undefined && { owner }) }
      at = { server, seen: joinHostPort(peer, peerPort), routed: routedBy(program, decision), before }
      const beyond = decision.to && sentOn(dial, netns, decision, known?.sourcePort)
      if (beyond) made.push(beyond)
      const answered = beyond?.outcome.kind === 'answered'
      const over = beyond === undefined || (answered && decision.responses === 1)
      if (over) remembered.delete(key)
      else remembered.set(key, sessionText(decision, beyond, now))
      session.memories.set(process, remembered)
      return answered
    },
  }
}

function sentOn(
  dial: (request: Request) => Beyond,
  netns: AcceptedSocket['netns'],
  { to }: DatagramDecision,
  sourcePort: number | undefined,
): Beyond | undefined {
  return to && dial({ netns, protocol: 'udp', destination: to.address, port: to.port, ...(sourcePort !== undefined && { sourcePort }) })
}

function routedBy(program: string, { to, why, matched = [], balance, log }: DatagramDecision): Routed {
  return {
    program,
    kind: to ? 'proxy' : 'close',
    matched,
    tried: [],
    upstream: to ? [1] : [],
    ...(to && { to }),
    ...(why !== undefined && { why }),
    ...(balance && { balance }),
    ...(log && { log }),
  }
}

interface Lasting {
  readonly decision: DatagramDecision
  readonly sourcePort: number
}

/** What is kept of a session: whom it is with, the port of its own socket, and when it ends unless something comes. */
const sessionText = ({ to, idle, responses }: DatagramDecision, { outcome }: Beyond, now: number): string =>
  JSON.stringify([
    to?.address,
    to?.port,
    to?.upstream,
    Number(/:(\d+)$/.exec(outcome.local ?? '')?.[1] ?? 0),
    idle,
    responses ?? 0,
    now + idle,
  ])

function lasting(text: number | string | undefined, now: number): Lasting | undefined {
  if (typeof text !== 'string') return undefined
  const [address, port, upstream, sourcePort, idle, responses, until] = JSON.parse(text) as [
    string,
    number,
    string,
    number,
    number,
    number,
    number,
  ]
  const ip = parseIp(address)
  if (!ip || now > until) return undefined
  const decision = { to: { address: ip, port, upstream }, why: 'session', idle, ...(responses > 0 && { responses }) }
  return { decision, sourcePort }
}

/** Packets of the client and of the program in order of time: those of the upstream lie where the program heard of the client. */
export function orderOf(packets: number, upstream: number, before: number): readonly PacketPlace[] {
  const places = (connection: number, from: number, to: number): readonly PacketPlace[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => ({ connection, packet: from + i }))
  return [...places(0, 0, before), ...places(1, 0, upstream), ...places(0, before, packets)]
}
