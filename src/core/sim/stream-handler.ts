import type { Accepted, ClientHello, Failure, Running, StreamDecision } from '../apps/program.ts'
import type { Routed } from './conversation.ts'
import type { Message } from './http-wire.ts'
import type { Journey } from './journey-state.ts'
import type { Handler, Link, Reaction } from './link.ts'
import { type Dialler, reach } from './upstream.ts'

/** A process at work on one connection: what it is, and whose memory it has. */
export interface At {
  readonly dialler: Dialler
  readonly running: Running
  readonly process: string
}

/** An upstream that refuses is followed by the next one that the program names; programs end this themselves, this is for one that does not. */
export const TRY_LIMIT = 16

/** A program that passes bytes on as they come: it dials when it has the connection, and closes one side when the other is closed. */
export class StreamHandler implements Handler {
  readonly program: string
  private readonly journey: Journey
  private readonly at: At
  private readonly connection: Accepted
  private readonly first: StreamDecision
  private readonly hello: ClientHello | undefined
  private upstream: Link | undefined
  private idle: number | undefined

  constructor(journey: Journey, at: At, connection: Accepted, first: StreamDecision, hello?: ClientHello) {
    this.journey = journey
    this.at = at
    this.program = at.dialler.program
    this.connection = connection
    this.first = first
    this.hello = hello
  }

  accepted(deadline: number): Reaction {
    const tried: Failure[] = []
    const used: number[] = []
    let decision: StreamDecision | undefined = this.first
    while (decision && tried.length < TRY_LIMIT) {
      this.journey.remember(this.at.process, decision.remember)
      const { to } = decision
      if (!to) return this.given(decision, tried, used, 'close')
      const { keepAlive: _, ...dial } = to
      const reached = reach(this.journey, this.at.dialler, dial, this.connection, deadline)
      if (reached.kind === 'late') return { kind: 'late', routed: this.note(decision, tried, used, 'proxy') }
      if (reached.kind === 'link') {
        this.upstream = reached.link
        this.idle = to.idleTimeout
        used.push(reached.link.flow.index)
        return { kind: 'replies', messages: [], routed: this.note(decision, tried, used, 'proxy') }
      }
      tried.push(reached.failure)
      if (reached.connection !== undefined) used.push(reached.connection)
      const next: StreamDecision | undefined = this.at.running.redial?.({
        connection: this.connection,
        tried,
        ...(this.hello && { hello: this.hello }),
      })
      if (!next) return this.given(decision, tried, used, 'close')
      decision = next
    }
    return { kind: 'close' }
  }

  private given(decision: StreamDecision, tried: readonly Failure[], used: readonly number[], kind: 'close'): Reaction {
    return { kind, routed: this.note(decision, tried, used, kind) }
  }

  private note(decision: StreamDecision, tried: readonly Failure[], upstream: readonly number[], kind: Routed['kind']): Routed {
    const { to, why, matched = [], balance, log } = decision
    const routed: Routed = {
      program: this.program,
      kind,
      matched,
      tried: [...tried],
      upstream: [...upstream],
      ...(to && { to }),
      ...(why !== undefined && { why }),
      ...(balance && { balance }),
      ...(log && { log }),
    }
    const draft = this.journey.journal.connections[this.at.dialler.connection]
    if (draft) draft.stream = routed
    return routed
  }

  receive(message: Message, deadline: number, acknowledge: () => void): Reaction {
    const { upstream } = this
    if (!upstream) return { kind: 'close' }
    acknowledge()
    const answered = upstream.ask(message, deadline)
    switch (answered.kind) {
      case 'replies':
        return { kind: 'replies', messages: answered.messages, close: answered.closed }
      case 'closed':
        return { kind: 'close' }
      case 'reset':
        return { kind: 'reset' }
      case 'late':
        return { kind: 'late' }
    }
  }

  rest(until: number): 'open' | 'closed' {
    return this.upstream ? resting(this.journey, this.upstream, until, this.idle) : 'open'
  }

  readonly onClose = (): void => {
    if (this.upstream?.flow.isOpen) this.upstream.close()
  }
}

/** A silence on both sides of a program that passes on what is said; `idle`: the seconds of it that it bears. */
export function resting({ session }: Journey, upstream: Link, until: number, idle: number | undefined): 'open' | 'closed' {
  const limit = idle === undefined ? Number.POSITIVE_INFINITY : session.now + idle
  upstream.rest(Math.min(until, limit))
  if (!upstream.flow.isOpen) return 'closed'
  if (limit > until) return 'open'
  upstream.close()
  return 'closed'
}
