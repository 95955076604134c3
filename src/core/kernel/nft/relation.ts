import { assert, unreachable } from '../../base/assert.ts'
import { contains, parseCidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import type { Probe } from '../netfilter/probe.ts'
import { compare } from './data-type.ts'
import { elementsOf } from './elements.ts'
import { fieldOf, type PlainExpression } from './evaluate.ts'
import { intervalOf, position } from './intervals.ts'
import type { Memory } from './memory.ts'
import type { Expression, Relation, Right, SetElement, SetReference } from './rule.ts'
import type { DataType } from './ruleset.ts'

/** Comparing what a packet has with constants and sets (net/netfilter/nft_cmp.c, nft_range.c, nft_lookup.c). */

/** The texts of a key, one for each field; undefined when the packet lacks one of them. */
export type Key = (probe: Probe) => readonly string[] | undefined

export function keyOf(expression: Expression): Key {
  if (expression.kind !== 'concat') {
    const field = fieldOf(expression as PlainExpression)
    return (probe) => {
      const text = field(probe)
      return text === undefined ? undefined : [text]
    }
  }
  const fields = expression.parts.map((part) => fieldOf(part as PlainExpression))
  return (probe) => {
    const key: string[] = []
    for (const field of fields) {
      const text = field(probe)
      if (text === undefined) return undefined
      key.push(text)
    }
    return key
  }
}

export type Holds = (key: readonly string[], memory: Memory | undefined) => boolean

export function comparison(right: Right, operator: Relation, types: readonly DataType[]): Holds {
  const [type = 'integer'] = types
  const not = operator === '!='
  switch (right.kind) {
    case 'set': {
      const among = membership(right.set, types)
      return (key, memory) => (among(key, memory) !== undefined) !== not
    }
    case 'flags':
      return flagComparison(right.values, operator)
    case 'masked': {
      const wanted = right.mask.filter((flag) => right.values.includes(flag))
      return ([text = '']) =>
        (text
          .split(',')
          .filter((flag) => right.mask.includes(flag))
          .join() ===
          wanted.join()) !==
        not
    }
    case 'value':
      return valueComparison(right, operator, type)
    default:
      return unreachable(right)
  }
}

/** Without a sign any of the bits will do; with one the whole value is compared. */
function flagComparison(values: readonly string[], operator: Relation): Holds {
  if (operator === 'implicit') return ([text = '']) => text.split(',').some((flag) => values.includes(flag))
  const whole = values.join(',')
  return ([text = '']) => (text === whole) !== (operator === '!=')
}

function valueComparison({ value }: Extract<Right, { kind: 'value' }>, operator: Relation, type: DataType): Holds {
  const not = operator === '!='
  if (value.kind === 'prefix' || value.kind === 'range') {
    const prefix = value.kind === 'prefix' ? parseCidr(`${value.address}/${value.length}`) : undefined
    if (prefix) return ([text = '']) => contains(prefix, text as Ip) !== not
    const { from, to } = intervalOf(type, value)
    return ([text = '']) => {
      const at = position(type, text)
      return (at >= from && at <= to) !== not
    }
  }
  assert(value.kind === 'single', 'anything is no value to compare with')
  const { text } = value
  switch (operator) {
    case 'implicit':
    case '==':
    case '!=':
      if (type === 'ifname' && text.endsWith('*')) return ([name = '']) => name.startsWith(text.slice(0, -1)) !== not
      return ([actual]) => (actual === text) !== not
    case '<':
      return ([actual = '']) => compare(type, actual, text) < 0
    case '<=':
      return ([actual = '']) => compare(type, actual, text) <= 0
    case '>':
      return ([actual = '']) => compare(type, actual, text) > 0
    case '>=':
      return ([actual = '']) => compare(type, actual, text) >= 0
    default:
      return unreachable(operator)
  }
}

/** The element that a key falls into. */
export type Membership = (key: readonly string[], memory: Memory | undefined) => SetElement | undefined

export function membership(set: SetReference, types: readonly DataType[]): Membership {
  if (set.kind === 'named') return (key, memory) => memory?.lookup(set.name, key)
  const elements = elementsOf(types, set.elements)
  return (key) => elements.lookup(key)
}
