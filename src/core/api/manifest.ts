/**
 * Manifests to API objects: what kubectl does before it asks the server (cli-runtime's resource builder), and what the server's decoder and validation
 * answer. Everything wrong is told, not only the first thing; one bad document does not hide the others.
 */
import { assert } from '../base/assert.ts'
import { withDefaults, selectorFromTemplate } from './defaults.ts'
import { complaint } from './format.ts'
import type { ApiObject } from './object.ts'
import { objectRules } from './object-rules.ts'
import type { Problem } from './problem.ts'
import { check, type FieldProblem, invalid, isRecord, type Path, printPath } from './schema.ts'
import { KINDS, type KindDefinition, recognise } from './scheme.ts'
import { type Position, readSource, type Source, type SourceDocument } from './yaml-source.ts'
import type { PodTemplate } from './workload.ts'

export interface ManifestFile {
  readonly name: string
  readonly text: string
  /** What the text says, read by who had the full reader. Without it the text must be JSON or what the plain reader takes. */
  readonly source?: Source
}

export interface ManifestDocument {
  /** With the API server's defaults. */
  readonly object: ApiObject
  readonly file: string
  /** As it was written, nulls and managedFields left out. */
  readonly raw: Readonly<Record<string, unknown>>
  /** Where the value at `path` stands, or the nearest around it; the empty path is where the document (or the item of a List) begins. */
  readonly locate: (path: Path) => Position
}

export interface Manifests {
  readonly documents: readonly ManifestDocument[]
  readonly problems: readonly Problem[]
}

/** Documents that are right come out even where others are wrong; who applies asks `problems` for errors first. */
export function parseManifests(files: readonly ManifestFile[]): Manifests {
  const documents: ManifestDocument[] = []
  const problems: Problem[] = []
  for (const file of files) {
    const source = file.source ?? readSource(file.text)
    assert(source, `${file.name} was not read by the full reader, which it needs`)
    const found: Problem[] = []
    for (const { line, column, message } of source.problems)
      found.push({
        severity: 'error',
        code: 'yaml-syntax',
        message: `error parsing ${file.name}: error converting YAML to JSON: yaml: ${message}`,
        file: file.name,
        line,
        column,
      })
    for (const { line, column, message } of source.warnings)
      found.push({ severity: 'warning', code: 'duplicate-key', message: `${file.name}: ${message}`, file: file.name, line, column })
    for (const document of source.documents) readItem({ file: file.name, document, base: [], documents, problems: found }, document.value)
    for (const each of found.sort((a, b) => a.line - b.line)) problems.push(each)
  }
  return { documents, problems }
}

interface Reading {
  readonly file: string
  readonly document: SourceDocument
  /** Path of the object within its document: `items`, 3. */
  readonly base: Path
  readonly documents: ManifestDocument[]
  readonly problems: Problem[]
}

function readItem(reading: Reading, value: unknown): void {
  if (value === null || value === undefined) return
  if (!isRecord(value))
    return report(
      reading,
      'not-an-object',
      `error parsing ${reading.file}: json: cannot unmarshal ${typeof value} into Go value of type map[string]interface {}`,
      [],
    )
  const { kind, apiVersion } = value
  for (const [name, given] of Object.entries({ apiVersion, kind }))
    if (typeof given !== 'string' || given === '')
      return report(reading, 'type-meta', `error validating "${reading.file}": error validating data: ${name} not set`, [])
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return
  if (kind.endsWith('List') && 'items' in value) return readList(reading, value, apiVersion, kind.slice(0, -'List'.length))
  readKind(reading, value, apiVersion, kind)
}

/** A `v1 List` holds complete objects; a PodList's items lack what the list's own kind says. */
function readList(reading: Reading, list: Readonly<Record<string, unknown>>, apiVersion: string, itemKind: string): void {
  if (list.items === null) return
  if (!Array.isArray(list.items))
    return report(reading, 'not-an-object', `error parsing ${reading.file}: items of a List must be an array`, ['items'])
  list.items.forEach((item: unknown, index) => {
    const typed = itemKind !== '' && isRecord(item) ? { apiVersion, kind: itemKind, ...item } : item
    readItem({ ...reading, base: [...reading.base, 'items', index] }, typed)
  })
}

function readKind(reading: Reading, value: Readonly<Record<string, unknown>>, apiVersion: string, kind: string): void {
  const metadata = isRecord(value.metadata) ? value.metadata : {}
  const name = typeof metadata.name === 'string' ? metadata.name : ''
  const found = recognise(apiVersion, kind)
  if (found.kind === 'not-simulated') {
    const what = found.custom ? 'a custom resource, not simulated' : 'not simulated'
    return report(reading, 'not-simulated', `${kind} "${name}" (${apiVersion}): ${what}; ignored`, ['kind'], 'ignored')
  }
  if (found.kind === 'unknown') {
    const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : ''
    const text = `resource mapping not found for name: "${name}" namespace: "${namespace}" from "${reading.file}": no matches for kind "${kind}" in version "${apiVersion}"`
    return report(reading, 'no-kind-match', `${text}${suggestion(kind)}`, [Object.hasOwn(KINDS, kind) ? 'apiVersion' : 'kind'])
  }
  if (found.removedIn)
    report(
      reading,
      'version-removed',
      `${apiVersion} ${kind} is unavailable in ${found.removedIn}+; use ${found.definition.apiVersion} ${kind} (read as that)`,
      ['apiVersion'],
      'warning',
    )
  readObject(reading, value, found.definition, found.removedIn !== undefined)
}

