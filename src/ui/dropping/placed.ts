/** A manifest whose pods run on one node, and how many of its objects say so now. */
export interface Placed {
  readonly text: string
  readonly placed: readonly string[]
}

/** Where the pod's own spec stands. A DaemonSet has one on every node by its nature and stays as it is. */
const POD_SPEC: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
}

/**
 * Puts `nodeName` into every pod of a manifest, as kubelet's static placement wants it: past the scheduler. Lines are added and nothing else changes, so
 * that comments and order stay. Block style and JSON; a document in braces is left as it is.
 */
export function placedOn(text: string, node: string): Placed {
  if (/^\s*[[{]/.test(text)) return placedJson(text, node)
  const placed: string[] = []
  const parts = text.split(/^(?=---)/m).map((part) => {
    const done = placedDocument(part, node)
    if (done === undefined) return part
    placed.push(nameOf(part))
    return done
  })
  return { text: parts.join(''), placed }
}

const nameOf = (document: string): string => /^ +name:\s*["']?([\w.-]+)/m.exec(document)?.[1] ?? ''

/** Undefined when there are no pods in it, or when it is not written in block style. */
function placedDocument(document: string, node: string): string | undefined {
  const path = POD_SPEC[/^kind:\s*["']?(\w+)/m.exec(document)?.[1] ?? '']
  const lines = document.split('\n')
  const at = path ? lineOf(lines, path) : -1
  if (at < 0) return undefined
  const own = indentOf(lines[at] ?? '')
  const after = lines.findIndex((line, index) => index > at && isContent(line))
  const inner = indentOf(lines[after] ?? '')
  if (after < 0 || inner <= own) return undefined
  const end = lines.findIndex((line, index) => index > at && isContent(line) && indentOf(line) <= own)
  const block = lines.slice(at + 1, end < 0 ? lines.length : end)
  const rest = block.filter((line) => !(indentOf(line) === inner && /^\s*nodeName:/.test(line)))
  const named = `${' '.repeat(inner)}nodeName: ${node}`
  return [...lines.slice(0, at + 1), named, ...rest, ...lines.slice(at + 1 + block.length)].join('\n')
}

const indentOf = (line: string): number => line.length - line.trimStart().length
const isContent = (line: string): boolean => /^\s*[^\s#]/.test(line)

/** The line of a key whose value is the block below it. */
function lineOf(lines: readonly string[], path: readonly string[]): number {
  const above: { readonly indent: number; readonly key: string }[] = []
  for (const [index, line] of lines.entries()) {
    const [, lead, key = ''] = /^( *)([\w.-]+):(?:\s|$)/.exec(line) ?? []
    if (lead === undefined) continue
    while ((above.at(-1)?.indent ?? -1) >= lead.length) above.pop()
    above.push({ indent: lead.length, key })
    if (above.map((each) => each.key).join(' ') === path.join(' ')) return /^ *[\w.-]+:\s*(?:#.*)?$/.test(line) ? index : -1
  }
  return -1
}

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

function placedJson(text: string, node: string): Placed {
  const placed: string[] = []
  const each = (value: unknown): unknown => {
    if (!isFields(value)) return value
    if (Array.isArray(value['items'])) return { ...value, items: value['items'].map(each) }
    const path = POD_SPEC[String(value['kind'])]
    const done = path && into(value, path, node)
    if (!done) return value
    const name = isFields(value['metadata']) ? value['metadata']['name'] : undefined
    placed.push(typeof name === 'string' ? name : '')
    return done
  }
  try {
    const value: unknown = JSON.parse(text)
    const done = Array.isArray(value) ? value.map(each) : each(value)
    return placed.length === 0 ? { text, placed } : { text: `${JSON.stringify(done, null, 2)}\n`, placed }
  } catch {
    // What is no JSON is said where it is read.
    return { text, placed: [] }
  }
}

function into(value: Fields, [key, ...rest]: readonly string[], node: string): Fields | undefined {
  if (key === undefined) return { ...value, nodeName: node }
  const inner = value[key]
  const done = isFields(inner) ? into(inner, rest, node) : undefined
  return done && { ...value, [key]: done }
}
