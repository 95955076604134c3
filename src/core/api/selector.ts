/** Label selectors (apimachinery pkg/labels, pkg/apis/meta/v1 LabelSelectorAsSelector). */
import { unreachable } from '../base/assert.ts'
import type { LabelSelector } from './meta.ts'

export type Labels = Readonly<Record<string, string>>

/** What a label says; undefined without it, also where every object of JavaScript has something of that name (`constructor`). */
export const labelOf = (labels: Labels | undefined, key: string): string | undefined =>
  labels && Object.hasOwn(labels, key) ? labels[key] : undefined

/** A Service's or node selector: every pair must be there. The empty one matches everything; who must not treat it so asks before. */
export function matchesLabels(selector: Labels, labels: Labels | undefined): boolean {
  for (const key in selector) if (labels?.[key] !== selector[key]) return false
  return true
}

/** A LabelSelector: all of its labels and all of its expressions. */
export function matchesSelector(selector: LabelSelector, labels: Labels | undefined): boolean {
  if (!matchesLabels(selector.matchLabels ?? {}, labels)) return false
  return (selector.matchExpressions ?? []).every((each) => {
    const value = labelOf(labels, each.key)
    switch (each.operator) {
      case 'In':
        return value !== undefined && (each.values ?? []).includes(value)
      case 'NotIn':
        return value === undefined || !(each.values ?? []).includes(value)
      case 'Exists':
        return value !== undefined
      case 'DoesNotExist':
        return value === undefined
      default:
        return unreachable(each.operator)
    }
  })
}

/** True when it matches every object: the API server refuses it on workloads. */
export const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0

const REQUIREMENT = /\s*(!?)([\w./-]+)\s*(?:(==?|!=)\s*([\w.-]*)|(notin|in)\s*\(([^)]*)\))?\s*(?:,|$)/y

/** A selector as kubectl writes it: `a=b,c!=d,e in (f, g),!h`. One that cannot be read matches nothing. */
export function matchesSelectorText(text: string, labels: Labels | undefined): boolean {
  REQUIREMENT.lastIndex = 0
  while (REQUIREMENT.lastIndex < text.trimEnd().length) {
    const found = REQUIREMENT.exec(text)
    if (!found) return false
    const [, not = '', key = '', sign, value = '', word, list = ''] = found
    const own = labelOf(labels, key)
    const fits =
      sign || word ? (sign ? own === value : own !== undefined && list.split(',').some((each) => each.trim() === own)) : own !== undefined
    if (fits === (not === '!' || sign === '!=' || word === 'notin')) return false
  }
  return true
}
