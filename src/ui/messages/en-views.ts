import type { FilterError } from '../views/filter.ts'
import type { Proposal } from '../views/filter-complete.ts'

type Required = `filter.error.${FilterError['why']}` | `filter.kind.${Proposal['kind']}`

/** The views of one trace: the packet list's filter, the ladder, the tree of all paths, bytes. */
export const views = {
  'filter.label': 'Filter packets',
  'filter.placeholder': 'Filter: ip.addr == 10.96.0.0/12 && tcp, host web, nat, rule contains KUBE-SVC',
  'filter.proposals': 'What may stand here',
  'filter.count': '{shown} of {all}',
  'filter.clear': 'Remove the filter',
  'filter.narrow': 'Only packets with {condition}',
  'filter.none': 'No packet passes the filter.',
  'filter.error': 'Column {column}: {why}',
  'filter.error.field': 'there is no field “{text}”.',
  'filter.error.value': '{text} needs a value.',
  'filter.error.number': '“{text}” is not a number.',
  'filter.error.address': '“{text}” is not an address or prefix.',
  'filter.error.comparison': 'expected ==, != or contains after {text}.',
  'filter.error.order': '{text} is only compared with == or !=.',
  'filter.error.close': 'a closing parenthesis is missing.',
  'filter.error.joint': 'expected && or || before “{text}”.',
  'filter.error.term': 'expected a field.',
  'filter.error.character': '“{text}” means nothing here.',
  'filter.error.deep': 'nested too deeply.',
  'filter.kind.flag': 'yes or no',
  'filter.kind.ip': 'address or prefix',
  'filter.kind.number': 'number',
  'filter.kind.text': 'name or text',
  'filter.kind.comparison': 'comparison',
  'filter.kind.value': 'value',
  'filter.kind.joint': 'joins',

  'view.label': 'Views of the trace',
  'view.map': 'Map',
  'view.ladder': 'Ladder',
  'view.paths': 'Paths',
  'ladder.label': 'Ladder: one lane per network namespace, time runs down',
  'ladder.socket': 'Socket',
  'ladder.route': 'Routing',
} as const satisfies Readonly<Record<Required, string>> & Readonly<Record<string, string>>
