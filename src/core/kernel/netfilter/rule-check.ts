import { unreachable } from '../../base/assert.ts'
import type { DraftTable } from './draft-table.ts'
import type { IpSet } from './ipset.ts'
import type { Rule, Target } from './rule.ts'
import type { Hook, TableName } from './ruleset.ts'

/** What the kernel checks when a rule is added: targets belong to tables and hooks, chains and sets must exist, jumps may not go round. */
export function refusal(table: DraftTable, chain: string, rule: Rule, sets: ReadonlyMap<string, IpSet>): string | undefined {
  for (const match of rule.matches) if (match.kind === 'set' && !sets.has(match.name)) return `Set ${match.name} doesn't exist.`
  const { target } = rule
  if (!target) return undefined
  if (target.kind === 'jump' || target.kind === 'goto') {
    if (table.isBase(target.chain)) return ` RULE_APPEND failed (Operation not supported): rule in chain ${chain}`
    if (!table.has(target.chain)) return `Chain '${target.chain}' does not exist`
    if (!table.isBase(chain) && reaches(table, target.chain, chain)) return ` RULE_APPEND failed (Too many links): rule in chain ${chain}`
    return undefined
  }
  return isAllowed(target, table.name, table.isBase(chain) ? (chain as Hook) : undefined)
    ? undefined
    : ` RULE_APPEND failed (Invalid argument): rule in chain ${chain}`
}

/** In a user chain the hook is not known; there only the table is checked. */
function isAllowed(target: Target, table: TableName, hook: Hook | undefined): boolean {
  switch (target.kind) {
    case 'DNAT':
    case 'REDIRECT':
      return table === 'nat' && (hook === undefined || hook === 'PREROUTING' || hook === 'OUTPUT')
    case 'SNAT':
      return table === 'nat' && (hook === undefined || hook === 'POSTROUTING' || hook === 'INPUT')
    case 'MASQUERADE':
      return table === 'nat' && (hook === undefined || hook === 'POSTROUTING')
    case 'REJECT':
      return table === 'filter'
    case 'NOTRACK':
      return table === 'raw'
    case 'TCPMSS':
      return !target.clampToPmtu || hook === undefined || hook === 'FORWARD' || hook === 'OUTPUT' || hook === 'POSTROUTING'
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'jump':
    case 'goto':
    case 'MARK':
    case 'CONNMARK':
    case 'LOG':
    case 'NFLOG':
      return true
    default:
      return unreachable(target)
  }
}

/** Depth first; chains may be many, so no recursion. */
function reaches(table: DraftTable, from: string, wanted: string): boolean {
  const seen = new Set<string>()
  const open = [from]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === wanted) return true
    if (seen.has(name)) continue
    seen.add(name)
    const chain = table.look(name)
    for (let index = 0; chain && index < chain.length; index++) {
      const { target } = chain.rule(index)
      if (target?.kind === 'jump' || target?.kind === 'goto') open.push(target.chain)
    }
  }
  return false
}
