import type { NetnsId } from '../kernel/interface.ts'
import type { Connection } from '../kernel/netfilter/conntrack.ts'
import { routeOutput } from '../kernel/route.ts'
import type { Arrival, ClientSocket, Destination, Direct, End, Generated, Host, Recorder, Session } from '../kernel/session.ts'
import { receive, send, sendFrame } from '../kernel/stack.ts'
import type { Step } from '../kernel/step.ts'
import type { Packet } from '../net/packet.ts'
import { assert } from '../base/assert.ts'
import { checkHops, hopOf } from './hop.ts'
import type { Disposition, Hop, PacketTrace } from './trace.ts'

/**
 * Walks one packet from namespace to namespace until it ends, and collects what each kernel did. The walk itself takes no time; what kernels send in
 * answer is returned, to be walked next.
 */
export interface Injection {
  readonly direction: 'original' | 'reply'
  readonly netns: NetnsId
  readonly packet: Packet
  readonly by: 'socket' | 'kernel'
  /** The route that connect() found, and how; looked up when absent. */
  readonly route?: Destination
  readonly found?: readonly Step[]
  readonly connection?: Connection
  readonly direct?: Direct
}

export interface Walked {
  readonly trace: PacketTrace
  readonly generated: readonly Generated[]
  /** To whom it was delivered: decides what the conversation does next. */
  readonly end: End
}

/** A TTL of 255 crosses at most 255 routers, each at most a few namespaces apart. */
const HOP_LIMIT = 1024

export function walk(session: Session, injection: Injection, client: ClientSocket | undefined): Walked {
  const collected = new Collector()
  const here = hostOf(session, injection.netns, collected, client)
  for (const step of injection.found ?? []) collected.step(step)
  if (injection.direct) {
    sendFrame(here, injection.packet, injection.direct)
    return follow(session, injection, client, collected)
  }
  const route = injection.route
    ? ({ kind: 'found', destination: injection.route } as const)
    : routeOutput(here, injection.packet.ip.destination, injection.packet.ip.source, 'output')
  if (route.kind === 'found') send(here, injection.packet, route.destination, injection.by, injection.connection)
  else collected.end({ kind: 'dropped', by: 'no-route', detail: injection.packet.ip.destination })
  return follow(session, injection, client, collected)
}

function follow(session: Session, injection: Injection, client: ClientSocket | undefined, collected: Collector): Walked {
  collected.close(injection.netns)
  for (let arrival = collected.next(); arrival; arrival = collected.next()) {
    if (collected.hops.length >= HOP_LIMIT) return finish(injection, collected, { kind: 'cut', limit: 'hops' })
    receive(hostOf(session, arrival.netns, collected, client), arrival)
    collected.close(arrival.netns)
  }
  return finish(injection, collected, undefined)
}

function hostOf(session: Session, netns: NetnsId, recorder: Recorder, client: ClientSocket | undefined): Host {
  const ns = session.network.netns(netns)
  assert(ns, `no network namespace ${netns}`)
  return { session, ns, recorder, client }
}

class Collector implements Recorder {
  readonly hops: Hop[] = []
  readonly generated: Generated[] = []
  readonly approximations = new Set<string>()
  readonly ends: { readonly netns: NetnsId; readonly end: End }[] = []
  private steps: Step[] = []
  private open: End[] = []
  private readonly arrivals: Arrival[] = []

  step(step: Step): void {
    this.steps.push(step)
  }
  arrive(arrival: Arrival): void {
    this.arrivals.push(arrival)
  }
  answer(generated: Generated): void {
    this.generated.push(generated)
  }
  end(end: End): void {
    this.open.push(end)
  }
  approximate(id: string): void {
    this.approximations.add(id)
  }

  next(): Arrival | undefined {
    return this.arrivals.shift()
  }

  /** The packet has left the namespace or ended in it. */
  close(netns: NetnsId): void {
    if (this.steps.length > 0) this.hops.push(hopOf(netns, this.steps))
    this.steps = []
    if (this.open.length === 0) return
    for (const end of this.open) this.ends.push({ netns, end })
    this.open = []
  }
}

function finish(injection: Injection, collected: Collector, cut: Extract<Disposition, { kind: 'cut' }> | undefined): Walked {
  checkHops(collected.hops)
  const last = collected.ends.at(-1)
  const { direction, netns, packet } = injection
  const disposition: Disposition =
    cut ?? (last ? dispositionOf(last.netns, last.end, collected.hops) : { kind: 'dropped', netns, by: 'not-for-us' })
  const end: End = last?.end ?? { kind: 'dropped', by: 'not-for-us' }
  return {
    trace: { direction, netns, sent: packet, hops: collected.hops, disposition, fidelity: [...collected.approximations] },
    generated: collected.generated,
    end,
  }
}

function dispositionOf(netns: NetnsId, end: End, hops: readonly Hop[]): Disposition {
  switch (end.kind) {
    case 'delivered':
      return { kind: 'delivered', netns, packet: end.packet, ...(end.owner !== undefined && { owner: end.owner }) }
    case 'dropped':
      return { kind: 'dropped', netns, by: end.by, ...(end.detail !== undefined && { detail: end.detail }) }
    case 'rejected': {
      const passes = end.with === 'ttl-exceeded' ? hops.filter((h) => h.netns === netns && h.in === hops.at(-1)?.in).length : 1
      return passes > 1 ? { kind: 'loop', netns, passes } : { kind: 'rejected', netns, with: end.with, reply: end.reply }
    }
    case 'unsupported':
      return { kind: 'unsupported', netns, what: end.what }
    case 'cut':
      return { kind: 'cut', limit: end.limit }
  }
}
