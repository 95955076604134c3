import type { Ip } from '../net/ip.ts'
import { andWords, ipWords, isMulticast6, maskWords, type Words } from '../net/ip6.ts'
import { type Found, type Lookup, losersTo, type RoutesOfLength, selects, tableCompiler, usable } from './fib-key.ts'
import type { AddressType } from './netfilter/rule.ts'
import { type IpRule, type NetworkNamespace, type Route, TABLE_LOCAL } from './netns.ts'
import type { RouteStep } from './step.ts'

/**
 * Route look-up of IPv6 (net/ipv6/ip6_fib.c, fib6_rules.c): policy rules by priority, then the longest prefix, then the lowest metric, then the route that was
 * there first. Left out: router preference and reachability, source-specific routes, exceptions, look-ups bound to a device.
 */

type Length = RoutesOfLength<Words, string>

const keyOf = (words: Words): string => words.join()
const compile = tableCompiler(maskWords, ({ wide }) => wide && keyOf(wide.network))

interface Plan {
  readonly steps: readonly { readonly rule: IpRule; readonly lengths: readonly Length[] }[]
  readonly local: readonly Length[]
  readonly byDestination: boolean
  /** By destination, and the device that the packet came in by. */
  readonly answers: Map<string, Found | undefined>
  readonly locals: Map<Ip, Route | undefined>
}
const plans = new WeakMap<NetworkNamespace, Plan>()
/** Answers are kept for so many addresses, then forgotten together. */
const ANSWERS = 4096
const NO_RULES: readonly IpRule[] = []
const NO_TABLES: ReadonlyMap<number, readonly Route[]> = new Map()
const NO_ROUTES: readonly Route[] = []

function planOf(netns: NetworkNamespace): Plan {
  let plan = plans.get(netns)
  if (!plan) {
    const { rules6 = NO_RULES, tables6 = NO_TABLES } = netns
    const steps = rules6.map((rule) => ({ rule, lengths: compile(tables6.get(rule.table) ?? NO_ROUTES) }))
    const byDestination = rules6.every((rule) => !rule.from && !rule.fwmark && rule.iif === undefined)
    const local = compile(tables6.get(TABLE_LOCAL) ?? NO_ROUTES)
    plan = { steps, local, byDestination, answers: new Map(), locals: new Map() }
    plans.set(netns, plan)
  }
  return plan
}

function remembered<K, T>(answers: Map<K, T>, ip: K, find: () => T): T {
  const known = answers.get(ip)
  if (known !== undefined || answers.has(ip)) return known as T
  if (answers.size >= ANSWERS) answers.clear()
  const found = find()
  answers.set(ip, found)
  return found
}

/** The winning route, or undefined when no table has one. */
export function lookup6(netns: NetworkNamespace, key: Lookup): Found | undefined {
  const plan = planOf(netns)
  if (!plan.byDestination) return search(netns, plan, key)
  const asked = key.in === undefined ? key.destination : `${key.destination} ${key.in}`
  return remembered(plan.answers, asked, () => search(netns, plan, key))
}

function search(netns: NetworkNamespace, plan: Plan, key: Lookup): Found | undefined {
  const destination = ipWords(key.destination)
  for (const { rule, lengths } of plan.steps) {
    if (!selects(rule, key)) continue
    for (const { mask, byNetwork } of lengths) {
      const routes = byNetwork.get(keyOf(andWords(destination, mask)))
      const route = routes && preferred(netns, routes, key.in)
      if (route) return { rule, table: rule.table, route }
    }
  }
  return undefined
}

/** rt6_score_route: of routes with the same metric the one of the device that the packet came in by, else the first. */
function preferred(netns: NetworkNamespace, routes: readonly Route[], dev: string | undefined): Route | undefined {
  const first = routes.find((route) => usable(netns, route))
  if (first === undefined || dev === undefined || first.dev === dev) return first
  return routes.find((route) => route.dev === dev && route.metric === first.metric && usable(netns, route)) ?? first
}

/** As `rejected` of fib.ts. */
export function rejected6(netns: NetworkNamespace, key: Lookup, found: Found | undefined): RouteStep['rejected'] {
  const destination = ipWords(key.destination)
  return losersTo(found, planOf(netns).steps, key, ({ mask, byNetwork }) => byNetwork.get(keyOf(andWords(destination, mask))))
}

/** The entry of table local for an address: local, anycast or multicast. */
export function lookupLocal6(netns: NetworkNamespace, ip: Ip): Route | undefined {
  const plan = planOf(netns)
  return remembered(plan.locals, ip, () => {
    const words = ipWords(ip)
    for (const { mask, byNetwork } of plan.local) {
      const route = byNetwork.get(keyOf(andWords(words, mask)))?.find((one) => usable(netns, one))
      if (route) return route
    }
    return undefined
  })
}

/** What `-m addrtype` asks (net/netfilter/xt_addrtype.c, match_lookup_rt6). */
export function addressType6(netns: NetworkNamespace, ip: Ip): AddressType {
  if (ip === '::') return 'UNSPEC'
  if (isMulticast6(ip)) return 'MULTICAST'
  const found = lookup6(netns, { destination: ip })
  switch (found?.route.type) {
    case 'local':
      return 'LOCAL'
    case 'anycast':
      return 'ANYCAST'
    case 'unicast':
      return 'UNICAST'
    default:
      return 'UNREACHABLE'
  }
}
