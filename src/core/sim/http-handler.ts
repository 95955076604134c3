import { type HttpResponse, type HttpVersion, respond } from '../apps/http.ts'
import type { Accepted, Acceptance, ClientHello, HelloDecision, ProxyHeader, Terminated } from '../apps/program.ts'
import type { Message } from './http-wire.ts'
import type { Journey } from './journey-state.ts'
import type { Handler, Link, Reaction } from './link.ts'
import { serve } from './serve.ts'
import { type At, resting, StreamHandler } from './stream-handler.ts'
import type { AcceptedSocket } from './accepted-socket.ts'

const NO_REPLY: Reaction = { kind: 'replies', messages: [] }
/** What servers say to bytes that are no request: of TLS, or a PROXY header that nobody expects. */
const NOT_HTTP: HttpResponse = respond(400, '', [['Connection', 'close']])

/**
 * A program at one connection that was given to it: PROXY header, TLS handshake and requests, as far as it expects them. It becomes a `StreamHandler` where
 * the program passes bytes on.
 */
export class HttpHandler implements Handler {
  readonly program: string
  private readonly journey: Journey
  private readonly at: At
  private readonly socket: AcceptedSocket
  private acceptance: Acceptance
  private proxied: ProxyHeader | undefined
  private announced = false
  private tls: Terminated | undefined
  private versions: readonly HttpVersion[] = ['1.0', '1.1']
  private stream: StreamHandler | undefined
  /** What the client of an upgraded connection speaks to; `echo` where the program itself does. */
  private tunnel: Link | 'echo' | undefined
  private tunnelIdle: number | undefined

  constructor(journey: Journey, at: At, socket: AcceptedSocket) {
    this.journey = journey
    this.at = at
    this.program = at.dialler.program
    this.socket = socket
    this.acceptance = at.running.accept(this.connection())
  }

  private connection(): Accepted {
    const { local, localPort, peer, peerPort } = this.socket
    return {
      local,
      localPort,
      peer,
      peerPort,
      ...(this.proxied && { proxied: this.proxied }),
      ...(this.tls && { tls: this.tls }),
      moment: this.journey.moment(this.at.process),
    }
  }

  accepted(deadline: number): Reaction {
    const { acceptance } = this
    if (acceptance.kind === 'http' && acceptance.versions) this.versions = acceptance.versions
    if (acceptance.kind === 'proxy' && acceptance.proxyHeader === undefined)
      return this.passOn(new StreamHandler(this.journey, this.at, this.connection(), acceptance), deadline)
    if (acceptance.kind !== 'close') return NO_REPLY
    const { why, matched = [], reset } = acceptance
    return { kind: reset ? 'reset' : 'close', routed: { program: this.program, kind: 'close', why, matched, tried: [], upstream: [] } }
  }

  private passOn(stream: StreamHandler, deadline: number): Reaction {
    this.stream = stream
    return stream.accepted(deadline)
  }

  receive(message: Message, deadline: number, acknowledge: () => void): Reaction {
    if (this.stream) return this.stream.receive(message, deadline, acknowledge)
    const header = this.proxyHeader(message, deadline)
    if (header) return header
    switch (message.kind) {
      case 'client-hello':
        return this.hello(message.hello, message, deadline, acknowledge)
      case 'request':
        return this.request(message, deadline, acknowledge)
      case 'frame':
        return this.frame(message, deadline, acknowledge)
      case 'finished':
        return this.decrypted(deadline)
      case 'proxy-header':
      case 'server-hello':
      case 'alert':
      case 'response':
        return NO_REPLY
    }
  }

  /** A PROXY header, or its absence, where that decides; undefined: go on. */
  private proxyHeader(message: Message, deadline: number): Reaction | undefined {
    const { acceptance } = this
    const use = 'proxyHeader' in acceptance ? acceptance.proxyHeader : undefined
    if (message.kind !== 'proxy-header') {
      if (use === 'required' && !this.announced) return { kind: 'close', routed: this.closed('no PROXY header') }
      if (acceptance.kind === 'proxy' && !this.announced) return this.lateStream(message, deadline)
      return undefined
    }
    if (use === undefined || this.announced) {
      return acceptance.kind === 'http' ? this.refused(NOT_HTTP) : { kind: 'close', routed: this.closed('unexpected PROXY header') }
    }
    this.announced = true
    if (use !== 'ignored') this.proxied = message.header
    return acceptance.kind === 'proxy'
      ? this.passOn(new StreamHandler(this.journey, this.at, this.connection(), acceptance), deadline)
      : NO_REPLY
  }

  /** Bytes for a program that passes them on, and would have taken a PROXY header before them. */
  private lateStream(message: Message, deadline: number): Reaction | undefined {
    if (this.acceptance.kind !== 'proxy') return undefined
    const begun = this.passOn(new StreamHandler(this.journey, this.at, this.connection(), this.acceptance), deadline)
    if (begun.kind !== 'replies' || !this.stream) return begun
    return this.stream.receive(message, deadline, () => undefined)
  }

