import type { HttpRequest, HttpResponse } from '../apps/http.ts'
import type { Accepted, Dial, Failure } from '../apps/program.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { Answered, Handler } from './link.ts'
import { Link } from './link.ts'
import type { Journey } from './journey-state.ts'
import type { AcceptedSocket } from './accepted-socket.ts'

/** A program that dials: where it runs, and the connection that made it do so. */
export interface Dialler {
  readonly netns: NetnsId
  readonly owner: string | undefined
  readonly program: string
  readonly connection: number
}

export const diallerOf = ({ netns, owner }: AcceptedSocket, { program }: Pick<Handler, 'program'>, connection: number): Dialler => ({
  netns,
  owner,
  program,
  connection,
})

/** tcp_syn_retries 6: 1 + 2 + 4 + … + 64 seconds. */
export const CONNECT_PATIENCE = 127
/** tcp_retries2 15: when a kernel gives a connection up whose segments nobody acknowledges. */
export const PATIENCE = 924.6

export type Reached = { readonly kind: 'link'; readonly link: Link; readonly reused: boolean } | FailedDial | { readonly kind: 'late' }
interface FailedDial {
  readonly kind: 'failed'
  readonly failure: Failure
  /** Absent where none was opened. */
  readonly connection?: number
}

/** Proxies that lead to themselves never end. */
const CONNECTION_LIMIT = 64

/** A connection to an upstream: an idle one, or a new one with all that comes before the first request. `deadline`: when nobody waits any more. */
export function reach(journey: Journey, from: Dialler, dial: Dial, about: Accepted, deadline: number): Reached {
  const { session, journal } = journey
  const idle = journey.idle(from, dial)
  if (idle) return { kind: 'link', link: idle, reused: true }
  const began = session.now
  const failed = (kind: Failure['kind'], connection?: number): Reached => ({
    kind: 'failed',
    failure: { dial, kind, after: session.now - began },
    ...(connection !== undefined && { connection }),
  })
  if (journal.connections.length >= CONNECTION_LIMIT) {
    journal.fidelity.add('journey-limit')
    return failed('refused')
  }
  const until = Math.min(deadline, began + (dial.connectTimeout ?? CONNECT_PATIENCE))
  const { netns, owner, program } = from
  const request = { netns, protocol: 'tcp' as const, destination: dial.address, port: dial.port, timeout: until - began }
  const link = new Link(journey, request, { netns, program, ...(owner !== undefined && { owner }) }, from.connection)
  const { flow } = link
  if (!flow.isOpen) {
    const { kind } = flow.outcome
    if (kind === 'timeout') return session.now >= deadline ? { kind: 'late' } : failed('timeout', flow.index)
    return failed(kind === 'refused' ? 'refused' : 'unreachable', flow.index)
  }
  const ready = prepared(link, dial, about, until)
  if (ready === 'ready') return { kind: 'link', link, reused: false }
  if (ready === 'late') {
    link.close()
    return session.now >= deadline ? { kind: 'late' } : failed('timeout', flow.index)
  }
  if (flow.isOpen) link.close()
  return failed(ready, flow.index)
}

/** What is said before the first request: PROXY header, TLS. */
function prepared(link: Link, dial: Dial, about: Accepted, until: number): 'ready' | 'late' | 'reset' | 'closed' | 'tls' {
  const began = link.begin(until)
  if (began.kind !== 'replies') return began.kind
  if (dial.proxyHeader !== undefined) {
    const answered = link.ask({ kind: 'proxy-header', header: { version: dial.proxyHeader, ...namedIn(about) } }, until)
    if (answered.kind !== 'replies') return answered.kind
  }
  return dial.tls ? secured(link, dial.tls, until) : 'ready'
}

/** Whom a PROXY header names: the client that a header before it named, else the peer. */
function namedIn({ proxied, peer, peerPort, local, localPort }: Accepted) {
  if (!proxied) return { source: peer, sourcePort: peerPort, destination: local, destinationPort: localPort }
  const { version: _, ...named } = proxied
  return named
}

function secured(link: Link, tls: NonNullable<Dial['tls']>, until: number): 'ready' | 'late' | 'reset' | 'closed' | 'tls' {
  const hello = { alpn: tls.alpn ?? [], ...(tls.serverName !== undefined && { serverName: tls.serverName }) }
  const answered = link.ask({ kind: 'client-hello', hello }, until)
  if (answered.kind !== 'replies') return answered.kind
  if (!answered.messages.some(({ kind }) => kind === 'server-hello')) return 'tls'
  const finished = link.ask({ kind: 'finished' }, until)
  return finished.kind === 'replies' ? 'ready' : finished.kind
}

export type Fetched =
  | { readonly kind: 'response'; readonly response: HttpResponse; readonly link: Link }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'late' }

/** A request on a link, and its response. The link stays open where it may be used again. */
export function fetchOver(journey: Journey, link: Link, dial: Dial, request: HttpRequest, deadline: number): Fetched {
  const { session } = journey
  const began = session.now
  // What ALPN came to is spoken, whatever the program had in mind.
  const spoken: HttpRequest = link.alpn === 'h2' ? { ...request, version: '2' } : request
  const answered = link.ask({ kind: 'request', request: spoken }, Math.min(deadline, began + (dial.readTimeout ?? PATIENCE)))
  const response = responseIn(answered)
  if (response) return { kind: 'response', response, link }
  const failed = (kind: Failure['kind']): Fetched => ({ kind: 'failed', failure: { dial, kind, after: session.now - began } })
  if (answered.kind === 'late') {
    link.close()
    return session.now >= deadline ? { kind: 'late' } : failed('read-timeout')
  }
  return failed(answered.kind === 'reset' ? 'reset' : 'closed')
}

export function responseIn(answered: Answered): HttpResponse | undefined {
  if (answered.kind !== 'replies') return undefined
  for (const message of answered.messages) if (message.kind === 'response') return message.response
  return undefined
}
