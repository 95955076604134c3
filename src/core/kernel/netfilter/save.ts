import { BASE_CHAINS } from './hooks.ts'
import { printRule } from './print.ts'
import type { Ruleset, Table, TableName } from './ruleset.ts'

/** iptables-nft-save goes through the tables in this order, whatever the order of their creation (nft.h, enum nft_table_type). */
const SAVE_ORDER: readonly TableName[] = ['mangle', 'raw', 'filter', 'nat']

/** iptables-nft-save of all tables that exist, with counters at zero and without its comments. Makes every rule of a lazy table that cannot save itself. */
export function saveRuleset(ruleset: Ruleset): string {
  let text = ''
  for (const name of SAVE_ORDER) {
    const table = ruleset.tables.get(name)
    if (table) text += saveTable(table)
  }
  return text
}

/** `*TABLE … COMMIT`: all base chains, also those that do not run, then user chains, then the rules chain by chain. */
export function saveTable(table: Table): string {
  const base: readonly string[] = BASE_CHAINS[table.name]
  const saved = table.savedRules?.()
  const user = (saved ? [...saved.keys()] : table.chainNames()).filter((name) => !base.includes(name))
  if (saved) user.sort()
  const lines = [`*${table.name}`]
  for (const name of base) lines.push(`:${name} ${table.chain(name)?.policy ?? 'ACCEPT'} [0:0]`)
  for (const name of user) lines.push(`:${name} - [0:0]`)
  for (const name of [...base, ...user]) {
    const written = saved?.get(name)
    if (written) lines.push(written)
    const chain = saved ? undefined : table.chain(name)
    if (!chain) continue
    for (let index = 0; index < chain.length; index++) lines.push(printRule(name, chain.rule(index)))
  }
  lines.push('COMMIT', '')
  return lines.join('\n')
}
