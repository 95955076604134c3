/**
 * All of YAML, by the `yaml` package: slow, large and right. The plain reader leaves to it what it does not take, so most pages never load this.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type Tags, type YAMLError } from 'yaml'
import type { Path } from './schema.ts'
import type { Position, Source, SyntaxProblem } from './yaml-source.ts'

/**
 * YAML 1.1 less what kubectl's reader does not have: sexagesimal numbers, dates (JSON has none), numbers without a digit before an exponent, and `y` and `n`
 * as booleans, which are more often somebody's label than somebody's truth.
 */
const kubectlTags = (tags: Tags): Tags =>
  tags.flatMap((tag): Tags => {
    if (typeof tag === 'string') return [tag]
    if (('format' in tag && tag.format === 'TIME') || tag.tag === 'tag:yaml.org,2002:timestamp') return []
    if (!('test' in tag) || !tag.test) return [tag]
    if (tag.tag === 'tag:yaml.org,2002:bool') return [{ ...tag, test: new RegExp(`(?!^.$)${tag.test.source}`) }]
    if (tag.tag === 'tag:yaml.org,2002:float') return [{ ...tag, test: new RegExp(`(?=[-+]?\\.?(?:[0-9]|[iInN]))${tag.test.source}`) }]
    return [tag]
  })

/** Any YAML text. */
export function readFull(text: string): Source {
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
  // The merge key of YAML 1.1 on something else than mappings: the library tells it by a plain Error.
  if (thrown instanceof Error && thrown.message.startsWith('Merge sources'))
    return 'map merge requires map or sequence of maps as the value'
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
