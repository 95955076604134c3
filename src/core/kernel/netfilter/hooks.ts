import type { Hook, TableName } from './ruleset.ts'

/**
 * Which tables run at a hook, in the order of their priority (include/uapi/linux/netfilter_ipv4.h). Conntrack sits between raw and
 * mangle (-200) at PREROUTING and OUTPUT; confirmation is last at INPUT and POSTROUTING.
 *
 *   in ─▶ PREROUTING ─▶ route ─▶ FORWARD ─▶ POSTROUTING ─▶ out
 *                         │                     ▲
 *                         ▼                     │
 *                       INPUT ─▶ socket ─▶ OUTPUT (route, hooks, re-route)
 */
export const PRIORITY: Readonly<Record<Hook, readonly { readonly table: TableName; readonly priority: number }[]>> = {
  PREROUTING: [
    { table: 'raw', priority: -300 },
    { table: 'mangle', priority: -150 },
    { table: 'nat', priority: -100 },
  ],
  INPUT: [
    { table: 'mangle', priority: -150 },
    { table: 'filter', priority: 0 },
    { table: 'nat', priority: 100 },
  ],
  FORWARD: [
    { table: 'mangle', priority: -150 },
    { table: 'filter', priority: 0 },
  ],
  OUTPUT: [
    { table: 'raw', priority: -300 },
    { table: 'mangle', priority: -150 },
    { table: 'nat', priority: -100 },
    { table: 'filter', priority: 0 },
  ],
  POSTROUTING: [
    { table: 'mangle', priority: -150 },
    { table: 'nat', priority: 100 },
  ],
}

export const CONNTRACK_PRIORITY = -200

/** Base chains of each table, in iptables-save's order. */
export const BASE_CHAINS: Readonly<Record<TableName, readonly Hook[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
}
