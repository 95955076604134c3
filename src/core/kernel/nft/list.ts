import { printElement, printRule, printTime } from './print.ts'
import { sorted } from './read-set.ts'
import type { DataType, NftBase, NftChain, NftRuleset, NftSet, NftTable } from './ruleset.ts'

/** `nft list ruleset`, byte for byte (nftables src/rule.c, v1.0.6). Order of elements in hashed sets is the kernel's own; here that in which they were added. */
export const listRuleset = ({ tables }: NftRuleset): string => tables.map((table) => table.listing?.() ?? listTable(table)).join('')

/** One table, rule by rule. */
export function listTable(table: NftTable): string {
  const parts: string[] = []
  for (const name of table.setNames()) {
    const set = table.set(name)
    if (set) parts.push(listSet(set))
  }
  for (const name of table.chainNames()) {
    const chain = table.chain(name)
    if (chain) parts.push(listChain(chain))
  }
  return tableText(table, parts)
}

/** The frame of a table around its sets and chains. */
export function tableText({ family, name, comment }: Pick<NftTable, 'family' | 'name' | 'comment'>, parts: readonly string[]): string {
  return `table ${family} ${name} {\n${comment === undefined ? '' : `\tcomment "${comment}"\n`}${parts.join('\n')}}\n`
}

export function listChain(chain: NftChain): string {
  const rules = Array.from({ length: chain.length }, (_, i) => printRule(chain.rule(i)))
  return chainText(chain, rules)
}

export function chainText({ name, comment, base }: Pick<NftChain, 'name' | 'comment' | 'base'>, rules: readonly string[]): string {
  let text = `\tchain ${name} {\n`
  if (comment !== undefined) text += `\t\tcomment "${comment}"\n`
  if (base) text += `\t\t${printBase(base)}; policy ${base.policy.toLowerCase()};\n`
  if (rules.length > 0) text += `\t\t${rules.join('\n\t\t')}\n`
  return `${text}\t}\n`
}

const printBase = ({ type, hook, priority }: NftBase): string =>
  `type ${type} hook ${hook.toLowerCase()} priority ${printPriority(hook, priority)}`

/** Names of priorities, each at the hooks where nft knows it. */
export const PRIORITIES: Readonly<Record<string, number>> = { raw: -300, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100 }
const isKnown = (name: string, hook: NftBase['hook']): boolean =>
  (name !== 'dstnat' || hook === 'PREROUTING') && (name !== 'srcnat' || hook === 'POSTROUTING')

export function printPriority(hook: NftBase['hook'], priority: number): string {
  const near = Object.entries(PRIORITIES).find(([name, value]) => isKnown(name, hook) && Math.abs(priority - value) <= 10)
  if (!near) return String(priority)
  const [name, value] = near
  if (priority === value) return name
  return priority > value ? `${name} + ${priority - value}` : `${name} - ${value - priority}`
}

/** The name of a priority, or undefined where the hook has none of that name. */
export const priorityOf = (hook: NftBase['hook'], name: string): number | undefined => (isKnown(name, hook) ? PRIORITIES[name] : undefined)

export function listSet(set: NftSet): string {
  const elements = [...set.elements.list()]
  const ordered = set.flags.includes('interval') && set.key.length === 1 ? sorted(set.key, elements) : elements
  return setText(
    set,
    ordered.map((element) => printElement(element, set.key)),
  )
}

/** The kernel limits sets that packets fill. */
const DYNAMIC_SIZE = 65535

export function setText(set: Omit<NftSet, 'elements'>, elements: readonly string[]): string {
  const size = set.size ?? (set.flags.includes('dynamic') ? DYNAMIC_SIZE : undefined)
  const lines = [
    `type ${set.key.join(' . ')}${set.value ? ` : ${set.value.join(' . ')}` : ''}`,
    size === undefined ? '' : `size ${size}`,
    set.flags.length === 0 ? '' : `flags ${FLAG_ORDER.filter((flag) => set.flags.includes(flag)).join(',')}`,
    set.timeout === undefined ? '' : `timeout ${printTime(set.timeout)}`,
    set.autoMerge ? 'auto-merge' : '',
    set.comment === undefined ? '' : `comment "${set.comment}"`,
    elements.length === 0 ? '' : `elements = { ${wrapped(set, elements)} }`,
  ].filter((line) => line !== '')
  return `\t${set.value ? 'map' : 'set'} ${set.name} {\n\t\t${lines.join('\n\t\t')}\n\t}\n`
}

const FLAG_ORDER = ['constant', 'dynamic', 'interval', 'timeout'] as const

/** calculate_delim: how many elements nft puts on a line. */
function wrapped({ key, value }: Pick<NftSet, 'key' | 'value'>, elements: readonly string[]): string {
  const perLine = key.length > 1 || value ? 1 : perLineOf(key[0])
  const lines: string[] = []
  for (let i = 0; i < elements.length; i += perLine) lines.push(elements.slice(i, i + perLine).join(', '))
  return lines.join(',\n\t\t\t     ')
}

function perLineOf(type: DataType | undefined): number {
  if (type === 'inet_service' || type === 'inet_proto' || type === 'integer' || type === 'icmp_type' || type === 'icmpv6_type') return 5
  if (type === 'ipv4_addr') return 2
  return type === 'mark' ? 3 : 1
}
