import type { Choose } from '../base/choose.ts'
import { ok, type Result } from '../base/result.ts'
import { headerOf, type HttpRequest, type HttpResponse, type HttpVersion } from '../apps/http.ts'
import { statusOf } from '../apps/grpc.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Network } from '../kernel/netns.ts'
import type { Runtime } from '../kernel/runtime.ts'
import { Session, type SessionOptions } from '../kernel/session.ts'
import type { Ip } from '../net/ip.ts'
import { parseIp } from '../net/ip.ts'
import type { Connection, Conversation, HttpAsked, Outcome, Request } from './conversation.ts'
import type { Conversed } from './converse.ts'
import * as curl from './curl.ts'
import { Journey } from './journey-state.ts'
import { Link } from './link.ts'
import { answerOf } from './answer.ts'
import { listeners, type ProcessAt } from './processes.ts'
import { endsConnection } from './serve.ts'
import { resolveTarget, type TargetError } from './target.ts'
import { CONNECT_PATIENCE, PATIENCE, responseIn } from './upstream.ts'

/**
 * A request of HTTP from URL to response, as curl makes it: the name resolved, a connection, TLS, request and response, redirects where they are followed, more
 * requests on the same connection, and its end. What servers and proxies do meanwhile is in `serve.ts` and `stream-handler.ts`; all of it is packets. Left out:
 * DNS packets (`name-from-api`), Happy Eyeballs, cookies between requests, bodies that stream.
 */
export function journey(
  cluster: Cluster,
  network: Network,
  runtime: Runtime,
  asked: HttpAsked,
  processAt: ProcessAt,
  choose: Choose,
  options: SessionOptions,
): Result<Conversed, TargetError> {
  const session = new Session(network, runtime, choose, options)
  const client = new Client(new Journey(session, cluster, listeners(processAt)), asked)
  const first = client.resolved(asked.url)
  if (!first.ok) return first
  const outcome = client.run(first.value)
  client.leave()
  const { journal } = client.journey
  const { request } = client
  return ok({
    conversation: conversationOf(asked, request ?? requestTo(asked, first.value.ip, first.value.url.port, 0), outcome, client.journey),
    runtime: finished(
      session,
      journal.connections.some(({ end }) => end === 'open'),
    ),
  })
}

function finished(session: Session, open: boolean): Runtime {
  if (open) session.holdConnections()
  return session.runtime()
}

function conversationOf(asked: HttpAsked, request: Request, outcome: Outcome, { journal, session }: Journey): Conversation {
  const connections: readonly Connection[] = journal.written()
  return {
    request,
    asked,
    connections,
    order: journal.order,
    outcome,
    choices: session.choices,
    probability: session.choices.reduce((p, c) => p * c.probability, 1),
    fidelity: [...journal.fidelity],
  }
}

interface Resolved {
  readonly url: curl.Url
  readonly ip: Ip
}

/** A response, or why there is none; `at` is the connection (index) that it concerns. */
type Fetched = { readonly kind: 'response'; readonly response: HttpResponse; readonly at: number } | Failed
interface Failed {
  readonly kind: 'failed'
  readonly at: number
  readonly error: curl.CurlError
  readonly transport?: Outcome
}

/** curl's --max-redirs. */
const REDIRECT_LIMIT = 50

function requestTo({ netns, sourcePort }: HttpAsked, destination: Ip, port: number, timeout: number): Request {
  return { netns, protocol: 'tcp', destination, port, timeout, ...(sourcePort !== undefined && { sourcePort }) }
}

class Client {
  readonly journey: Journey
  /** The first connection that was asked of the kernel. */
  request: Request | undefined
  private readonly asked: HttpAsked
  private readonly began: number
  private readonly deadline: number
  private readonly open = new Map<string, Link>()
  private upgraded: Link | undefined

  constructor(journey: Journey, asked: HttpAsked) {
    this.journey = journey
    this.asked = asked
    this.began = journey.session.now
    this.deadline = this.began + (asked.maxTime ?? PATIENCE)
  }

  /** Where a URL leads: `--resolve`, an address, or a name as the sender's resolver knows it. */
  resolved(text: string): Result<Resolved, TargetError> {
    const parsed = curl.parseUrl(text)
    if (!parsed.ok) return { ok: false, error: { code: 'address', message: parsed.error } }
    const url = parsed.value
    const fixed = this.asked.resolve?.find(({ host, port }) => (host === '*' || host.toLowerCase() === url.host) && port === url.port)
    const literal = fixed?.address ?? parseIp(url.host)
    if (literal) return ok({ url, ip: literal })
    const { namespace, family } = this.asked
    const { session, cluster, journal } = this.journey
    const found = resolveTarget(cluster, `${url.host}:${url.port}`, 'tcp', namespace, session.choose, family)
    if (!found.ok) return found
    for (const id of found.value.fidelity) journal.fidelity.add(id)
    return ok({ url, ip: found.value.ip })
  }

