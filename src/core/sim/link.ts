import type { Routed } from './conversation.ts'
import type { Matched } from '../apps/program.ts'
import type { ClientHello } from '../apps/program.ts'
import type { Request } from './conversation.ts'
import type { Party } from './conversation.ts'
import type { HttpRequest, HttpResponse } from '../apps/http.ts'
import { type Message, wireForm } from './http-wire.ts'
import type { Journal } from './journal.ts'
import { joinHostPort } from '../net/ip.ts'
import type { Session } from '../kernel/session.ts'
import type { AcceptedSocket } from './accepted-socket.ts'
import { localOf, TcpFlow } from './tcp-flow.ts'

/** What a server's program makes of what reached it. Time that it took has passed on the session's clock when it returns. */
export type Reaction =
  | {
      readonly kind: 'replies'
      readonly messages: readonly Message[]
      /** It closes the connection behind them. */
      readonly close?: boolean
      readonly routed?: Routed
      /** What chose the certificate. */
      readonly matched?: readonly Matched[]
    }
  | { readonly kind: 'close' | 'reset'; readonly routed?: Routed }
  /** It had nothing to say when the client's patience ended. */
  | { readonly kind: 'late'; readonly routed?: Routed }

/** The server's program at one connection. Deadlines are points of the session's time. */
export interface Handler {
  readonly program: string
  /** The connection is there; nothing has been said. */
  accepted(deadline: number): Reaction
  /** `acknowledge`: called before it does anything that takes time or packets of its own, for its kernel confirms meanwhile what came. */
  receive(message: Message, deadline: number, acknowledge: () => void): Reaction
  /** Nobody says anything until then: whether it closes its connections meanwhile. Time has passed when it returns. Absent: it waits. */
  rest?(until: number): 'open' | 'closed'
  /** What it does between the client's FIN and its own; undefined: nothing. */
  readonly onClose: (() => void) | undefined
}

export type Answered =
  | { readonly kind: 'replies'; readonly messages: readonly Message[]; readonly closed: boolean }
  | { readonly kind: 'closed' | 'reset' | 'late' }

/** Finds the program behind a socket that accepted a connection. */
export type Listeners = (accepted: AcceptedSocket, connection: number) => Handler

const NO_REPLY: Reaction = { kind: 'replies', messages: [] }

/** A connection as the program that opened it has it: messages go in, what the server says to each comes out, and all packets between are walked. */
export class Link {
  readonly flow: TcpFlow
  private readonly session: Session
  private readonly journal: Journal
  private readonly handler: Handler | undefined
  private secure = false
  private http2Begun = { client: false, server: false }
  private readonly offered: { hello: ClientHello | undefined } = { hello: undefined }

  constructor(
    kernel: { readonly session: Session; readonly journal: Journal; readonly listeners: Listeners },
    request: Request,
    client: Omit<Party, 'address'>,
    parent?: number,
  ) {
    this.session = kernel.session
    this.journal = kernel.journal
    this.flow = new TcpFlow(kernel.session, kernel.journal, request, client, parent)
    const { accepted, index } = this.flow
    if (!accepted) return
    this.handler = kernel.listeners(accepted, index)
    const draft = kernel.journal.connections[index]
    if (!draft) return
    const { netns, owner } = accepted
    draft.server = { netns, program: this.handler.program, address: localOf(accepted), ...(owner !== undefined && { owner }) }
    draft.seen = joinHostPort(accepted.peer, accepted.peerPort)
    draft.kind = 'bytes'
  }

  /** Once, before anything is said: a server may close right away. */
  begin(deadline: number): Answered {
    return this.react(this.handler?.accepted(deadline) ?? NO_REPLY, undefined).answered
  }

  /** What both ends of a TLS session have agreed on. */
  get alpn(): string | undefined {
    return this.draft()?.tls?.alpn
  }

