import { type Choose, type Question, answerWith, random } from '../core/base/choose.ts'
import type { TableName } from '../core/kernel/netfilter/ruleset.ts'
import type { NetworkNamespace } from '../core/kernel/netns.ts'
import { joinHostPort } from '../core/net/ip.ts'

/** A wish: in this chain, the endpoint to choose. Where node and table are absent, any will do. */
export interface ChainPick {
  readonly node?: string
  readonly table?: string
  readonly serviceChain: string | null
  /** `IP:PORT` */
  readonly endpoint: string
}

type Reason = Extract<Question, { kind: 'branch' }>['why']
type Statistic = Extract<Reason, { kind: 'statistic' }>
type Numgen = Extract<Reason, { kind: 'numgen' }>
/** Whose rules chance is asked for. */
type Rules = Pick<NetworkNamespace, 'ruleset' | 'ruleset6' | 'nft'>

/**
 * Answers with what chance decided in a recording: where a service chain asks whether to jump to an endpoint's chain, "yes" if that chain
 * translates to the recorded endpoint; where it draws a number, the one that leads to such a chain. Everything else is seeded. Drawn ports avoid
 * `known` ones and each other, so that whoever compares can tell drawn from named ports.
 */
export function forced(
  picks: readonly ChainPick[],
  rulesOf: (netns: string) => Rules | undefined,
  known: ReadonlySet<number>,
  seed: number,
): Choose {
  const next = random(seed)
  const taken = new Set(known)
  const visits = new Map<string, { pick: number; index: number }>()
  return (question) => {
    if (question.kind === 'draw') return drawFresh(question, next, taken)
    const { why } = question
    if (why.kind === 'real-server-order') return listedServer(why, picks) ?? answerWith(question, next())
    if (why.kind !== 'statistic' && why.kind !== 'numgen') return answerWith(question, next())
    const pick = pickFor(why, picks, visits)
    if (!pick) return answerWith(question, next())
    if (why.kind === 'statistic') return translatesTo(rulesOf(why.netns), why, pick.endpoint) ? 0 : 1
    const number = why.jumps.findIndex((jump) => jump !== undefined && leadsTo(rulesOf(why.netns), why, jump, pick.endpoint))
    return number < 0 ? answerWith(question, next()) : number
  }
}

type Order = Extract<Reason, { kind: 'real-server-order' }>

/** A virtual server stands in a pick where a chain does otherwise: `tcp/10.96.0.10:80`. */
export const isPickOf = ({ serviceChain }: ChainPick, { virtualServer }: Order): boolean =>
  serviceChain?.replace('/', ' ') === virtualServer

function listedServer(why: Order, picks: readonly ChainPick[]): number | undefined {
  const pick = picks.find((one) => (one.node ?? why.netns) === why.netns && isPickOf(one, why))
  const at = pick ? why.realServers.indexOf(pick.endpoint) : -1
  return at < 0 ? undefined : at
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
function pickFor(
  why: Statistic | Numgen,
  picks: readonly ChainPick[],
  visits: Map<string, { pick: number; index: number }>,
): ChainPick | undefined {
  const mine = picks.filter(
    (pick) => (pick.node ?? why.netns) === why.netns && (pick.table ?? why.table) === why.table && pick.serviceChain === why.chain,
  )
  const key = `${why.netns} ${why.table} ${why.chain}`
  const before = visits.get(key)
  const visit = { pick: before ? before.pick + (why.index <= before.index ? 1 : 0) : 0, index: why.index }
  visits.set(key, visit)
  return mine[Math.min(visit.pick, mine.length - 1)]
}

function translatesTo(rules: Rules | undefined, why: Statistic, endpoint: string): boolean {
  const { jump } = why
  if (jump === undefined) return false
  // Chains of an endpoint are named after its address, so of both families only one has it.
  for (const ruleset of [rules?.ruleset, rules?.ruleset6]) {
    const chain = ruleset?.tables.get(why.table as TableName)?.chain(jump)
    for (let i = 0; chain && i < chain.length; i++) {
      const { target } = chain.rule(i)
      if (target?.kind === 'DNAT' && joinHostPort(target.to.from ?? '', target.to.ports?.from ?? 0) === endpoint) return true
    }
  }
  return false
}

function leadsTo(rules: Rules | undefined, { family, table }: Numgen, jump: string, endpoint: string): boolean {
  const chain = rules?.nft?.tables.find((one) => one.family === family && one.name === table)?.chain(jump)
  for (let i = 0; chain && i < chain.length; i++)
    for (const statement of chain.rule(i).statements) {
      if (statement.kind !== 'dnat' || statement.to.kind !== 'address') continue
      if (joinHostPort(statement.to.from ?? '', statement.to.ports?.from ?? 0) === endpoint) return true
    }
  return false
}
