import type { Step } from '../../core/kernel/step.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import { compare, type Position } from '../position.ts'
import { isWithin } from '../views/filter.ts'
import { type Comparison, type Condition, type FieldName, FIELD_TYPES } from './condition.ts'
import { type Moment, momentsOf } from './moments.ts'

/** A place where play stops, and because of which conditions. */
export interface Hit {
  readonly position: Position
  /** Indices into the conditions, in their order. */
  readonly because: readonly number[]
  /** What a header field became: `10.244.1.2 → 10.244.1.0`. */
  readonly detail?: string
}

/** Every hit of a conversation in order of time. `placeOf` gives the id that a namespace's owner has on the map. */
export function hitsOf(
  packets: readonly PacketTrace[],
  conditions: readonly Condition[],
  placeOf: (netns: string) => string,
): readonly Hit[] {
  const found: { position: Position; because: number; detail?: string }[] = []
  for (const [packet, trace] of packets.entries()) {
    const moments = momentsOf(trace, packet)
    for (const [because, condition] of conditions.entries()) {
      for (const [index, moment] of moments.entries()) {
        const before = moments[index - 1]
        if (!isHit(condition, moment, before, placeOf)) continue
        // A run comes back to a chain from those that it jumped to: that is the same visit.
        if (condition.on === 'chain' && isSameStep(found.at(-1), moment.position, because)) continue
        found.push({ position: moment.position, because, ...detailOf(condition, moment, before) })
      }
    }
  }
  return merged(found.toSorted((a, b) => compare(a.position, b.position) || a.because - b.because))
}

const isSameStep = (last: { readonly position: Position; readonly because: number } | undefined, at: Position, because: number): boolean =>
  last !== undefined &&
  last.because === because &&
  last.position.packet === at.packet &&
  last.position.hop === at.hop &&
  last.position.step === at.step

function merged(found: readonly { position: Position; because: number; detail?: string }[]): readonly Hit[] {
  const hits: Hit[] = []
  for (const { position, because, detail } of found) {
    const last = hits.at(-1)
    if (last && compare(last.position, position) === 0) {
      hits[hits.length - 1] = { ...last, because: [...last.because, because], ...(detail === undefined ? {} : { detail }) }
    } else hits.push({ position, because: [because], ...(detail === undefined ? {} : { detail }) })
  }
  return hits
}

/**
 * What lasts (being on a device, at a hook, having a small TTL) stops play once, where it begins; what happens (a rule, a rewritten field) stops it
 * each time.
 */
function isHit(condition: Condition, moment: Moment, before: Moment | undefined, placeOf: (netns: string) => string): boolean {
  if (!holds(condition, moment, before, placeOf)) return false
  if (!lasts(condition)) return true
  const sameHop = before && before.position.hop === moment.position.hop
  return !((condition.on === 'value' || sameHop) && before && holds(condition, before, undefined, placeOf))
}

const lasts = ({ on }: Condition): boolean => on !== 'rule' && on !== 'change' && on !== 'drop'

function holds(condition: Condition, moment: Moment, before: Moment | undefined, placeOf: (netns: string) => string): boolean {
  if (condition.place !== undefined && placeOf(moment.netns) !== condition.place) return false
  const { step, rule } = moment
  switch (condition.on) {
    case 'place':
      return true
    case 'device':
      return step !== undefined && devicesOf(step).includes(condition.dev)
    case 'hook':
      return step !== undefined && 'hook' in step && step.hook === condition.hook
    case 'chain':
      if (step?.kind !== 'chain' || (condition.table !== undefined && step.table !== condition.table)) return false
      return (rule?.chain ?? step.chain) === condition.chain
    case 'rule':
      return step?.kind === 'chain' && step.table === condition.table && rule?.rule === condition.rule
    case 'step':
      return step?.kind === condition.kind
    case 'change':
      return before !== undefined && before.header[condition.field] !== moment.header[condition.field]
    case 'value':
      return compares(condition.field, moment.header[condition.field], condition.by, condition.value)
    case 'drop':
      return moment.lost || (rule === undefined && (step?.kind === 'drop' || step?.kind === 'reject'))
  }
}

function devicesOf(step: Step): readonly string[] {
  switch (step.kind) {
    case 'receive':
    case 'transmit':
    case 'encapsulate':
    case 'decapsulate':
      return [step.dev]
    case 'bridge':
      return [step.bridge, step.port]
    default:
      return []
  }
}

function compares(field: FieldName, actual: string | number | undefined, by: Comparison, wanted: string): boolean {
  if (actual === undefined) return false
  const equal = FIELD_TYPES[field] === 'ip' ? isWithin(String(actual), wanted) : equals(field, actual, wanted)
  switch (by) {
    case '==':
      return equal
    case '!=':
      return !equal
    case '<':
      return Number(actual) < Number(wanted)
    case '<=':
      return Number(actual) <= Number(wanted)
    case '>':
      return Number(actual) > Number(wanted)
    case '>=':
      return Number(actual) >= Number(wanted)
  }
}

const equals = (field: FieldName, actual: string | number, wanted: string): boolean =>
  FIELD_TYPES[field] === 'number' ? Number(actual) === Number(wanted) : actual === wanted

function detailOf(condition: Condition, moment: Moment, before: Moment | undefined): { readonly detail?: string } {
  if (condition.on !== 'change' && condition.on !== 'value') return {}
  const [was, is] = [shown(condition.field, before), shown(condition.field, moment)]
  return { detail: was === is || was === '' ? is : `${was} → ${is}` }
}

function shown(field: FieldName, moment: Moment | undefined): string {
  const value = moment?.header[field]
  if (value === undefined) return moment ? '–' : ''
  return field === 'mark' ? `0x${value.toString(16)}` : String(value)
}
