/**
 * A small notation for the shape of API objects, and the one function that holds an object against it. The kinds themselves are data (`*-schema.ts`).
 * What it says about wrong types, unknown fields and wrong values are the words of apimachinery's decoder and of pkg/apis/core/validation.
 */
import { unreachable } from '../base/assert.ts'
import { complaint, type Format } from './format.ts'

export type Segment = string | number
export type Path = readonly Segment[]

export type Schema =
  | { readonly kind: 'string'; readonly format?: Format; readonly oneOf?: readonly string[]; readonly nonEmpty?: true }
  | { readonly kind: 'integer'; readonly range?: readonly [number, number]; readonly long?: true }
  | { readonly kind: 'boolean' }
  /** A port by number or by name. */
  | { readonly kind: 'intOrString' }
  /** A field that Kubernetes has and nothing here reads: accepted as it is. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'map'; readonly keys?: Format; readonly values: Schema }
  | { readonly kind: 'list'; readonly of: Schema; readonly unique?: string; readonly nonEmpty?: true }
  | ObjectSchema

/** `go` is the name of the Go struct: the decoder's messages contain it. */
export interface ObjectSchema {
  readonly kind: 'object'
  readonly go: string
  readonly fields: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

/** One thing wrong with one field. */
export interface FieldProblem {
  readonly severity: 'error' | 'warning'
  readonly code: 'unknown-field' | 'wrong-type' | 'required' | 'invalid' | 'unsupported' | 'duplicate' | 'forbidden' | 'out-of-range'
  readonly path: Path
  /** Without the path: `Invalid value: 70000: must be between 1 and 65535, inclusive`. */
  readonly message: string
}

export const string = (format?: Format): Schema => (format ? { kind: 'string', format } : { kind: 'string' })
export const oneOf = (...values: string[]): Schema => ({ kind: 'string', oneOf: values })
export const integer = (from?: number, to?: number): Schema =>
  from === undefined || to === undefined ? { kind: 'integer' } : { kind: 'integer', range: [from, to] }
export const listOf = (of: Schema, more: { unique?: string; nonEmpty?: true } = {}): Schema => ({ kind: 'list', of, ...more })
export const mapOf = (values: Schema, keys?: Format): Schema => (keys ? { kind: 'map', keys, values } : { kind: 'map', values })
export const boolean: Schema = { kind: 'boolean' }
export const opaque: Schema = { kind: 'opaque' }
export const intOrString: Schema = { kind: 'intOrString' }
/** Fields that exist but are not looked into, from a list of words. */
export const opaques = (names: string): Record<string, Schema> => Object.fromEntries(names.split(/\s+/).map((name) => [name, opaque]))

export const object = (go: string, fields: Readonly<Record<string, Schema>>, ...required: string[]): ObjectSchema => ({
  kind: 'object',
  go,
  fields,
  required,
})

/** `spec.ports[0].port`, labels and other odd keys in brackets. */
export function printPath(path: Path): string {
  let out = ''
  for (const segment of path) {
    if (typeof segment === 'number') out += `[${segment}]`
    else if (/^[A-Za-z_][\w-]*$/.test(segment)) out += out === '' ? segment : `.${segment}`
    else out += `[${segment}]`
  }
  return out
}

/** A value as field.Error prints it: strings quoted, lists of strings in Go's syntax; objects as JSON, for which field.Error has no better. */
export function printValue(value: unknown): string {
  const isTexts = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')
  return isTexts ? `[]string{${value.map((each) => JSON.stringify(each)).join(', ')}}` : (JSON.stringify(value) ?? 'null')
}

export const invalid = (path: Path, value: unknown, why: string): FieldProblem => ({
  severity: 'error',
  code: 'invalid',
  path,
  message: `Invalid value: ${printValue(value)}: ${why}`,
})
export const required = (path: Path, why?: string): FieldProblem => ({
  severity: 'error',
  code: 'required',
  path,
  message: why ? `Required value: ${why}` : 'Required value',
})
export const forbidden = (path: Path, why: string): FieldProblem => ({
  severity: 'error',
  code: 'forbidden',
  path,
  message: `Forbidden: ${why}`,
})
export const duplicate = (path: Path, value: unknown): FieldProblem => ({
  severity: 'error',
  code: 'duplicate',
  path,
  message: `Duplicate value: ${printValue(value)}`,
})
export const unsupported = (path: Path, value: unknown, supported: readonly string[]): FieldProblem => ({
  severity: 'error',
  code: 'unsupported',
  path,
  message: `Unsupported value: ${printValue(value)}: supported values: ${[...supported]
    .sort()
    .map((each) => `"${each}"`)
    .join(', ')}`,
})

interface Checking {
  readonly problems: FieldProblem[]
  readonly path: Segment[]
  /** The innermost Go struct, and the fields since the outermost. */
  readonly struct: string
}

/** Everything wrong with `value`. Fields that are null count as absent, as they do for the API server. */
export function check(schema: ObjectSchema, value: unknown): readonly FieldProblem[] {
  const problems: FieldProblem[] = []
  checkValue(schema, value, { problems, path: [], struct: schema.go })
  return problems
}

function checkValue(schema: Schema, value: unknown, at: Checking): void {
  switch (schema.kind) {
    case 'opaque':
      return
    case 'string':
      return checkString(schema, value, at)
    case 'integer':
      return checkInteger(schema, value, at)
    case 'boolean':
      if (typeof value !== 'boolean') wrongType(value, 'bool', at)
      return
    case 'intOrString':
      if (typeof value !== 'string' && !Number.isInteger(value)) wrongType(value, 'intstr.IntOrString', at)
      return
    case 'map':
      return checkMap(schema, value, at)
    case 'list':
      return checkList(schema, value, at)
    case 'object':
      return checkObject(schema, value, at)
    default:
      return unreachable(schema)
  }
}

function checkString(schema: Extract<Schema, { kind: 'string' }>, value: unknown, at: Checking): void {
  if (typeof value !== 'string') return wrongType(value, 'string', at)
  if (schema.oneOf && value !== '' && !schema.oneOf.includes(value)) at.problems.push(unsupported([...at.path], value, schema.oneOf))
  if (schema.nonEmpty && value === '') at.problems.push(required([...at.path]))
  if (!schema.format || (value === '' && schema.format !== 'ip')) return
  const why = complaint(schema.format, value)
  if (why) at.problems.push(invalid([...at.path], value, why))
}

function checkInteger(schema: Extract<Schema, { kind: 'integer' }>, value: unknown, at: Checking): void {
  if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType(value, schema.long ? 'int64' : 'int32', at)
  if (!schema.range) return
  const [from, to] = schema.range
  if (value >= from && value <= to) return
  at.problems.push(
    invalid(
      [...at.path],
      value,
      to === Number.MAX_SAFE_INTEGER ? `must be greater than or equal to ${from}` : `must be between ${from} and ${to}, inclusive`,
    ),
  )
}

function checkMap(schema: Extract<Schema, { kind: 'map' }>, value: unknown, at: Checking): void {
  if (!isRecord(value)) return wrongType(value, 'map[string]string', at)
  for (const key of Object.keys(value)) {
    const why = schema.keys && complaint(schema.keys, key)
    if (why) at.problems.push(invalid([...at.path], key, why))
    at.path.push(key)
    checkValue(schema.values, value[key] ?? '', at)
    at.path.pop()
  }
}

function checkList(schema: Extract<Schema, { kind: 'list' }>, value: unknown, at: Checking): void {
  if (!Array.isArray(value)) return wrongType(value, `[]${goName(schema.of)}`, at)
  if (schema.nonEmpty && value.length === 0) at.problems.push(required([...at.path]))
  const seen = new Set<unknown>()
  value.forEach((item: unknown, index) => {
    at.path.push(index)
    checkValue(schema.of, item, at)
    const key = schema.unique !== undefined && isRecord(item) ? item[schema.unique] : undefined
    if (key !== undefined && key !== '') {
      if (seen.has(key)) at.problems.push(duplicate([...at.path, schema.unique ?? ''], key))
      seen.add(key)
    }
    at.path.pop()
  })
}

function checkObject(schema: ObjectSchema, value: unknown, at: Checking): void {
  if (!isRecord(value)) return wrongType(value, goName(schema), at)
  const inside: Checking = { ...at, struct: schema.go }
  for (const name of Object.keys(value)) {
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined
    const given = value[name]
    if (field && given === null) continue
    at.path.push(name)
    if (field) checkValue(field, given, inside)
    else at.problems.push(unknownField(schema, name, at.path))
    at.path.pop()
  }
  for (const name of schema.required ?? []) {
    const given = value[name]
    const absent = given === undefined || given === null || given === ''
    if (absent) at.problems.push(required([...at.path, name]))
  }
}

/** kubectl's strict decoding refuses these; here they warn, and a field that stands at the wrong level is told where it belongs. */
function unknownField(schema: ObjectSchema, name: string, path: Path): FieldProblem {
  const home = nested(schema, name, [], 3)
  const advice = home
    ? `: "${name}" belongs in "${[...path.slice(0, -1).map(String), ...home].join('.').replaceAll('.[', '[')}"; it is ignored where it stands`
    : ''
  return { severity: 'warning', code: 'unknown-field', path: [...path], message: `unknown field "${printPath(path)}"${advice}` }
}

function nested(schema: Schema, name: string, way: readonly string[], depth: number): readonly string[] | undefined {
  if (depth === 0) return undefined
  if (schema.kind === 'list') return nested(schema.of, name, [...way, '[]'], depth)
  if (schema.kind !== 'object') return undefined
  if (way.length > 0 && Object.hasOwn(schema.fields, name)) return [...way, name]
  for (const [key, field] of Object.entries(schema.fields)) {
    const found = key === 'metadata' || key === 'status' ? undefined : nested(field, name, [...way, key], depth - 1)
    if (found) return found
  }
  return undefined
}

function wrongType(value: unknown, wanted: string, at: Checking): void {
  const names = at.path.filter((segment) => typeof segment === 'string').join('.')
  at.problems.push({
    severity: 'error',
    code: 'wrong-type',
    path: [...at.path],
    message: `cannot unmarshal ${jsonType(value)} into Go struct field ${at.struct}.${names} of type ${wanted}`,
  })
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function goName(schema: Schema): string {
  switch (schema.kind) {
    case 'object':
      return `v1.${schema.go}`
    case 'list':
      return `[]${goName(schema.of)}`
    case 'map':
      return 'map[string]string'
    case 'integer':
      return schema.long ? 'int64' : 'int32'
    case 'boolean':
      return 'bool'
    case 'intOrString':
      return 'intstr.IntOrString'
    case 'string':
    case 'opaque':
      return 'string'
    default:
      return unreachable(schema)
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
