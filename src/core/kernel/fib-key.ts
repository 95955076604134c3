import { contains } from '../net/cidr.ts'
import type { Ip } from '../net/ip.ts'
import type { IpRule, NetworkNamespace, Route } from './netns.ts'

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