function suggestion(kind: string): string {
  const near = Object.values(KINDS).find(
    (each) => each.kind.toLowerCase() === kind.toLowerCase() || `${each.kind.toLowerCase()}s` === kind.toLowerCase(),
  )
  return near ? ` (${near.kind} is served as ${near.apiVersion})` : ''
}

function readObject(reading: Reading, value: Readonly<Record<string, unknown>>, definition: KindDefinition, old: boolean): void {
  const raw = withoutNulls(value) as Readonly<Record<string, unknown>>
  const legacy = old ? definition.legacy : undefined
  const shape = check(legacy?.schema ?? definition.schema, raw)
  const named = nameProblem(definition, raw)
  const problems = named ? [...shape, named] : shape
  for (const each of problems) reportField(reading, definition, raw, each)
  if (problems.some((each) => each.severity === 'error')) return
  const object = withDefaults(typed(legacy?.convert(raw) ?? raw, definition, old))
  const broken = objectRules(object)
  for (const each of broken) reportField(reading, definition, raw, each)
  if (broken.length > 0) return
  const { base, document, file } = reading
  reading.documents.push({ object, file, raw, locate: (path) => document.locate([...base, ...path], 'value') })
}

/** The checks above have established the shape that the type states: this is where plain data becomes an API object. */
function typed(raw: Readonly<Record<string, unknown>>, definition: KindDefinition, old: boolean): ApiObject {
  const spec = old && isRecord(raw.spec) ? { spec: selectorFromTemplate(raw.spec as { readonly template?: PodTemplate }) } : {}
  const status = definition.kind === 'Pod' || definition.kind === 'Node' ? { spec: {}, status: {} } : {}
  return { ...status, ...raw, ...spec, apiVersion: definition.apiVersion } as unknown as ApiObject
}

function nameProblem(definition: KindDefinition, raw: Readonly<Record<string, unknown>>): FieldProblem | undefined {
  const metadata = isRecord(raw.metadata) ? raw.metadata : {}
  const { name, generateName } = metadata
  const path = ['metadata', 'name']
  if (name === undefined || name === '') {
    const why =
      typeof generateName === 'string' ? `from ${generateName}: cannot use generate name with apply` : 'name or generateName is required'
    return { severity: 'error', code: 'required', path, message: `Required value: ${why}` }
  }
  const why = typeof name === 'string' ? complaint(definition.nameFormat, name) : undefined
  return why ? invalid(path, name, why) : undefined
}

/** JSON null is the same as absent to the API server; managedFields say who wrote a field, which nothing here asks. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.some(holdsNull) ? value.filter((each) => each !== null).map(withoutNulls) : value
  if (!isRecord(value)) return value
  if (!holdsNull(value)) return value
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value)) if (value[key] !== null && key !== 'managedFields') out[key] = withoutNulls(value[key])
  return out
}

function holdsNull(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object') return false
  for (const key in value) if (key === 'managedFields' || holdsNull((value as Readonly<Record<string, unknown>>)[key])) return true
  return false
}

function reportField(reading: Reading, definition: KindDefinition, raw: Readonly<Record<string, unknown>>, problem: FieldProblem): void {
  const { kind } = definition
  const name = isRecord(raw.metadata) && typeof raw.metadata.name === 'string' ? raw.metadata.name : ''
  const namespace = isRecord(raw.metadata) && typeof raw.metadata.namespace === 'string' ? raw.metadata.namespace : 'default'
  const { line, column } = reading.document.locate([...reading.base, ...problem.path], problem.code === 'unknown-field' ? 'key' : 'value')
  reading.problems.push({
    severity: problem.severity,
    code: problem.code,
    message: fieldMessage(definition, name, problem),
    file: reading.file,
    line,
    column,
    object: `${kind}/${namespace}/${name}`,
    path: printPath(problem.path),
  })
}

/** The sentence around a field's problem, which depends on which part of the API server found it. */
export function fieldMessage(
  { kind, apiVersion }: Pick<KindDefinition, 'kind' | 'apiVersion'>,
  name: string,
  problem: FieldProblem,
): string {
  switch (problem.code) {
    case 'unknown-field':
      return `strict decoding error: ${problem.message}`
    case 'wrong-type':
      return `${kind} in version "${apiVersion.slice(apiVersion.indexOf('/') + 1)}" cannot be handled as a ${kind}: json: ${problem.message}`
    case 'out-of-range':
      return `${kind} "${name}": ${printPath(problem.path)}: ${problem.message}`
    default:
      return `The ${kind} "${name}" is invalid: ${printPath(problem.path)}: ${problem.message}`
  }
}

function report(reading: Reading, code: string, message: string, path: Path, severity: Problem['severity'] = 'error'): void {
  const { line, column } = reading.document.locate([...reading.base, ...path], 'value')
  reading.problems.push({ severity, code, message, file: reading.file, line, column })
}
