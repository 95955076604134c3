import { ECHO } from '../apps/echo.ts'
import { headerOf, headersOf, type HttpRequest, type HttpResponse, type HttpVersion, upgradeOf, withoutHeader } from '../apps/http.ts'
import type { Accepted, Decision, Exchange, Failure, Passed, ProxyDecision } from '../apps/program.ts'
import type { Routed } from './conversation.ts'
import type { Journey } from './journey-state.ts'
import type { Link, Reaction } from './link.ts'
import { type At, TRY_LIMIT } from './stream-handler.ts'
import { fetchOver, reach } from './upstream.ts'

/** How long the client waits, and what its server's kernel and configuration do about the connection. */
export interface Serving {
  readonly deadline: number
  readonly acknowledge: () => void
  /** Whether the program lets connections live on at all. */
  readonly keeps: boolean
}

export interface Served {
  readonly reaction: Reaction
  /** Set when the connection has been upgraded: to whom its bytes go from now on. */
  readonly tunnel?: Link | 'echo'
  /** Seconds for which it may be silent; absent: for ever. */
  readonly tunnelIdle?: number
}

/** One request at a program: it answers itself, or asks upstream after upstream until it has an answer or gives up. */
export function serve(journey: Journey, at: At, connection: Accepted, request: HttpRequest, serving: Serving): Served {
  const tried: Failure[] = []
  const used: number[] = []
  for (let turn = 0; turn < TRY_LIMIT; turn++) {
    const exchange: Exchange = { request, connection: { ...connection, moment: journey.moment(at.process) }, tried: [...tried] }
    const decision = at.running.request?.(exchange)
    if (!decision) return { reaction: { kind: 'close' } }
    journey.remember(at.process, decision.remember)
    if (decision.kind !== 'proxy') return answered(journey, at, decision, { request, tried, used }, serving)
    const passed = passOn(journey, at, decision, { exchange, tried, used }, serving)
    if (passed) return passed
  }
  return { reaction: { kind: 'close' } }
}

interface Account {
  readonly tried: readonly Failure[]
  readonly used: readonly number[]
}

function routedBy(at: At, decision: Decision, { tried, used }: Account): Routed {
  const { matched, log } = decision
  return {
    program: at.dialler.program,
    kind: decision.kind,
    matched,
    tried: [...tried],
    upstream: [...used],
    ...(decision.kind !== 'proxy' && { why: decision.why }),
    ...(decision.kind === 'proxy' && { to: decision.to }),
    ...(decision.kind === 'proxy' && decision.balance && { balance: decision.balance }),
    ...(log && { log }),
  }
}

function answered(
  journey: Journey,
  at: At,
  decision: Exclude<Decision, ProxyDecision>,
  account: Account & { readonly request: HttpRequest },
  { deadline, acknowledge, keeps }: Serving,
): Served {
  const routed = routedBy(at, decision, account)
  if (at.dialler.program === ECHO.name) journey.journal.fidelity.add('echo-server')
  if (decision.kind === 'close') return { reaction: { kind: 'close', routed } }
  const { response } = decision
  const { session } = journey
  if (response.delay !== undefined && response.delay > 0) {
    acknowledge()
    const ready = session.now + response.delay
    session.now = Math.min(ready, deadline)
    if (ready > deadline) return { reaction: { kind: 'late', routed } }
  }
  return replied(response, account.request, routed, { keeps, tunnel: 'echo' })
}

