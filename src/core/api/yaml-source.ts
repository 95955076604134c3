/**
 * Text to plain values with positions. JSON text goes through JSON.parse; everything else is YAML as kubectl reads it: the YAML 1.1 of go-yaml, where `on`,
 * `yes` and `y` are booleans, but dates stay text. The plain reader takes what manifests and dumps are made of, document by document; what it does not
 * take is for the full reader, which whoever calls hands in, because it is large and seldom needed.
 */
import { JsonPositions } from './json-position.ts'
import { Lines } from './lines.ts'
import { Marks } from './marks.ts'
import { keyAt, readPlain } from './plain-yaml.ts'
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
  /** What kubectl takes without a word: keys that are there twice. */
  readonly warnings: readonly SyntaxProblem[]
}

/** `full-yaml.ts`, by whoever has loaded it. */
export type FullReader = (text: string) => Source

/** Undefined when the text needs the full reader and there is none. `passed` hears now and then how many characters are read. */
export function readSource(text: string, full?: FullReader, passed: (offset: number) => void = () => undefined): Source | undefined {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  return readJson(body) ?? readDocuments(body, full, passed)
}

function readJson(text: string): Source | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const positions = new JsonPositions(text)
    return { documents: [{ value, locate: (path, part) => positions.position(path, part) }], problems: [], warnings: [] }
  } catch {
    // Not JSON after all: flow mappings, comments, several documents. YAML reads those, and says what is wrong.
    return undefined
  }
}

/** Carriage returns, control characters and byte order marks within; directives and document ends, which bear on other documents. */
const ODD = /[^\P{Cc}\t\n]|\ufeff|^(?:%|\.\.\.)/mu

function readDocuments(text: string, full: FullReader | undefined, passed: (offset: number) => void): Source | undefined {
  if (ODD.test(text)) return full?.(text)
  const lines = new Lines(text)
  const marks = new Marks()
  const documents: SourceDocument[] = []
  const warnings: SyntaxProblem[] = []
  for (const { start, end } of chunks(text)) {
    const content = contentStart(text, start)
    const plain = content === undefined ? undefined : readPlain(text, { start: content, end }, marks, passed)
    passed(end)
    if (plain) {
      const locate = (path: Path, part: 'key' | 'value'): Position =>
        lines.position(marks.find(plain.mark, path, part, (offset) => keyAt(text, offset)))
      documents.push({ value: plain.value, locate })
      continue
    }
    if (!full) return undefined
    const source = full(text.slice(start, end))
    // A mistake can reach over the end of its document (an open quote): then all of the text is read as one.
    if (source.problems.length > 0) return full(text)
    const by = lines.position(start).line - 1
    documents.push(...source.documents.map((document) => moved(document, by)))
    for (const { line, column, message } of source.warnings)
      warnings.push({ line: line + by, column, message: message.replace(/^line \d+/, `line ${line + by}`) })
  }
  return { documents, problems: [], warnings }
}

const moved = ({ value, locate }: SourceDocument, by: number): SourceDocument => ({
  value,
  locate: (path, part) => {
    const { line, column } = locate(path, part)
    return { line: line + by, column }
  },
})

interface Chunk {
  readonly start: number
  readonly end: number
}

const MARKER = '---'

/** Documents, each from its `---`, or the beginning, to the next one. */
function chunks(text: string): Chunk[] {
  const found: Chunk[] = []
  let start = 0
  for (let at = text.indexOf(`\n${MARKER}`); at >= 0; at = text.indexOf(`\n${MARKER}`, at + 1)) {
    if (!isMarker(text, at + 1)) continue
    found.push({ start, end: at + 1 })
    start = at + 1
  }
  found.push({ start, end: text.length })
  return found
}

const isMarker = (text: string, at: number): boolean => text.startsWith(MARKER, at) && /[ \t\n]|^$/.test(text.charAt(at + MARKER.length))

/** Where the content of a document begins that may begin with a line `---`; undefined when that line holds more than a comment. */
function contentStart(text: string, start: number): number | undefined {
  if (!isMarker(text, start)) return start
  const end = text.indexOf('\n', start)
  const line = text.slice(start + MARKER.length, end < 0 ? text.length : end)
  if (!/^ *$|^ +#/.test(line)) return undefined
  return end < 0 ? text.length : end + 1
}
