/**
 * Text to plain values with positions. JSON text goes through JSON.parse (a dump of a large cluster is JSON and a YAML parser is a hundred times
 * slower); everything else is YAML as kubectl reads it: the YAML 1.1 of go-yaml, where `on` and `yes` are booleans, but dates stay text.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type Tags, type YAMLError } from 'yaml'
import { JsonPositions } from './json-position.ts'
import type { Path } from './schema.ts'

export interface Position {
  /** 1-based. */
  readonly line: number
  readonly column: number
}

export interface SourceDocument {
  readonly value: unknown
  /** Where the value at `path` stands, or its key; the nearest that exists when it does not. */
  readonly locate: (path: Path, part: 'key' | 'value') => Position
}

export interface SyntaxProblem extends Position {
  /** In the words of go-yaml: `line 3: mapping values are not allowed in this context`. */
  readonly message: string
}

export interface Source {
  readonly documents: readonly SourceDocument[]
  readonly problems: readonly SyntaxProblem[]
}

export function readSource(text: string): Source {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  return readJson(body) ?? readYaml(body)
}

function readJson(text: string): Source | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const positions = new JsonPositions(text)
    return { documents: [{ value, locate: (path, part) => positions.position(path, part) }], problems: [] }
  } catch {
    // Not JSON after all: flow mappings, comments, several documents. YAML reads those, and says what is wrong.
    return undefined
  }
}

/**
 * YAML 1.1 less what kubectl's reader does not have: sexagesimal numbers, dates (JSON has none), and `y` and `n` as booleans, which are more often
 * somebody's label than somebody's truth.
 */
const kubectlTags = (tags: Tags): Tags =>
  tags.flatMap((tag): Tags => {
    if (typeof tag === 'string') return [tag]
    if (('format' in tag && tag.format === 'TIME') || tag.tag === 'tag:yaml.org,2002:timestamp') return []
    if (tag.tag !== 'tag:yaml.org,2002:bool' || !('test' in tag) || !tag.test) return [tag]
    return [{ ...tag, test: new RegExp(`(?!^.$)${tag.test.source}`) }]
  })

function readYaml(text: string): Source {
  const lines = new LineCounter()
  try {
    const parsed = parseAllDocuments(text, {
      version: '1.1',
      lineCounter: lines,
      customTags: kubectlTags,
      prettyErrors: false,
      logLevel: 'silent',
    })
    const documents = 'empty' in parsed ? [] : parsed
    const results = documents.map((document) => readDocument(document, lines))
    return { documents: results.flatMap((each) => each.documents), problems: results.flatMap((each) => each.problems) }
  } catch (thrown) {
    return { documents: [], problems: [{ line: 1, column: 1, message: limitMessage(thrown) }] }
  }
}

function readDocument(document: Document.Parsed, lines: LineCounter): Source {
  const [error] = document.errors
  if (error) return { documents: [], problems: [syntaxProblem(error, lines)] }
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  return { documents: [{ value, locate: (path, part) => locate(document, lines, path, part) }], problems: [] }
}

/** The library throws a ReferenceError for a bomb of aliases; a stack overflow is a document nested too deeply. */
function limitMessage(thrown: unknown): string {
  if (thrown instanceof RangeError) return 'exceeded max depth of 10000'
  if (thrown instanceof ReferenceError)
    return thrown.message.includes('alias count') ? 'document contains excessive aliasing' : thrown.message
  throw thrown
}

function locate(document: Document.Parsed, lines: LineCounter, path: Path, part: 'key' | 'value'): Position {
  let node: unknown = document.contents
  let offset = offsetOf(node) ?? document.range[0]
  path.forEach((segment, index) => {
    const found = step(isAlias(node) ? node.resolve(document) : node, segment)
    if (!found) {
      node = undefined
      return
    }
    node = found.value
    const wanted = index === path.length - 1 && part === 'key' ? found.key : found.value
    offset = offsetOf(wanted) ?? offsetOf(found.key) ?? offset
  })
  return at(lines, offset)
}

function step(node: unknown, segment: string | number): { readonly key: unknown; readonly value: unknown } | undefined {
  if (isSeq(node)) return { key: undefined, value: node.items[Number(segment)] }
  if (!isMap(node)) return undefined
  const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(segment))
  return pair && { key: pair.key, value: pair.value }
}

const offsetOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0]

function at(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function syntaxProblem(error: YAMLError, lines: LineCounter): SyntaxProblem {
  const position = at(lines, error.pos[0])
  return { ...position, message: `line ${position.line}: ${goYaml(error)}` }
}

/** go-yaml's words for what this parser calls by a code. Its own text for what has no counterpart. */
function goYaml(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'found character that cannot start any token'
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'mapping values are not allowed in this context'
    case 'BAD_INDENT':
      return 'did not find expected key'
    case 'DUPLICATE_KEY':
      return 'key already set in map'
    case 'MISSING_CHAR':
      return error.message.includes('quote') ? 'found unexpected end of stream' : `could not find expected character (${firstLine(error)})`
    case 'BAD_ALIAS':
      return `unknown anchor (${firstLine(error)})`
    default:
      return firstLine(error)
  }
}

const firstLine = (error: YAMLError): string => error.message.split('\n')[0] ?? error.message
