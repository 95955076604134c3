import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import type { Tooltip } from '@codemirror/view'
import type { Client } from '../../worker/client.ts'
import type { Field, Fields } from '../../worker/protocol.ts'
import { fieldText, typeText } from './field-text.ts'
import { keyAt, type Place, placeAt } from './yaml-place.ts'

/** Kinds, fields and values that may stand where the cursor is, from the same schemas that manifests are checked against. */
export const completeFields =
  (client: Client) =>
  async (context: CompletionContext): Promise<CompletionResult | null> => {
    const place = placeAt(context.state.doc.toString(), context.pos)
    if (!place || (place.typed === '' && place.key === undefined && !context.explicit && place.indent === 0)) return null
    const answer = await client.ask({
      kind: 'fields',
      of: place.kind,
      path: place.key === undefined ? place.path : [...place.path, place.key],
    })
    const options = place.key === undefined ? keysOf(answer, place) : valuesOf(answer, place)
    return options.length === 0 ? null : { from: place.from, options: [...options], validFor: /^[\w./-]*$/ }
  }

function valuesOf({ kinds, values }: Fields, { path, key }: Place): readonly Completion[] {
  if (path.length === 0 && key === 'kind') return kinds.map(({ kind, apiVersion }) => ({ label: kind, detail: apiVersion, type: 'class' }))
  const known = path.length === 0 && key === 'apiVersion' && values.length === 0 ? kinds.map(({ apiVersion }) => apiVersion) : values
  return [...new Set(known)].map((label) => ({ label, type: 'enum' }))
}

const keysOf = ({ fields }: Fields, { indent }: Place): readonly Completion[] =>
  fields.map((field) => ({
    label: field.name,
    detail: typeText(field),
    type: 'property',
    apply: field.name + following(field, ' '.repeat(indent)),
    // Required ones first, those that nothing here reads last.
    boost: field.required ? 2 : field.type === 'opaque' ? -2 : 0,
    ...infoOf(field),
  }))

function infoOf(field: Field): Pick<Completion, 'info'> {
  const text = fieldText(field)
  return text === undefined ? {} : { info: text }
}

/** What comes after the name, ready for the next word. */
function following({ type, items }: Field, indent: string): string {
  if (type === 'list') return items === 'object' ? `:\n${indent}- ` : ': '
  return type === 'object' || type === 'map' ? `:\n${indent}  ` : ': '
}

/** One sentence about the field under the pointer. */
export const hoverField =
  (client: Client) =>
  async (text: string, position: number): Promise<Tooltip | null> => {
    const key = keyAt(text, position)
    if (!key) return null
    const { fields } = await client.ask({ kind: 'fields', of: key.kind, path: key.path })
    const field = fields.find(({ name }) => name === key.name)
    if (!field) return null
    return { pos: key.from, end: key.to, above: true, create: () => ({ dom: card(field) }) }
  }

function card(field: Field): HTMLElement {
  const dom = document.createElement('div')
  dom.className = 'field-card'
  const head = dom.appendChild(document.createElement('code'))
  head.textContent = `${field.of}.${field.name}: ${typeText(field)}`
  const text = fieldText(field)
  if (text !== undefined) dom.appendChild(document.createElement('p')).textContent = text
  return dom
}
