import { assert } from '../../base/assert.ts'
import { type Chain, chainOf, type Policy } from './ruleset.ts'
import type { Rule } from './rule.ts'

/** A run of rules: part of a chain that may be lazy, or rules at hand. */
interface Piece {
  readonly chain: Chain
  readonly from: number
  readonly to: number
}

/**
 * A chain while commands change it. What was there stays where it is, unmade; inserting and deleting cut it into pieces. `freeze` gives the
 * chain as the rest of the kernel knows it.
 */
export class DraftChain {
  readonly name: string
  policy: Policy | undefined
  registered: boolean
  private pieces: Piece[]
  private appended: Rule[] = []

  constructor(name: string, from?: Chain) {
    this.name = name
    this.policy = from?.policy
    this.registered = from?.registered === true
    this.pieces = from && from.length > 0 ? [{ chain: from, from: 0, to: from.length }] : []
  }

  get length(): number {
    return this.pieces.reduce((sum, piece) => sum + piece.to - piece.from, this.appended.length)
  }

  append(rule: Rule): void {
    this.appended.push(rule)
  }

  /** Before the rule at `index`. */
  insert(index: number, rule: Rule): void {
    this.cut(index, 0, [{ chain: chainOf(this.name, [rule]), from: 0, to: 1 }])
  }

  remove(index: number): void {
    this.cut(index, 1, [])
  }

  clear(): void {
    this.pieces = []
    this.appended = []
  }

  rule(index: number): Rule {
    let before = 0
    for (const piece of this.pieces) {
      const size = piece.to - piece.from
      if (index < before + size) return piece.chain.rule(piece.from + index - before)
      before += size
    }
    const rule = this.appended[index - before]
    assert(rule, `${this.name} has a rule ${index}`)
    return rule
  }

  freeze(): Chain {
    this.seal()
    const pieces = [...this.pieces]
    const base = this.policy === undefined ? {} : { policy: this.policy, registered: this.registered }
    const starts: number[] = []
    let length = 0
    for (const piece of pieces) {
      starts.push(length)
      length += piece.to - piece.from
    }
    const [only] = pieces
    const rule = (index: number): Rule => {
      let at = pieces.length - 1
      while ((starts[at] ?? 0) > index) at--
      const piece = pieces[at]
      if (!piece || index >= length) throw new RangeError(`${this.name} has no rule ${index}`)
      return piece.chain.rule(piece.from + index - (starts[at] ?? 0))
    }
    const chain: Chain = {
      name: this.name,
      ...base,
      length,
      rule: only && pieces.length === 1 && only.from === 0 ? (index) => only.chain.rule(index) : rule,
    }
    const isIndexed = pieces.some((piece) => 'candidates' in piece.chain)
    return isIndexed ? { ...chain, candidates: (key) => candidatesOf(pieces, starts, key) } : chain
  }

  private seal(): void {
    const { appended } = this
    if (appended.length === 0) return
    this.pieces.push({ chain: chainOf(this.name, appended), from: 0, to: appended.length })
    this.appended = []
  }

  private cut(index: number, count: number, insert: readonly Piece[]): void {
    this.seal()
    const next: Piece[] = []
    let before = 0
    let inserted = false
    for (const piece of this.pieces) {
      const { chain, from, to } = piece
      const low = Math.min(Math.max(from + index - before, from), to)
      const high = Math.min(Math.max(from + index + count - before, from), to)
      if (low > from) next.push({ chain, from, to: low })
      if (!inserted && index >= before && index < before + to - from) {
        next.push(...insert)
        inserted = true
      }
      if (high < to) next.push({ chain, from: Math.max(high, low), to })
      before += to - from
    }
    if (!inserted) next.push(...insert)
    this.pieces = next
  }
}

type Key = Parameters<NonNullable<Chain['candidates']>>[0]

/** The indices of each piece's own index, moved to where the piece is now. */
function candidatesOf(pieces: readonly Piece[], starts: readonly number[], key: Key): readonly number[] | undefined {
  const indices: number[] = []
  for (const [at, { chain, from, to }] of pieces.entries()) {
    const start = (starts[at] ?? 0) - from
    const own = chain.candidates?.(key)
    if (chain.candidates && !own) return undefined
    if (own) for (const index of own) if (index >= from && index < to) indices.push(index + start)
    if (!own) for (let index = from; index < to; index++) indices.push(index + start)
  }
  return indices
}