/** Undefined: it did not work out, and the program is asked what next. */
function passOn(
  journey: Journey,
  at: At,
  decision: ProxyDecision,
  state: { readonly exchange: Exchange; readonly tried: Failure[]; readonly used: number[] },
  { deadline, acknowledge, keeps }: Serving,
): Served | undefined {
  const { exchange, tried, used } = state
  acknowledge()
  for (const mirror of decision.mirrors ?? []) sendCopy(journey, at, mirror, exchange, used, deadline)
  const late = (): Served => ({ reaction: { kind: 'late', routed: routedBy(at, decision, state) } })
  const reached = reach(journey, at.dialler, decision.to, exchange.connection, deadline)
  if (reached.kind === 'late') return late()
  if (reached.kind === 'failed') {
    tried.push(reached.failure)
    if (reached.connection !== undefined) used.push(reached.connection)
    return undefined
  }
  const { link } = reached
  used.push(link.flow.index)
  const fetched = fetchOver(journey, link, decision.to, decision.request, deadline)
  if (fetched.kind === 'late') return late()
  if (fetched.kind === 'failed') {
    tried.push(fetched.failure)
    return undefined
  }
  const upgraded = fetched.response.status === 101 && upgradeOf(decision.request) !== undefined
  if (!upgraded) journey.release(at.dialler, decision.to, link)
  const passed = adapted(at, fetched.response, exchange, decision)
  journey.remember(at.process, passed.remember)
  if (passed.retry) {
    tried.push({ dial: decision.to, kind: 'closed', after: 0, response: fetched.response })
    return undefined
  }
  const idle = decision.to.idleTimeout ?? decision.to.readTimeout
  const tunnel = upgraded && { tunnel: link, ...(idle !== undefined && { idle }) }
  return replied(passed.response, exchange.request, routedBy(at, decision, state), { keeps, ...tunnel })
}

function adapted(at: At, response: HttpResponse, exchange: Exchange, decision: ProxyDecision): Passed {
  const made = at.running.response?.(response, exchange, decision) ?? response
  return 'response' in made ? made : { response: made }
}

/** A copy of the request; its answer is read and thrown away. */
function sendCopy(
  journey: Journey,
  at: At,
  { to, request }: NonNullable<ProxyDecision['mirrors']>[number],
  { connection }: Exchange,
  used: number[],
  deadline: number,
): void {
  const reached = reach(journey, at.dialler, to, connection, deadline)
  if (reached.kind !== 'link') return
  used.push(reached.link.flow.index)
  const fetched = fetchOver(journey, reached.link, to, request, deadline)
  if (fetched.kind === 'response') journey.release(at.dialler, to, reached.link)
}

/** Fields that belong to one connection of HTTP/1.1 and do not exist in HTTP/2 (RFC 9113, 8.2.2). */
const OF_ONE_CONNECTION = ['Connection', 'Keep-Alive', 'Proxy-Connection', 'Transfer-Encoding', 'Upgrade']

/** A response in the version of its request, and whether the connection ends with it. */
function replied(
  response: HttpResponse,
  request: HttpRequest,
  routed: Routed,
  how: { readonly keeps: boolean; readonly tunnel?: Link | 'echo'; readonly idle?: number },
): Served {
  const version: HttpVersion = request.version === '2' ? '2' : response.version === '2' ? '1.1' : response.version
  const headers = version === '2' ? OF_ONE_CONNECTION.reduce(withoutHeader, response.headers) : response.headers
  const { trailers, ...rest } = response
  const message = { kind: 'response' as const, response: { ...rest, version, headers, ...(trailers && version === '2' && { trailers }) } }
  const upgraded = response.status === 101 && upgradeOf(request) !== undefined
  const close = !upgraded && version !== '2' && (!how.keeps || endsConnection(request, response))
  return {
    reaction: { kind: 'replies', messages: [message], close, routed },
    ...(upgraded && how.tunnel !== undefined && { tunnel: how.tunnel }),
    ...(upgraded && how.idle !== undefined && { tunnelIdle: how.idle }),
  }
}

/** RFC 9112, 9.3. */
export function endsConnection(request: HttpRequest, response: HttpResponse): boolean {
  const says = (headers: HttpRequest['headers'], word: string): boolean =>
    headersOf(headers, 'Connection').some((value) =>
      value
        .toLowerCase()
        .split(/\s*,\s*/)
        .includes(word),
    )
  if (says(request.headers, 'close') || says(response.headers, 'close')) return true
  const old = request.version === '1.0' || response.version === '1.0'
  const framed =
    response.body === '' ||
    headerOf(response.headers, 'Content-Length') !== undefined ||
    headerOf(response.headers, 'Transfer-Encoding') !== undefined
  return (old && !says(response.headers, 'keep-alive')) || !framed
}