  run(first: Resolved): Outcome {
    let to = first
    let method = curl.methodOf(this.asked)
    let fetched = this.repeated(to, method)
    for (let followed = 0; this.asked.follow && fetched.kind === 'response'; followed++) {
      const { response, at } = fetched
      const location = headerOf(response.headers, 'Location')
      if (!curl.isRedirect(response.status) || location === undefined) break
      if (followed >= REDIRECT_LIMIT) return this.failed({ kind: 'failed', at, error: curl.TOO_MANY })
      const next = curl.redirectedUrl(to.url, location)
      const resolved = next.ok ? this.resolved(textOf(next.value)) : undefined
      if (!resolved?.ok) {
        const message = resolved ? resolved.error.message : next.ok ? '' : next.error
        return this.failed({ kind: 'failed', at, error: { exit: resolved ? 6 : 3, message } })
      }
      method = curl.redirectedMethod(this.asked, response.status, method)
      to = resolved.value
      fetched = this.fetched(to, method)
    }
    return fetched.kind === 'response' ? this.answered(fetched) : this.failed(fetched)
  }

  private repeated(to: Resolved, method: string): Fetched {
    let fetched = this.fetched(to, method)
    for (let nth = 1; nth < (this.asked.times ?? 1) && fetched.kind === 'response'; nth++) fetched = this.fetched(to, method)
    return fetched
  }

  /** One request, on a connection to the same place if there is one. */
  private fetched({ url, ip }: Resolved, method: string): Fetched {
    const key = `${url.scheme} ${ip} ${url.host} ${url.port}`
    const known = this.open.get(key)
    const link = known?.flow.isOpen ? known : this.connect(url, ip)
    if ('kind' in link) return link
    this.open.set(key, link)
    const at = link.flow.index
    const tls = this.journey.journal.connections[at]?.tls
    if (curl.isGrpcUrl(url)) this.journey.journal.fidelity.add('grpc-calls')
    const http2 = tls?.alpn === 'h2' || this.asked.http === '2-prior-knowledge' || curl.isGrpcUrl(url)
    const version: HttpVersion = http2 ? '2' : '1.1'
    const request = curl.requestFor(this.asked, url, method, version)
    const answered = link.ask({ kind: 'request', request }, this.deadline)
    const response = responseIn(answered)
    if (response) return this.received(link, url, request, response)
    const error =
      answered.kind === 'reset'
        ? curl.RESET
        : answered.kind === 'late'
          ? curl.timeoutError(this.journey.session.now - this.began)
          : curl.EMPTY_REPLY
    return { kind: 'failed', at, error }
  }

  private received(link: Link, url: curl.Url, request: HttpRequest, response: HttpResponse): Fetched {
    if (response.status === 101) {
      this.upgraded = link
      if (curl.isWebSocket(url)) this.talk(link)
    } else if (request.version !== '2' && endsConnection(request, response)) link.close()
    return { kind: 'response', response, at: link.flow.index }
  }

  /** A message; and another one after a silence, where nobody on the way has hung up meanwhile. */
  private talk(link: Link): void {
    const say = (text: string) => link.ask({ kind: 'frame', text, masked: true }, this.deadline)
    const { idle } = this.asked
    say('hello')
    if (idle === undefined || !link.flow.isOpen) return
    link.rest(this.journey.session.now + idle)
    if (link.flow.isOpen) say('hello again')
  }

  private connect(url: curl.Url, ip: Ip): Link | Failed {
    const { session } = this.journey
    const from = session.now
    const until = Math.min(this.deadline, from + (this.asked.connectTimeout ?? CONNECT_PATIENCE))
    const request = requestTo(this.asked, ip, url.port, until - from)
    this.request ??= request
    const { netns } = this.asked
    const link = new Link(this.journey, request, { netns, program: 'curl' })
    const { flow } = link
    const at = flow.index
    if (!flow.isOpen) {
      const why = flow.outcome.kind !== 'timeout' ? 'refused' : until < from + CONNECT_PATIENCE ? 'curl' : 'kernel'
      return { kind: 'failed', at, error: curl.connectError(url, session.now - from, why), transport: flow.outcome }
    }
    const begun = link.begin(until)
    if (begun.kind !== 'replies') {
      link.close()
      return { kind: 'failed', at, error: this.unbegun(begun.kind, url) }
    }
    const header = this.asked.proxyHeader ? this.announced(link, until) : undefined
    return header ?? (curl.isSecure(url) ? this.secured(link, url, until) : link)
  }

