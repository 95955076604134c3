import type { Field } from '../../worker/protocol.ts'
import '../messages/with-editor.ts'
import { has, t } from '../messages/t.ts'

/** One sentence about a field; what concerns every kind is told once. Undefined for the many that need none. */
export function fieldText({ of, name, type, required }: Field): string | undefined {
  const own = [`field.${of}.${name}`, `field.any.${name}`].find((key) => has(key))
  const parts = [
    ...(own !== undefined && has(own) ? [t(own as 'field.any.name')] : []),
    ...(required ? [t('field.required')] : []),
    ...(type === 'opaque' ? [t('field.opaque')] : []),
  ]
  return parts.length === 0 ? undefined : parts.join(' ')
}

export function typeText({ type, items, values }: Field): string {
  if (values && type !== 'boolean') return values.join(' | ')
  if (type === 'list') return t('type.listOf', { type: items === undefined ? '' : t(`type.${items}`) })
  return t(`type.${type}`)
}
