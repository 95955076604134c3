import { KINDS } from '../core/api/scheme.ts'
import type { ObjectSchema, Schema } from '../core/api/schema.ts'
import type { Kind } from '../core/api/object.ts'
import type { Field, Fields } from './protocol.ts'

/** Kinds with the version that they are served in, for the first lines of a manifest. */
export const kindsServed = (): Fields['kinds'] => Object.values(KINDS).map(({ kind, apiVersion }) => ({ kind, apiVersion }))

/**
 * What may stand at a place of a manifest: the fields of the object that `path` leads to, or the values of the field that it leads to. List items have no
 * part in the path. Kinds and fields that nothing here knows have no answer.
 */
export function fieldsAt(kind: string, path: readonly string[]): Fields {
  const kinds = kindsServed()
  const definition = Object.hasOwn(KINDS, kind) ? KINDS[kind as Kind] : undefined
  if (!definition) return { kinds, fields: path.length === 0 ? ROOT : [], values: [] }
  const [field] = path
  if (path.length === 1 && field === 'apiVersion') return { kinds, fields: [], values: [definition.apiVersion] }
  const schema = path.reduce<Schema | undefined>(step, definition.schema)
  const at = schema?.kind === 'list' ? schema.of : schema
  if (!at) return { kinds, fields: [], values: [] }
  if (at.kind === 'object') return { kinds, fields: fieldsOf(at), values: [] }
  return { kinds, fields: [], values: valuesOf(at) }
}

const ROOT: readonly Field[] = ['apiVersion', 'kind', 'metadata'].map((name) => ({
  name,
  of: 'Object',
  type: name === 'metadata' ? 'object' : 'string',
  required: true,
}))

function step(schema: Schema | undefined, name: string): Schema | undefined {
  const at = schema?.kind === 'list' ? schema.of : schema
  if (at?.kind === 'map') return at.values
  return at?.kind === 'object' && Object.hasOwn(at.fields, name) ? at.fields[name] : undefined
}

const fieldsOf = ({ go, fields, required }: ObjectSchema): readonly Field[] =>
  Object.entries(fields).map(([name, schema]) => ({
    name,
    of: go,
    type: schema.kind,
    required: required?.includes(name) ?? false,
    ...(schema.kind === 'list' && { items: schema.of.kind }),
    ...(valuesOf(schema).length > 0 && { values: valuesOf(schema) }),
  }))

function valuesOf(schema: Schema): readonly string[] {
  if (schema.kind === 'string') return schema.oneOf ?? []
  return schema.kind === 'boolean' ? ['true', 'false'] : []
}
