import { type Cidr, contains } from '../net/cidr.ts'
import type { Ip } from '../net/ip.ts'
import type { IpRule, NetworkNamespace, Route } from './netns.ts'
import type { RouteStep } from './step.ts'

/** What both families' route look-ups have in common: policy rules (net/core/fib_rules.c) and which routes count. */
export interface Found {
  readonly rule: IpRule
  readonly table: number
  readonly route: Route
}

export interface Lookup {
  readonly destination: Ip
  readonly source?: Ip
  readonly mark?: number
  readonly in?: string
}

export function selects(rule: IpRule, key: Lookup): boolean {
  if (rule.from && (!key.source || !contains(rule.from, key.source))) return false
  if (rule.to && !contains(rule.to, key.destination)) return false
  if (rule.iif !== undefined && rule.iif !== key.in) return false
  return !rule.fwmark || ((key.mark ?? 0) & rule.fwmark.mask) >>> 0 === rule.fwmark.value
}

/** Routes of dead devices are stepped over; local ones live as long as their address does, whatever the device is doing (fib_sync_down_dev). */
export function usable(netns: NetworkNamespace, route: Route): boolean {
  return route.dev === undefined || route.type === 'local' || netns.interfaces.get(route.dev)?.up === true
}

/** The routes of one table whose prefixes have one length, by network part: in which form, is the family's. */
export interface RoutesOfLength<Mask, Network> {
  readonly mask: Mask
  readonly byNetwork: ReadonlyMap<Network, readonly Route[]>
}

/**
 * Compiles tables of one family: longest prefixes first, routes to one network by metric. Once for each table, which never changes, so that nodes which share
 * one share its index.
 */
export function tableCompiler<Mask, Network>(
  maskOf: (length: number) => Mask,
  networkOf: (prefix: Cidr) => Network | undefined,
): (routes: readonly Route[]) => readonly RoutesOfLength<Mask, Network>[] {
  const tables = new WeakMap<readonly Route[], readonly RoutesOfLength<Mask, Network>[]>()
  return (routes) => {
    let known = tables.get(routes)
    if (known) return known
    const byLength = new Map<number, Map<Network, Route[]>>()
    for (const route of routes) {
      const network = networkOf(route.destination)
      if (network === undefined) continue
      const networks = byLength.get(route.destination.length) ?? new Map<Network, Route[]>()
      byLength.set(route.destination.length, networks)
      networks.set(
        network,
        [...(networks.get(network) ?? []), route].sort((a, b) => a.metric - b.metric),
      )
    }
    known = [...byLength].sort(([a], [b]) => b - a).map(([length, byNetwork]) => ({ mask: maskOf(length), byNetwork }))
    tables.set(routes, known)
    return known
  }
}

const REJECTED_LIMIT = 8

/** Routes that cover the destination and lost to the one that was found, for the trace: the nearest, so many at most. `at` finds those of one length. */
export function losersTo<Length>(
  found: Found | undefined,
  steps: readonly { readonly rule: IpRule; readonly lengths: readonly Length[] }[],
  key: Lookup,
  at: (length: Length) => readonly Route[] | undefined,
): RouteStep['rejected'] {
  const out: RouteStep['rejected'][number][] = []
  for (const { rule, lengths } of steps) {
    if (!selects(rule, key)) continue
    for (const length of lengths)
      for (const route of at(length) ?? []) {
        if (route === found?.route) continue
        if (out.length >= REJECTED_LIMIT) return out
        out.push({ table: rule.table, route, why: route.destination.length === found?.route.destination.length ? 'metric' : 'shorter' })
      }
  }
  return out
}
