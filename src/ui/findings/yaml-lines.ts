/** Lines `from` to `to` (not itself) of a text that `printYaml` made. */
export interface Lines {
  readonly from: number
  readonly to: number
}

/**
 * Where the field stands: `spec.ports[0].targetPort`. A key may have dots in it, as labels do. What is not there is told by the nearest thing above it that is.
 * Undefined where not even its first key is.
 */
export function linesOfField(yaml: string, field: string): Lines | undefined {
  const lines = yaml.trimEnd().split('\n')
  return within(lines, { from: 0, to: lines.length }, 0, field)
}

function within(lines: readonly string[], block: Lines, indent: number, field: string): Lines | undefined {
  const item = /^\[(\d+)\]\.?(.*)$/.exec(field)
  if (item) {
    const found = itemOf(lines, block, indent, Number(item[1]))
    return found && (item[2] ? (within(lines, found, indent + 2, item[2]) ?? found) : found)
  }
  let nearest: Lines | undefined
  for (let at = block.from; at < block.to; at++) {
    const key = keyAt(lines[at] ?? '', indent)
    if (key === undefined || !(field === key || field.startsWith(`${key}.`) || field.startsWith(`${key}[`))) continue
    const found = { from: at, to: endOf(lines, at, block.to, indent) }
    const rest = field.slice(key.length).replace(/^\./, '')
    if (rest === '') return found
    const inner = { from: at + 1, to: found.to }
    const deeper = within(lines, inner, rest.startsWith('[') ? indent : indent + 2, rest)
    if (deeper) return deeper
    nearest ??= found
  }
  return nearest
}

/** The key that begins at this column, a dash before it counted as blanks. */
function keyAt(line: string, indent: number): string | undefined {
  const plain = line.replace(/^( *)- /, '$1  ')
  if (plain.slice(0, indent).trim() !== '' || plain[indent] === ' ' || plain[indent] === undefined) return undefined
  const quoted = /^"((?:[^"\\]|\\.)*)":/.exec(plain.slice(indent))
  if (quoted) return quoted[1]
  return /^(.*?):(?: |$)/.exec(plain.slice(indent))?.[1]
}

/** Up to the next line that is no deeper; dashes under a key are as deep as the key. */
function endOf(lines: readonly string[], start: number, limit: number, indent: number): number {
  for (let at = start + 1; at < limit; at++) {
    const line = lines[at] ?? ''
    const depth = line.search(/[^ ]/)
    if (depth < 0) continue
    if (depth < indent || (depth === indent && !line.startsWith('- ', depth))) return at
  }
  return limit
}

function itemOf(lines: readonly string[], block: Lines, indent: number, index: number): Lines | undefined {
  const starts: number[] = []
  for (let at = block.from; at < block.to; at++)
    if (lines[at]?.search(/[^ ]/) === indent && lines[at]?.startsWith('- ', indent)) starts.push(at)
  const from = starts[index]
  return from === undefined ? undefined : { from, to: starts[index + 1] ?? block.to }
}
