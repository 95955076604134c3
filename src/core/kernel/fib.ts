import { type Ip, ANY, ipNumber, isIpv6 } from '../net/ip.ts'
import { contains, maskOf } from '../net/cidr.ts'
import { type Found, type Lookup, losersTo, type RoutesOfLength, selects, tableCompiler, usable } from './fib-key.ts'
import { addressType6, lookup6, lookupLocal6, rejected6 } from './fib6.ts'
import type { Interface, Scope } from './interface.ts'
import type { AddressType } from './netfilter/rule.ts'
import { type IpRule, type NetworkNamespace, type Route, TABLE_LOCAL } from './netns.ts'
import { selectSource6 } from './source6.ts'
import type { RouteStep } from './step.ts'

/**
 * Route lookup as in net/ipv4/fib_rules.c and fib_trie.c: policy rules by priority, then the longest prefix, then the lowest metric.
 * IPv6 destinations are looked up by fib6.ts. Left out: TOS, multipath weights, nexthop objects, route caching and exceptions.
 */
export type { Found }

type Compiled = RoutesOfLength<number, number>
const compile = tableCompiler(maskOf, ({ network }) => network)

interface Plan {
  readonly steps: readonly { readonly rule: IpRule; readonly lengths: readonly Compiled[] }[]
  readonly local: readonly Compiled[]
  /** No policy rule looks at more than the destination, so one answer serves all packets to it. */
  readonly byDestination: boolean
  readonly answers: Map<Ip, Answer>
}
const plans = new WeakMap<NetworkNamespace, Plan>()

/** What has been asked about one address; `found` and `rejected` are filled in when somebody routes to it. */
interface Answer {
  readonly local: Route | undefined
  readonly type: AddressType
  found: Found | undefined | 'unasked'
  rejected: RouteStep['rejected'] | undefined
}
/** Answers are kept for so many addresses, then forgotten together (the kernel's own route cache of old had a limit, too). */
const ANSWERS = 4096

function planOf(netns: NetworkNamespace): Plan {
  let plan = plans.get(netns)
  if (!plan) {
    const steps = netns.rules.map((rule) => ({ rule, lengths: compile(netns.tables.get(rule.table) ?? []) }))
    const byDestination = netns.rules.every((rule) => !rule.from && !rule.fwmark && rule.iif === undefined)
    plan = { steps, local: compile(netns.tables.get(TABLE_LOCAL) ?? []), byDestination, answers: new Map() }
    plans.set(netns, plan)
  }
  return plan
}

function answerOf({ answers, local }: Plan, ip: Ip): Answer {
  let answer = answers.get(ip)
  if (!answer) {
    if (answers.size >= ANSWERS) answers.clear()
    const own = findLocal(local, ip)
    answers.set(ip, (answer = { local: own, type: typeOf(ip, own), found: 'unasked', rejected: undefined }))
  }
  return answer
}

/** The winning route, or undefined when no table has one. Routes of dead devices are stepped over. */
export function lookup(netns: NetworkNamespace, key: Lookup): Found | undefined {
  if (isIpv6(key.destination)) return lookup6(netns, key)
  const plan = planOf(netns)
  if (!plan.byDestination) return search(netns, plan, key)
  const answer = answerOf(plan, key.destination)
  return answer.found === 'unasked' ? (answer.found = search(netns, plan, key)) : answer.found
}

function search(netns: NetworkNamespace, plan: Plan, key: Lookup): Found | undefined {
  const destination = ipNumber(key.destination)
  for (const { rule, lengths } of plan.steps) {
    if (!selects(rule, key)) continue
    for (const { mask, byNetwork } of lengths) {
      const routes = byNetwork.get((destination & mask) >>> 0)
      if (!routes) continue
      for (const route of routes) if (usable(netns, route)) return { rule, table: rule.table, route }
    }
  }
  return undefined
}

/** Routes that cover the destination and lost to what `lookup` found, for the trace. */
export function rejected(netns: NetworkNamespace, key: Lookup, found: Found | undefined): RouteStep['rejected'] {
  if (isIpv6(key.destination)) return rejected6(netns, key, found)
  const plan = planOf(netns)
  if (!plan.byDestination) return losers(plan, key, found)
  const answer = answerOf(plan, key.destination)
  return (answer.rejected ??= losers(plan, key, found))
}

function losers({ steps }: Plan, key: Lookup, found: Found | undefined): RouteStep['rejected'] {
  const destination = ipNumber(key.destination)
  return losersTo(found, steps, key, ({ mask, byNetwork }) => byNetwork.get((destination & mask) >>> 0))
}

/** What `-m addrtype` and martian checks ask: the type of the best route to an address (net/ipv4/fib_frontend.c, inet_addr_type). */
export const addressType = (netns: NetworkNamespace, ip: Ip): AddressType =>
  isIpv6(ip) ? addressType6(netns, ip) : answerOf(planOf(netns), ip).type

function typeOf(ip: Ip, local: Route | undefined): AddressType {
  const n = ipNumber(ip)
  if (n === 0xffffffff || n === 0) return 'BROADCAST'
  if (n >>> 28 === 14) return 'MULTICAST'
  if (local) return local.type === 'broadcast' ? 'BROADCAST' : 'LOCAL'
  return 'UNICAST'
}

/** inet_addr_type asks table local alone: whatever it does not know is unicast. */
export function lookupLocal(netns: NetworkNamespace, ip: Ip): Route | undefined {
  return isIpv6(ip) ? lookupLocal6(netns, ip) : answerOf(planOf(netns), ip).local
}

function findLocal(local: readonly Compiled[], ip: Ip): Route | undefined {
  const destination = ipNumber(ip)
  for (const { mask, byNetwork } of local) {
    const route = byNetwork.get((destination & mask) >>> 0)?.[0]
    if (route) return route
  }
  return undefined
}

export const isLocal = (netns: NetworkNamespace, ip: Ip): boolean => lookupLocal(netns, ip)?.type === 'local'

const SCOPE_VALUE: Readonly<Record<Scope, number>> = { global: 0, link: 253, host: 254 }

/**
 * inet_select_addr (net/ipv4/devinet.c): the address of a device to speak with towards `nexthop`: the first whose subnet holds the next hop,
 * else the device's first, else the first of any other device that is not link-local.
 */
export function selectAddress(netns: NetworkNamespace, dev: string, nexthop: Ip | undefined, scope: Scope = 'global'): Ip | undefined {
  const own = usableAddresses(netns.interfaces.get(dev), scope)
  if (nexthop !== undefined && nexthop !== ANY) {
    const near = own.find((a) => contains(a.prefix, nexthop))
    if (near) return near.prefix.ip
  }
  if (own[0]) return own[0].prefix.ip
  for (const other of netns.interfaces.values()) {
    const any = usableAddresses(other, scope).find((a) => a.scope !== 'link')
    if (any) return any.prefix.ip
  }
  return undefined
}

function usableAddresses(dev: Interface | undefined, scope: Scope): Interface['addresses'] {
  return dev?.addresses.filter((a) => !a.prefix.wide && SCOPE_VALUE[a.scope] <= SCOPE_VALUE[scope]) ?? []
}

/** The source address that a route implies (fib_result_prefsrc). */
export function routeSource(netns: NetworkNamespace, route: Route, destination: Ip): Ip | undefined {
  if (route.preferredSource) return route.preferredSource
  if (isIpv6(destination)) return selectSource6(netns, route.dev, destination)
  if (route.type === 'local') return destination
  return route.dev === undefined ? undefined : selectAddress(netns, route.dev, route.via, route.scope === 'host' ? 'host' : 'global')
}
