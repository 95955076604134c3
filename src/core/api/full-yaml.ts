/**
 * All of YAML, by the `yaml` package: slow, large and right. The plain reader leaves to it what it does not take, so most pages never load this.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ParseOptions,
  type Scalar,
  type ScalarTag,
  type Tags,
  visit,
  type YAMLError,
} from 'yaml'
import type { Path } from './schema.ts'
import type { Position, Source, SyntaxProblem } from './yaml-source.ts'

/**
 * YAML 1.1 less what kubectl's reader does not have: sexagesimal numbers, dates (JSON has none), numbers without a digit before an exponent; and with what Go's
 * numbers have: `0o17`, capital letters of a base, and text where a number is too large.
 */
const kubectlTags = (tags: Tags): Tags => [
  ...tags.flatMap((tag): Tags => {
    if (typeof tag === 'string') return [tag]
    if (('format' in tag && tag.format === 'TIME') || tag.tag === 'tag:yaml.org,2002:timestamp') return []
    if (!('test' in tag) || !tag.test || tag.tag !== FLOAT) return [tag]
    const resolve: ScalarTag['resolve'] = (source: string, onError: (message: string) => void, options: ParseOptions) => {
      const value: unknown = tag.resolve(source, onError, options)
      return value === Infinity || value === -Infinity ? (/[iI]/.test(source) ? value : source) : value
    }
    return [{ ...tag, resolve, test: new RegExp(`(?=[-+]?\\.?(?:[0-9]|[iInN]))${tag.test.source}`) }]
  }),
  {
    tag: 'tag:yaml.org,2002:int',
    default: true,
    test: /^[-+]?(?:0[oO][0-7_]+|0X[0-9a-fA-F_]+|0B[01_]+)$/,
    resolve: (source: string) => (source.startsWith('-') ? -1 : 1) * Number(source.replace(/[-+_]/g, '').toLowerCase()),
  },
]

const FLOAT = 'tag:yaml.org,2002:float'

/** How many quoted scalars of one text are indented anew, each of which takes another reading. */
const MOST_MENDED = 200

/** Any YAML text. */
export function readFull(text: string): Source {
  let given = text
  for (let tries = 0; ; tries++) {
    const { source, open } = readOnce(given)
    const mended = open === undefined || tries >= MOST_MENDED ? undefined : withIndentedQuote(given, open)
    if (mended === undefined) return source
    given = mended
  }
}

/** `open`: where a quoted scalar begins that ended before its closing quote. */
function readOnce(text: string): { readonly source: Source; readonly open?: number | undefined } {
  const lines = new LineCounter()
  const twice: Scalar[] = []
  try {
    const parsed = parseAllDocuments(text, {
      version: '1.1',
      lineCounter: lines,
      customTags: kubectlTags,
      prettyErrors: false,
      logLevel: 'silent',
      uniqueKeys: (a, b) => {
        if (isScalar(a) && isScalar(b) && a.value === b.value) twice.push(b)
        return false
      },
    })
    const documents = 'empty' in parsed ? [] : parsed
    const results = documents.map((document) => readDocument(document, lines))
    return {
      source: {
        documents: results.flatMap((each) => each.documents),
        problems: results.flatMap((each) => each.problems),
        warnings: [...new Set(twice)].map((key) => duplicateKey(key, lines)),
      },
      open: documents.map(openQuote).find((start) => start !== undefined),
    }
  } catch (thrown) {
    return { source: { documents: [], problems: [{ line: 1, column: 1, message: limitMessage(thrown) }], warnings: [] } }
  }
}

/** go-yaml takes the last one, and says nothing. */
function duplicateKey(key: Scalar, lines: LineCounter): SyntaxProblem {
  const position = at(lines, offsetOf(key) ?? 0)
  return { ...position, message: `line ${position.line}: key ${JSON.stringify(String(key.value))} already set in map; the last one counts` }
}

function openQuote(document: Document.Parsed): number | undefined {
  const ended = document.errors.find(({ code, message }) => code === 'MISSING_CHAR' && message.includes('quote'))?.pos[0]
  let found: number | undefined
  if (ended !== undefined)
    visit(document, {
      Scalar: (_, { range }) => {
        if (range && range[1] === ended) found = range[0]
      },
    })
  return found
}

/**
 * Lines of a quoted scalar may stand left of its key for go-yaml (libyaml's scanner looks at their indentation nowhere), and may not for this parser. So they are moved to the right, where
 * they mean the same: what a line begins with is not part of it. Undefined where a closing quote is missing in truth, or another document begins before it.
 */
function withIndentedQuote(text: string, start: number): string | undefined {
  const quoted = text[start] === '"' ? /"(?:[^"\\]|\\[^])*"/y : /'(?:[^']|'')*'/y
  quoted.lastIndex = start
  const [scalar] = quoted.exec(text) ?? []
  if (scalar === undefined || /\n(?:---|\.\.\.)(?:\s|$)/.test(scalar)) return undefined
  const indentation = ' '.repeat(start - text.lastIndexOf('\n', start) + 1)
  const moved = scalar.replace(/\n[ \t]*(?=[^\s])/g, `\n${indentation}`)
  return moved === scalar ? undefined : text.slice(0, start) + moved + text.slice(start + scalar.length)
}

function readDocument(document: Document.Parsed, lines: LineCounter): Source {
  const [error] = document.errors
  if (error) return { documents: [], problems: [syntaxProblem(error, lines)], warnings: [] }
  const strange = notJson(document)
  if (strange) {
    const position = at(lines, offsetOf(strange.node) ?? document.range[0])
    return { documents: [], problems: [{ ...position, message: strange.message }], warnings: [] }
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  return { documents: [{ value, locate: (path, part) => locate(document, lines, path, part) }], problems: [], warnings: [] }
}

/** What YAML can say and JSON cannot: numbers that are none or have no end, and null for a key. */
function notJson(document: Document.Parsed): { readonly node: unknown; readonly message: string } | undefined {
  let found: { readonly node: unknown; readonly message: string } | undefined
  visit(document, {
    Scalar: (key, node) => {
      const { value } = node
      if (key !== 'key' && typeof value === 'number' && !Number.isFinite(value))
        found ??= { node, message: `json: unsupported value: ${value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN'}` }
      if (key === 'key' && value === null) found ??= { node, message: 'unsupported map key of type: %!s(<nil>), key: <nil>' }
    },
  })
  return found
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
  const pair = node.items.findLast((each) => isScalar(each.key) && String(each.key.value) === String(segment))
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
    case 'BAD_SCALAR_START':
      return 'found character that cannot start any token'
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'mapping values are not allowed in this context'
    case 'BAD_INDENT':
      return 'did not find expected key'
    case 'MISSING_CHAR':
      return error.message.includes('quote') ? 'found unexpected end of stream' : `could not find expected character (${firstLine(error)})`
    case 'BAD_ALIAS':
      return `unknown anchor (${firstLine(error)})`
    default:
      return firstLine(error)
  }
}

const firstLine = (error: YAMLError): string => error.message.split('\n')[0] ?? error.message
