import type { Hook } from '../../core/kernel/netfilter/ruleset.ts'
import type { Step } from '../../core/kernel/step.ts'
import { prefixOf } from '../views/filter.ts'

/**
 * When play stops. Written as one line, which is what a project keeps:
 *
 *     device cni0      hook PREROUTING      chain nat KUBE-SERVICES      rule nat -A KUBE-SERVICES …      drop
 *     ip.src changes   ip.ttl < 62          mark set                     in node/node-1 hook FORWARD      in pod/default/web-1
 *
 * `in` narrows the condition to one network namespace, by the id that its owner has on the map; alone it stops where a packet comes in.
 */
export type Condition =
  | { readonly on: 'place'; readonly place: string }
  | (Narrowed &
      (
        | { readonly on: 'device'; readonly dev: string }
        | { readonly on: 'hook'; readonly hook: Hook }
        | { readonly on: 'chain'; readonly table?: string; readonly chain: string }
        | { readonly on: 'rule'; readonly table: string; readonly rule: string }
        | { readonly on: 'step'; readonly kind: Step['kind'] }
        | { readonly on: 'change'; readonly field: FieldName }
        | { readonly on: 'value'; readonly field: FieldName; readonly by: Comparison; readonly value: string }
        | { readonly on: 'drop' }
      ))

interface Narrowed {
  readonly place?: string
}

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='

/** `ip.*` and ports are those of the packet that the request is about, also inside a tunnel; `outer.*` are the tunnel's. */
export const FIELD_TYPES = {
  'ip.src': 'ip',
  'ip.dst': 'ip',
  'ip.ttl': 'number',
  'ip.len': 'number',
  srcport: 'number',
  dstport: 'number',
  'tcp.flags': 'text',
  mark: 'number',
  'outer.src': 'ip',
  'outer.dst': 'ip',
  vni: 'number',
} as const
export type FieldName = keyof typeof FIELD_TYPES

/** What people call them besides. */
const ALIASES: Readonly<Record<string, FieldName>> = {
  source: 'ip.src',
  src: 'ip.src',
  destination: 'ip.dst',
  dst: 'ip.dst',
  ttl: 'ip.ttl',
  length: 'ip.len',
  'tcp.srcport': 'srcport',
  'udp.srcport': 'srcport',
  'tcp.dstport': 'dstport',
  'udp.dstport': 'dstport',
  flags: 'tcp.flags',
  'vxlan.vni': 'vni',
}

const HOOKS: readonly string[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] satisfies readonly Hook[]
/** One for each kind of step: a new kind does not compile without. */
const STEPS: Readonly<Record<Step['kind'], true>> = {
  send: true,
  receive: true,
  transmit: true,
  bridge: true,
  defragment: true,
  fragment: true,
  conntrack: true,
  confirm: true,
  chain: true,
  nat: true,
  ipvs: true,
  route: true,
  forward: true,
  neighbour: true,
  encapsulate: true,
  decapsulate: true,
  socket: true,
  reject: true,
  drop: true,
}

export function conditionText(condition: Condition): string {
  if (condition.on === 'place') return `in ${condition.place}`
  return condition.place === undefined ? plainText(condition) : `in ${condition.place} ${plainText(condition)}`
}

function plainText(condition: Exclude<Condition, { on: 'place' }>): string {
  switch (condition.on) {
    case 'device':
      return `device ${condition.dev}`
    case 'hook':
      return `hook ${condition.hook}`
    case 'chain':
      return condition.table === undefined ? `chain ${condition.chain}` : `chain ${condition.table} ${condition.chain}`
    case 'rule':
      return `rule ${condition.table} ${condition.rule}`
    case 'step':
      return `step ${condition.kind}`
    case 'change':
      return `${condition.field} changes`
    case 'value':
      return `${condition.field} ${condition.by} ${condition.value}`
    case 'drop':
      return 'drop'
  }
}

/** Undefined for what is not a condition: nothing is guessed. */
export function parseCondition(text: string): Condition | undefined {
  const [first = '', place = ''] = words(text)
  if (first.toLowerCase() !== 'in') return plain(text.trim())
  if (!/^(?:node|pod|external)\/\S+$/.test(place)) return undefined
  const rest = text.trim().replace(/^\S+\s+\S+\s*/, '')
  if (rest === '') return { on: 'place', place }
  const condition = plain(rest)
  return condition && condition.on !== 'place' ? { ...condition, place } : undefined
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

function plain(text: string): Condition | undefined {
  const [first = '', second, third, ...more] = words(text)
  const count = words(text).length
  switch (first.toLowerCase()) {
    case 'drop':
      return count === 1 ? { on: 'drop' } : undefined
    case 'device':
      return second !== undefined && count === 2 ? { on: 'device', dev: second } : undefined
    case 'hook':
      return count === 2 ? hookOf(second?.toUpperCase()) : undefined
    case 'chain':
      return more.length === 0 ? chainOf(second, third) : undefined
    case 'rule':
      return ruleOf(text)
    case 'step':
      return count === 2 && second !== undefined && Object.hasOwn(STEPS, second) ? { on: 'step', kind: second as Step['kind'] } : undefined
    default:
      return fieldCondition(text)
  }
}

const hookOf = (name: string | undefined): Condition | undefined =>
  name !== undefined && HOOKS.includes(name) ? { on: 'hook', hook: name as Hook } : undefined

function chainOf(second: string | undefined, third: string | undefined): Condition | undefined {
  if (second === undefined) return undefined
  if (third === undefined) return { on: 'chain', chain: second }
  return { on: 'chain', table: second, chain: third }
}

function ruleOf(text: string): Condition | undefined {
  const [, table = '', rule = ''] = /^rule\s+(\S+)\s+(\S.*)$/i.exec(text) ?? []
  return rule === '' ? undefined : { on: 'rule', table, rule }
}

function fieldCondition(text: string): Condition | undefined {
  const [, name = '', rest = ''] = /^([\w.]+)\s*(.*)$/.exec(text) ?? []
  const field = fieldNamed(name.toLowerCase())
  if (!field) return undefined
  if (/^(?:changes|changed)$/i.test(rest)) return { on: 'change', field }
  if (/^(?:is )?set$/i.test(rest)) return FIELD_TYPES[field] === 'number' ? { on: 'value', field, by: '!=', value: '0' } : undefined
  const [, by, value = ''] = /^(==|!=|<=|>=|<|>|=)\s*(\S+)$/.exec(rest) ?? []
  if (by === undefined) return undefined
  const comparison = (by === '=' ? '==' : by) as Comparison
  return isValue(field, comparison, value) ? { on: 'value', field, by: comparison, value } : undefined
}

function fieldNamed(name: string): FieldName | undefined {
  if (Object.hasOwn(FIELD_TYPES, name)) return name as FieldName
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined
}

/** Order is for numbers; marks are written in hexadecimal as iptables prints them. */
function isValue(field: FieldName, by: Comparison, value: string): boolean {
  const type = FIELD_TYPES[field]
  if (type === 'number') return /^(?:\d+|0x[\da-f]+)$/i.test(value)
  if (by !== '==' && by !== '!=') return false
  return type === 'text' || prefixOf(value) !== undefined
}