  private closed(why: string) {
    return { program: this.program, kind: 'close' as const, why, matched: [], tried: [], upstream: [] }
  }

  private refused(response: HttpResponse): Reaction {
    return {
      kind: 'replies',
      messages: [{ kind: 'response', response }],
      close: true,
      routed: { ...this.closed('malformed'), kind: 'respond' },
    }
  }

  private hello(hello: ClientHello, message: Message, deadline: number, acknowledge: () => void): Reaction {
    const { acceptance } = this
    if (acceptance.kind === 'http') return this.refused(NOT_HTTP)
    const decision = acceptance.kind === 'tls' ? this.at.running.hello?.(hello, this.connection()) : undefined
    if (!decision) return { kind: 'close', routed: this.closed('no TLS') }
    switch (decision.kind) {
      case 'terminate':
        return this.terminate(hello, decision)
      case 'alert':
        return alert(decision.description, decision.matched)
      case 'passthrough': {
        acknowledge()
        const begun = this.passOn(new StreamHandler(this.journey, this.at, this.connection(), decision, hello), deadline)
        if (begun.kind !== 'replies' || !this.stream) return begun
        return { ...this.stream.receive(message, deadline, acknowledge), ...(begun.routed && { routed: begun.routed }) }
      }
    }
  }

  private afterHandshake: HelloDecision | undefined

  private terminate(hello: ClientHello, decision: Extract<HelloDecision, { kind: 'terminate' }>): Reaction {
    const alpn = decision.alpn.find((protocol) => hello.alpn.includes(protocol))
    if (alpn === undefined && hello.alpn.length > 0 && decision.alpn.length > 0) return alert('no_application_protocol', decision.matched)
    const { certificate, matched } = decision
    this.tls = {
      certificate,
      ...(hello.serverName !== undefined && { serverName: hello.serverName }),
      ...(alpn !== undefined && { alpn }),
    }
    this.versions = alpn === 'h2' ? ['2'] : (decision.versions ?? ['1.0', '1.1'])
    this.afterHandshake = decision
    return {
      kind: 'replies',
      messages: [{ kind: 'server-hello', certificate, ...(alpn !== undefined && { alpn }) }],
      ...(matched && { matched }),
    }
  }

  /** The handshake is done: what follows is for the program, or for whom it passes it on to. */
  private decrypted(deadline: number): Reaction {
    const decision = this.afterHandshake
    if (decision?.kind !== 'terminate' || !decision.stream) return NO_REPLY
    return this.passOn(new StreamHandler(this.journey, this.at, this.connection(), decision.stream), deadline)
  }

  private request(message: Extract<Message, { kind: 'request' }>, deadline: number, acknowledge: () => void): Reaction {
    const { acceptance, tls } = this
    if (acceptance.kind === 'tls' && !tls)
      return acceptance.plain ? this.refused(acceptance.plain) : { kind: 'close', routed: this.closed('no TLS') }
    if (acceptance.kind === 'bytes') return { kind: 'close', routed: this.closed('not HTTP') }
    if (!this.versions.includes(message.request.version)) return this.refused({ ...NOT_HTTP, version: '1.1' })
    const keeps = acceptance.kind !== 'http' || acceptance.keepAlive !== 0
    const served = serve(this.journey, this.at, this.connection(), message.request, { deadline, acknowledge, keeps })
    if (served.tunnel) this.tunnel = served.tunnel
    this.tunnelIdle = served.tunnelIdle
    return served.reaction
  }

  /** An upgraded connection: to the upstream as it is, or answered by the same. */
  private frame(message: Extract<Message, { kind: 'frame' }>, deadline: number, acknowledge: () => void): Reaction {
    if (this.tunnel === 'echo') return { kind: 'replies', messages: [{ ...message, masked: false }] }
    if (!this.tunnel) return { kind: 'close' }
    acknowledge()
    const answered = this.tunnel.ask(message, deadline)
    if (answered.kind !== 'replies') return { kind: answered.kind === 'closed' ? 'close' : answered.kind }
    return { kind: 'replies', messages: answered.messages, close: answered.closed }
  }

  /** Whose patience ends first hangs up, and those behind it with it. */
  rest(until: number): 'open' | 'closed' {
    if (this.stream) return this.stream.rest(until)
    return this.tunnel === undefined || this.tunnel === 'echo' ? 'open' : resting(this.journey, this.tunnel, until, this.tunnelIdle)
  }

  get onClose(): (() => void) | undefined {
    if (this.stream) return this.stream.onClose
    const { tunnel } = this
    return tunnel !== undefined && tunnel !== 'echo' ? () => tunnel.close() : undefined
  }
}

function alert(description: string, matched: Extract<HelloDecision, { kind: 'alert' }>['matched']): Reaction {
  return { kind: 'replies', messages: [{ kind: 'alert', description }], close: true, ...(matched && { matched }) }
}
