import type { Rule } from '../../kernel/netfilter/rule.ts'
import { ruleOf } from '../line-chain.ts'
import { type DispatchRule, SHARED_CHAINS, type SharedChain, dispatchOrigin, dispatchText, targetChain } from './dispatch.ts'
import type { ServicePortInfo } from './service-port.ts'

/** The rules that many service ports put into one shared chain, with an index over them. Shared by all nodes that have the same rules. */
export interface DispatchPart {
  readonly length: number
  rule(index: number): Rule
  text(index: number): string
  /** Ascending; what a packet to this destination can match here. */
  candidates(destination: string, protocol: string, destinationPort: number): readonly number[]
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

type Places = number | number[]
const NOWHERE: readonly number[] = []

function partOf(list: readonly DispatchRule[], targets: Map<string, ServicePortInfo>): DispatchPart {
  const rules: (Rule | undefined)[] = []
  let index: Map<string, Places> | undefined
  return {
    length: list.length,
    rule(at) {
      const known = rules[at]
      if (known) return known
      const from = list[at]
      if (!from) throw new RangeError(`no rule ${at}`)
      if (!from.verdict) targets.set(targetChain(from), from.port)
      return (rules[at] = ruleOf(dispatchText(from), dispatchOrigin(from)))
    },
    text(at) {
      const from = list[at]
      return from ? dispatchText(from) : ''
    },
    candidates(destination, protocol, destinationPort) {
      index ??= placesOf(list)
      const exact = index.get(keyOf(destination, protocol, destinationPort))
      const anywhere = index.get(keyOf('', protocol, destinationPort))
      if (exact === undefined) return asList(anywhere)
      return anywhere === undefined ? asList(exact) : [...asList(exact), ...asList(anywhere)].sort((a, b) => a - b)
    },
  }
}

const keyOf = (destination: string, protocol: string, port: number): string => `${destination} ${protocol} ${port}`
const asList = (places: Places | undefined): readonly number[] =>
  places === undefined ? NOWHERE : typeof places === 'number' ? [places] : places

function placesOf(list: readonly DispatchRule[]): Map<string, Places> {
  const index = new Map<string, Places>()
  list.forEach((rule, at) => {
    const key = keyOf(rule.destination ?? '', rule.protocol, rule.number)
    const places = index.get(key)
    if (places === undefined) index.set(key, at)
    else if (typeof places === 'number') index.set(key, [places, at])
    else places.push(at)
  })
  return index
}