  /** Says something, and waits for what is said to it, at most until `deadline`. */
  ask(message: Message, deadline: number): Answered {
    if (!this.flow.isOpen) return { kind: 'closed' }
    const from = this.session.now
    const { sent, packets } = this.transmit('client', message)
    if (message.kind === 'finished') this.secure = true
    if (message.kind === 'client-hello') this.offered.hello = message.hello
    if (sent === 'reset') return { kind: 'reset' }
    const heard = sent === 'delivered' ? this.handler?.receive(message, deadline, () => this.flow.acknowledge('server')) : undefined
    const reaction: Reaction = sent === 'lost' ? this.silence(deadline) : (heard ?? NO_REPLY)
    const waited = this.session.now - from
    const { answered, responsePackets } = this.react(reaction, message)
    if (message.kind === 'request')
      this.draft()?.exchanges.push({
        request: message.request,
        requestPackets: packets,
        responsePackets,
        waited,
        ...responseOf(answered),
        ...(reaction.routed && { routed: reaction.routed }),
      })
    return answered
  }

  /** Nobody says anything until then; programs on the way may hang up meanwhile. */
  rest(until: number): void {
    if (this.handler?.rest?.(until) === 'closed') this.flow.close('server')
    else this.session.now = Math.max(this.session.now, until)
  }

  close(): void {
    this.flow.close('client', this.handler?.onClose)
  }

  private silence(deadline: number): Reaction {
    this.session.now = Math.max(this.session.now, deadline)
    return { kind: 'late' }
  }

  private draft() {
    return this.journal.connections[this.flow.index]
  }

  private react(reaction: Reaction, to: Message | undefined): { readonly answered: Answered; readonly responsePackets: readonly number[] } {
    const responsePackets: number[] = []
    const ending = (kind: 'closed' | 'reset' | 'late') => ({ answered: { kind } as const, responsePackets })
    switch (reaction.kind) {
      case 'late':
        return ending('late')
      case 'reset':
        this.flow.reset('server')
        return ending('reset')
      case 'close':
        this.flow.close('server')
        return ending('closed')
      case 'replies':
        break
    }
    const heard: Message[] = []
    for (const message of reaction.messages) {
      const { sent, packets } = this.transmit('server', message)
      if (message.kind === 'response') responsePackets.push(...packets)
      if (sent !== 'delivered') return ending('late')
      heard.push(message)
      this.note(message, reaction.matched)
    }
    const more = to?.kind === 'client-hello' && heard.some(({ kind }) => kind === 'server-hello')
    if (!more) this.flow.acknowledge('client')
    if (reaction.close) this.flow.close('server')
    return { answered: { kind: 'replies', messages: heard, closed: reaction.close === true }, responsePackets }
  }

  private transmit(from: 'client' | 'server', message: Message) {
    const http2 = versionOf(message) === '2'
    const form = wireForm(message, { secure: this.secure, first: http2 && !this.http2Begun[from] })
    if (http2) this.http2Begun[from] = true
    const draft = this.draft()
    if (draft && (message.kind === 'request' || message.kind === 'response')) draft.kind = 'http'
    if (draft && message.kind === 'proxy-header') draft.proxyHeader = message.header
    if (this.secure) this.journal.fidelity.add('tls-sizes')
    if (http2) this.journal.fidelity.add('http2-sizes')
    return this.flow.send(from, form.length, form.bytes !== undefined && !this.secure ? form.bytes : undefined, form.carries)
  }

  /** What the handshake came to, as this end of it knows. */
  private note(message: Message, matched: readonly Matched[] | undefined): void {
    const draft = this.draft()
    const { hello } = this.offered
    if (!draft || !hello) return
    const session = {
      offered: hello.alpn,
      ...(hello.serverName !== undefined && { serverName: hello.serverName }),
      ...(matched && { matched }),
    }
    if (message.kind === 'server-hello')
      draft.tls = { ...session, certificate: message.certificate, ...(message.alpn !== undefined && { alpn: message.alpn }) }
    if (message.kind === 'alert') draft.tls = { ...session, alert: message.description }
  }
}

function versionOf(message: Message): HttpRequest['version'] | undefined {
  if (message.kind === 'request') return message.request.version
  return message.kind === 'response' ? message.response.version : undefined
}

function responseOf(answered: Answered): { readonly response?: HttpResponse } {
  const found = answered.kind === 'replies' ? answered.messages.find((message) => message.kind === 'response') : undefined
  return found?.kind === 'response' ? { response: found.response } : {}
}