  /** Connected, and nothing could be said. */
  private unbegun(kind: 'closed' | 'reset' | 'late', url: curl.Url): curl.CurlError {
    if (kind === 'late') return curl.timeoutError(this.journey.session.now - this.began)
    if (curl.isSecure(url)) return curl.TLS_CLOSED
    return kind === 'reset' ? curl.RESET : curl.EMPTY_REPLY
  }

  /** `--haproxy-protocol`: version 1, with the connection's own addresses. */
  private announced(link: Link, until: number): Failed | undefined {
    const { socket } = link.flow
    if (!socket) return undefined
    const { local, localPort, remote, remotePort } = socket
    const header = { version: 1 as const, source: local, sourcePort: localPort, destination: remote, destinationPort: remotePort }
    const answered = link.ask({ kind: 'proxy-header', header }, until)
    if (answered.kind === 'replies' && !answered.closed) return undefined
    link.close()
    return { kind: 'failed', at: link.flow.index, error: answered.kind === 'reset' ? curl.RESET : curl.EMPTY_REPLY }
  }

  private secured(link: Link, url: curl.Url, until: number): Link | Failed {
    const at = link.flow.index
    const failed = (error: curl.CurlError): Failed => {
      link.close()
      return { kind: 'failed', at, error }
    }
    const alpn = curl.offeredProtocols(this.asked, url)
    const named = parseIp(url.host) === undefined
    const answered = link.ask({ kind: 'client-hello', hello: { alpn, ...(named && { serverName: url.host }) } }, until)
    if (answered.kind === 'late') return failed(curl.timeoutError(this.journey.session.now - this.began))
    if (answered.kind !== 'replies') return failed(curl.TLS_CLOSED)
    const hello = answered.messages.find(({ kind }) => kind === 'server-hello')
    if (hello?.kind !== 'server-hello') {
      const alert = answered.messages.find(({ kind }) => kind === 'alert')
      return failed(
        alert?.kind === 'alert' ? curl.alertError(alert.description) : answered.messages.length > 0 ? curl.NOT_TLS : curl.TLS_CLOSED,
      )
    }
    const distrust = curl.distrustOf(hello.certificate, url.host)
    const draft = this.journey.journal.connections[at]
    if (distrust && draft?.tls) draft.tls = { ...draft.tls, distrust }
    if (distrust && !this.asked.insecure) {
      link.ask({ kind: 'alert', description: 'unknown_ca' }, until)
      return failed(curl.certificateError(distrust, url.host))
    }
    const finished = link.ask({ kind: 'finished' }, until)
    return finished.kind === 'replies' && !finished.closed ? link : failed(curl.TLS_CLOSED)
  }

  /** The program ends: its connections are closed, except one that was upgraded, which is what it stays for. */
  leave(): void {
    for (const link of this.open.values()) if (link !== this.upgraded && link.flow.isOpen) link.close()
  }

  private answered({ response, at }: Extract<Fetched, { kind: 'response' }>): Outcome {
    const { connections } = this.journey.journal
    const made = answerOf(connections, at)
    const headers: Record<string, string> = {}
    for (const [name, value] of response.headers) headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
    const local = connections[at]?.client.address
    return {
      kind: 'answered',
      reachedServer: true,
      ...(local !== undefined && { local }),
      ...made,
      http: { status: response.status, headers, body: response.body },
      ...(curl.isGrpcText(this.asked.url) && { grpc: statusOf(response) }),
      curl: { exit: 0 },
    }
  }

  private failed({ error, transport, at }: Failed): Outcome {
    const curlError = { exit: error.exit, message: error.message }
    if (transport) return { ...transport, curl: curlError }
    const reset = error === curl.RESET
    const { connections } = this.journey.journal
    const timedOut = error.exit === 28
    return {
      kind: timedOut ? 'timeout' : 'failed',
      ...(timedOut && { errno: 'TIMEOUT' as const }),
      reachedServer: connections[at]?.server !== undefined,
      ...(reset && { reset }),
      curl: curlError,
    }
  }
}

const textOf = (url: curl.Url): string => `${url.scheme}://${curl.hostText(url)}:${url.port}${url.target}`
