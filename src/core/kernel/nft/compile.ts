import { unreachable } from '../../base/assert.ts'
import type { Ip } from '../../net/ip.ts'
import type { Probe } from '../netfilter/probe.ts'
import type { RejectWith } from '../netfilter/rule.ts'
import type { NatTarget } from '../netfilter/traverse.ts'
import { fieldOf, type PlainExpression } from './evaluate.ts'
import type { Memory } from './memory.ts'
import { printExpression, printStatement, printVerdict } from './print.ts'
import { typesOf } from './read-expression.ts'
import { comparison, keyOf, membership } from './relation.ts'
import type { Expression, NatAddress, NftRule, Statement, Verdict } from './rule.ts'

/** What rules do besides looking at the packet: the namespace's sets, chance, and what is left behind. */
export interface World {
  readonly probe: Probe
  readonly memory: Memory
  /** Chance: one of so many numbers, all as likely. */
  draw(modulus: number, jumps: readonly (string | undefined)[]): number
  /** Chance: whether something of this probability happens. */
  happens(probability: number): boolean
  connmark: number | undefined
  notrack: boolean
}

/** How a statement ends: undefined goes on to the next, `break` leaves the rule undecided. */
export type Ending =
  | undefined
  | 'break'
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly text: string }
  | { readonly kind: 'NAT'; readonly target: NatTarget }
  | { readonly kind: 'REJECT'; readonly with: RejectWith }

export interface Operation {
  readonly statement: Statement
  /** Asking it twice may answer differently, or leave something behind. */
  readonly stateful: boolean
  run(world: World): Ending
}

/** A rule's statements as functions, left to right: effects of one stay although the next does not match (nft_do_chain). */
export const operationsOf = (rule: NftRule): readonly Operation[] => rule.statements.map((statement) => operation(statement))

function operation(statement: Statement): Operation {
  switch (statement.kind) {
    case 'match':
      return matching(statement)
    case 'verdict': {
      const ending = verdictEnding(statement.verdict)
      return { statement, stateful: false, run: () => ending }
    }
    case 'vmap':
      return lookup(statement)
    case 'reject': {
      const ending: Ending = { kind: 'REJECT', with: statement.with?.type ?? 'icmp-port-unreachable' }
      return { statement, stateful: false, run: () => ending }
    }
    case 'dnat':
    case 'snat':
      return translation(statement)
    case 'masquerade':
    case 'redirect': {
      const ending: Ending = { kind: 'NAT', target: maskedTarget(statement) }
      return { statement, stateful: false, run: () => ending }
    }
    case 'set':
      return marking(statement)
    case 'dynamic':
      return remembering(statement)
    case 'notrack':
      return { statement, stateful: true, run: (world) => ((world.notrack = true), undefined) }
    case 'limit':
      return { statement, stateful: true, run: ({ probe }) => (probe.approximate('limit-match') && !statement.over ? undefined : 'break') }
    case 'counter':
    case 'log':
      return { statement, stateful: false, run: () => undefined }
    default:
      return unreachable(statement)
  }
}

const verdicts = new Map<string, Ending>()

function verdictEnding(verdict: Verdict): Ending {
  const text = printVerdict(verdict)
  let ending = verdicts.get(text)
  if (!ending) {
    ending = {
      kind: 'verdict',
      verdict,
      text: 'chain' in verdict ? `${verdict.kind.toUpperCase()} ${verdict.chain}` : verdict.kind.toUpperCase(),
    }
    if (verdicts.size < MANY_VERDICTS) verdicts.set(text, ending)
  }
  return ending
}

const MANY_VERDICTS = 1000

type Match = Extract<Statement, { readonly kind: 'match' }>

function matching(statement: Match): Operation {
  const { left, operator, right } = statement
  if (left.kind === 'numgen') {
    const holds = comparison(right, operator, ['integer'])
    const { modulus, offset } = left
    let count = 0
    for (let i = 0; i < modulus; i++) if (holds([String(i + offset)], undefined)) count++
    const probability = count / modulus
    return { statement, stateful: true, run: (world) => (world.happens(probability) ? undefined : 'break') }
  }
  const key = keyOf(left)
  const holds = comparison(right, operator, typesOf(left))
  return {
    statement,
    stateful: false,
    run(world) {
      const texts = key(world.probe)
      return texts && holds(texts, world.memory) ? undefined : 'break'
    },
  }
}

type VerdictMap = Extract<Statement, { readonly kind: 'vmap' }>

