import { type Choose, type Question, answerWith, random } from '../core/base/choose.ts'
import type { Ruleset, TableName } from '../core/kernel/netfilter/ruleset.ts'

/** A wish: in this chain, the endpoint to choose. Where node and table are absent, any will do. */
export interface ChainPick {
  readonly node?: string
  readonly table?: string
  readonly serviceChain: string | null
  /** `IP:PORT` */
  readonly endpoint: string
}

type Statistic = Extract<Extract<Question, { kind: 'branch' }>['why'], { kind: 'statistic' }>

/**
 * Answers with what chance decided in a recording: where a service chain asks whether to jump to an endpoint's chain, "yes" if that chain
 * translates to the recorded endpoint. Everything else is seeded. Drawn ports avoid `known` ones and each other, so that whoever compares can tell
 * drawn from named ports.
 */
export function forced(
  picks: readonly ChainPick[],
  rulesetOf: (netns: string) => Ruleset | undefined,
  known: ReadonlySet<number>,
  seed: number,
): Choose {
  const next = random(seed)
  const taken = new Set(known)
  const visits = new Map<string, { pick: number; index: number }>()
  return (question) => {
    if (question.kind === 'draw') return drawFresh(question, next, taken)
    if (question.why.kind !== 'statistic') return answerWith(question, next())
    const pick = pickFor(question.why, picks, visits)
    if (!pick) return answerWith(question, next())
    return translatesTo(rulesetOf(question.why.netns), question.why, pick.endpoint) ? 0 : 1
  }
}

function drawFresh(question: Extract<Question, { kind: 'draw' }>, next: () => number, taken: Set<number>): number {
  for (let tries = 0; tries < 64; tries++) {
    const drawn = answerWith(question, next())
    if (taken.has(drawn)) continue
    taken.add(drawn)
    return drawn
  }
  return answerWith(question, next())
}

/** A packet that comes by the same chain twice has two picks: an index that does not grow means that it has come again. */
function pickFor(why: Statistic, picks: readonly ChainPick[], visits: Map<string, { pick: number; index: number }>): ChainPick | undefined {
  const mine = picks.filter(
    (pick) => (pick.node ?? why.netns) === why.netns && (pick.table ?? why.table) === why.table && pick.serviceChain === why.chain,
  )
  const key = `${why.netns} ${why.table} ${why.chain}`
  const before = visits.get(key)
  const visit = { pick: before ? before.pick + (why.index <= before.index ? 1 : 0) : 0, index: why.index }
  visits.set(key, visit)
  return mine[Math.min(visit.pick, mine.length - 1)]
}

function translatesTo(ruleset: Ruleset | undefined, why: Statistic, endpoint: string): boolean {
  const chain = why.jump === undefined ? undefined : ruleset?.tables.get(why.table as TableName)?.chain(why.jump)
  for (let i = 0; chain && i < chain.length; i++) {
    const { target } = chain.rule(i)
    if (target?.kind === 'DNAT' && `${target.to.from}:${target.to.ports?.from}` === endpoint) return true
  }
  return false
}
