import { type Choose, enumerate, type Question, seeded } from '../core/base/choose.ts'
import type { Simulation } from '../core/engine.ts'
import type { Connection, Conversation } from '../core/sim/conversation.ts'
import { dispatch } from './dispatch.ts'
import type { PacketTrace } from '../core/walk/trace.ts'
import { type Directory, directoryOf } from './places.ts'
import type { Fork, PathFound, PathsFound, SendOrder } from './protocol.ts'

/** Every way that chance could take a request now, name lookup included, with its probability. Leaves nothing behind. */
export function pathsOf(simulation: Simulation, order: SendOrder, limit: number): PathsFound {
  const drawn = seeded(simulation.seed)
  const tried = dispatch(simulation, order, drawn, { choose: drawn, detail: 'lean' })
  if (!tried.ok) return { found: false, problem: tried.error }
  const directory = directoryOf(simulation.cluster)
  const { paths, complete } = enumerate(
    (choose) => {
      const forks: Fork[] = []
      const asked = noting(choose, forks)
      const done = dispatch(simulation, order, asked, { choose: asked, detail: 'lean' })
      return { forks, conversation: (done.ok ? done : tried).value.conversation }
    },
    limit,
    simulation.seed,
  )
  return {
    found: true,
    complete,
    paths: paths.map(({ value, probability }) => ({ forks: value.forks, probability, ...endOf(value.conversation, directory) })),
  }
}

/** The branches taken, in order: they are what a replay is made from. */
function noting(choose: Choose, forks: Fork[]): Choose {
  return (question) => {
    const taken = choose(question)
    if (question.kind === 'branch') forks.push({ why: question.why, taken, probability: question.weights[taken] ?? 0 })
    return taken
  }
}

/** Answers branches from a list as long as it lasts and makes sense, everything else by chance. */
export function picking(picks: readonly number[], otherwise: Choose): Choose {
  let next = 0
  return (question) => {
    const pick = question.kind === 'branch' ? picks[next++] : undefined
    return pick !== undefined && isAnswer(question, pick) ? pick : otherwise(question)
  }
}

const isAnswer = (question: Question, pick: number): boolean => question.kind === 'branch' && (question.weights[pick] ?? 0) > 0

/** Where the request itself came to its end, and what its sender makes of it all. */
function endOf(conversation: Conversation, directory: Directory): Omit<PathFound, 'forks' | 'probability'> {
  const { outcome } = conversation
  const way = wayOf(conversation)
  const first = way.at(-1)
  const last = first?.hops.at(-1)
  const place = directory.place(last?.netns ?? first?.netns ?? '')
  const packet = first?.disposition.kind === 'delivered' ? first.disposition.packet : undefined
  return {
    outcome,
    ...(first ? { disposition: first.disposition.kind } : {}),
    ...(place ? { place } : {}),
    address: packet
      ? 'destinationPort' in packet.transport
        ? `${packet.ip.destination}:${packet.transport.destinationPort}`
        : packet.ip.destination
      : '',
    passes: way.flatMap(({ hops }) => hops.map(({ netns }) => directory.place(netns)?.label ?? netns)),
  }
}

/** The first packet of each connection on the way to who answered: the client's own, then those of proxies. */
function wayOf({ connections, outcome }: Conversation): readonly PacketTrace[] {
  const by = outcome.served?.by
  let at: Connection | undefined =
    (by === undefined ? undefined : connections.findLast(({ server }) => (server?.owner ?? server?.netns) === by)) ?? connections[0]
  const way: PacketTrace[] = []
  for (; at; at = at.parent === undefined ? undefined : connections[at.parent]) way.unshift(...at.packets.slice(0, 1))
  return way
}
