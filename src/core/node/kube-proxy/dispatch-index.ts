import type { Rule } from '../../kernel/netfilter/rule.ts'
import { ruleOf } from '../line-chain.ts'
import { type DispatchRule, SHARED_CHAINS, type SharedChain, dispatchLine, targetChain } from './dispatch.ts'
import type { ServicePortInfo } from './service-port.ts'

/** The rules that many service ports put into one shared chain, with an index over them. Shared by all nodes that have the same rules. */
export interface DispatchPart {
  readonly length: number
  rule(index: number): Rule
  /** Adds what a packet to this destination can match here, ascending and counted from `start`. */
  collect(places: number[], start: number, destination: string, protocol: string, destinationPort: number): void
}

export interface DispatchIndex {
  readonly parts: Readonly<Record<SharedChain, DispatchPart>>
  /** Ports by the names of the chains that rules asked for so far have jumped to: names cost a hash, so only these are known without looking for them. */
  readonly targets: Map<string, ServicePortInfo>
}

export function indexDispatch(rules: Iterable<readonly DispatchRule[]>): DispatchIndex {
  const targets = new Map<string, ServicePortInfo>()
  const lists = Object.fromEntries(SHARED_CHAINS.map((chain) => [chain, [] as DispatchRule[]])) as Record<SharedChain, DispatchRule[]>
  for (const some of rules) for (const rule of some) lists[rule.chain].push(rule)
  return {
    parts: Object.fromEntries(SHARED_CHAINS.map((chain) => [chain, partOf(lists[chain], targets)])) as unknown as DispatchIndex['parts'],
    targets,
  }
}

function partOf(list: readonly DispatchRule[], targets: Map<string, ServicePortInfo>): DispatchPart {
  const rules = Array.from<Rule | undefined>({ length: list.length })
  let index: Index | undefined
  return {
    length: list.length,
    rule(at) {
      const known = rules[at]
      if (known) return known
      const from = list[at]
      if (!from) throw new RangeError(`no rule ${at}`)
      if (!from.verdict) targets.set(targetChain(from), from.port)
      return (rules[at] = ruleOf(dispatchLine(from)))
    },
    collect(places, start, destination, protocol, destinationPort) {
      if (list.length === 0) return
      index ??= placesOf(list)
      const exact = index.byDestination.get(destination)
      const anywhere = index.byNumber.get(destinationPort)
      if (exact === undefined && anywhere === undefined) return
      const found = [exact ?? NOWHERE, anywhere ?? NOWHERE].flat()
      if (exact !== undefined && anywhere !== undefined) found.sort((a, b) => a - b)
      for (const at of found) if (list[at]?.number === destinationPort && list[at].protocol === protocol) places.push(start + at)
    },
  }
}

/** Nearly every place has one rule, so lists begin with the second. */
type Places = number | number[]

interface Index {
  readonly byDestination: ReadonlyMap<string, Places>
  /** Rules without destination, by port number. */
  readonly byNumber: ReadonlyMap<number, Places>
}

const NOWHERE: readonly number[] = []

function placesOf(list: readonly DispatchRule[]): Index {
  const byDestination = new Map<string, Places>()
  const byNumber = new Map<number, Places>()
  list.forEach((rule, at) => {
    if (rule.destination === undefined) note(byNumber, rule.number, at)
    else note(byDestination, rule.destination, at)
  })
  return { byDestination, byNumber }
}

function note<K>(index: Map<K, Places>, key: K, at: number): void {
  const places = index.get(key)
  if (places === undefined) index.set(key, at)
  else if (typeof places === 'number') index.set(key, [places, at])
  else places.push(at)
}