function lookup(statement: VerdictMap): Operation {
  const { key: expression, map } = statement
  const among = membership(map, typesOf(expression))
  if (expression.kind === 'numgen') {
    const { modulus, offset } = expression
    const numbers = Array.from({ length: modulus }, (_, i) => [String(i + offset)])
    // Only lists that stand in the rule can be known before the packet comes.
    const outcomes = map.kind === 'anonymous' ? numbers.map((key) => among(key, undefined)?.verdict) : []
    const jumps = outcomes.map((verdict) => (verdict && 'chain' in verdict ? verdict.chain : undefined))
    return {
      statement,
      stateful: true,
      run(world) {
        const drawn = numbers[world.draw(modulus, jumps)]
        const verdict = drawn && among(drawn, world.memory)?.verdict
        return verdict ? verdictEnding(verdict) : 'break'
      },
    }
  }
  const key = keyOf(expression)
  return {
    statement,
    stateful: false,
    run({ probe, memory }) {
      const texts = key(probe)
      const verdict = texts && among(texts, memory)?.verdict
      return verdict ? verdictEnding(verdict) : 'break'
    },
  }
}

type Translation = Extract<Statement, { readonly kind: 'dnat' | 'snat' }>

function translation(statement: Translation): Operation {
  const { kind, to, flags } = statement
  const random = flags.includes('random') || flags.includes('fully-random')
  const target = (from: string | undefined, last: string | undefined, ports: { from: number; to: number } | undefined): Ending => ({
    kind: 'NAT',
    target: {
      kind: kind === 'dnat' ? 'DNAT' : 'SNAT',
      to: { ...(from !== undefined && { from: from as Ip }), ...(last !== undefined && { to: last as Ip }), ...(ports && { ports }) },
      ...(random && { random: true }),
    },
  })
  if (to.kind === 'address') {
    const ending = target(to.from, to.to, to.ports)
    return { statement, stateful: false, run: () => ending }
  }
  const address = mappedAddress(to)
  return {
    statement,
    stateful: true,
    run(world) {
      const from = address(world)
      return from === undefined ? 'break' : target(from, undefined, undefined)
    },
  }
}

/** `dnat to numgen random mod 2 map { ... }`, `dnat to ip saddr map @m`. */
function mappedAddress({ expression }: Extract<NatAddress, { kind: 'map' }>): (world: World) => string | undefined {
  const { key: from, map } = expression
  const among = membership(map, typesOf(from))
  if (from.kind === 'numgen') {
    const nowhere = Array.from({ length: from.modulus }, () => undefined)
    return (world) => among([String(world.draw(from.modulus, nowhere) + from.offset)], world.memory)?.value?.[0]
  }
  const key = keyOf(from)
  return ({ probe, memory }) => {
    const texts = key(probe)
    return texts && among(texts, memory)?.value?.[0]
  }
}

function maskedTarget({ kind, ports, flags }: Extract<Statement, { kind: 'masquerade' | 'redirect' }>): NatTarget {
  const random = flags.includes('random') && { random: true }
  const range = ports && { ports }
  if (kind === 'redirect') return { kind: 'REDIRECT', ...range, ...random }
  return { kind: 'MASQUERADE', ...range, ...random, ...(flags.includes('fully-random') && { randomFully: true }) }
}

function marking(statement: Extract<Statement, { kind: 'set' }>): Operation {
  const value = fieldOf(statement.value as PlainExpression)
  return {
    statement,
    stateful: true,
    run(world) {
      const text = value(world.probe)
      if (text === undefined) return 'break'
      const mark = Number(text)
      if (statement.field === 'meta mark') world.probe.mark = mark
      else if (world.probe.ct?.entry) {
        world.connmark = mark
        world.probe.ct = { ...world.probe.ct, mark }
      }
      return undefined
    },
  }
}

/** nft_dynset: an element is made, or lives longer; a full set ends the rule. */
function remembering(statement: Extract<Statement, { kind: 'dynamic' }>): Operation {
  const key = keyOf(statement.key)
  return {
    statement,
    stateful: true,
    run({ probe, memory }) {
      const texts = key(probe)
      if (!texts) return 'break'
      return memory.change(statement.set, texts, statement.operation, statement.timeout) ? undefined : 'break'
    },
  }
}

/** What the packet had where a statement broke off. */
export function actualOf(statement: Statement, world: World): string {
  const left = statement.kind === 'match' ? statement.left : statement.kind === 'vmap' ? statement.key : undefined
  if (!left) return ''
  if (left.kind === 'numgen') return 'drawn otherwise'
  const texts = keyOf(left)(world.probe)
  return texts ? texts.join(' . ') : `no ${missingField(left, world.probe)}`
}

function missingField(expression: Expression, probe: Probe): string {
  const parts = expression.kind === 'concat' ? expression.parts : [expression]
  return printExpression(parts.find((part) => fieldOf(part as PlainExpression)(probe) === undefined) ?? expression)
}

const texts = new WeakMap<Statement, string>()

/** A statement as nft prints it; remembered, for near misses are told with every packet. */
export function statementText(statement: Statement): string {
  let text = texts.get(statement)
  if (text === undefined) texts.set(statement, (text = printStatement(statement)))
  return text
}
