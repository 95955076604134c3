import type { ConfigFile } from '../../core/apps/program.ts'

/** A piece of a line with its colour; plain where it has none. */
export interface Token {
  readonly text: string
  readonly kind: 'comment' | 'key' | 'string' | 'number' | 'variable' | 'sign' | 'plain'
}

const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/.source
const NUMBER = /(?<![\w.])-?\d+(?:\.\d+)*(?:ms|[smhdkgKMG])?(?![\w.])|\b(?:true|false|null|on|off)\b/.source
const VARIABLE = /\$\{?\w+\}?|%\[[^\]]*\]/.source
const SIGN = /[{}[\];:=,]/.source

/** What stands at the beginning of a line is its key: a directive, a section, the name of a value. */
const KEYS: Readonly<Record<ConfigFile['syntax'], RegExp>> = {
  nginx: /^\s*[A-Za-z_]\w*/,
  haproxy: /^\s*[A-Za-z][\w-]*/,
  yaml: /^\s*(?:- )*(?:"[^"]*"|'[^']*'|[^\s"'#:{[][^:#]*?)(?=:(?:\s|$))/,
  toml: /^\s*(?:\[[^\]]*\]+|[\w.-]+(?=\s*=)|"[^"]*"(?=\s*=))/,
  json: /^\s*"(?:[^"\\]|\\.)*"(?=\s*:)/,
  text: /^(?!)/,
}
const COMMENT: Readonly<Record<ConfigFile['syntax'], RegExp | undefined>> = {
  nginx: /^\s*#.*$/,
  haproxy: /^\s*#.*$/,
  yaml: /^\s*#.*$/,
  toml: /^\s*#.*$/,
  json: undefined,
  text: undefined,
}
const REST = new RegExp(`(?<string>${STRING})|(?<variable>${VARIABLE})|(?<number>${NUMBER})|(?<sign>${SIGN})`, 'g')

/** The pieces of a line, in order; together they are the line. */
export function tokensOf(line: string, syntax: ConfigFile['syntax']): readonly Token[] {
  if (COMMENT[syntax]?.test(line)) return [{ text: line, kind: 'comment' }]
  if (syntax === 'text') return [{ text: line, kind: 'plain' }]
  const tokens: Token[] = []
  const add = (text: string, kind: Token['kind']): void => {
    if (text !== '') tokens.push({ text, kind })
  }
  const key = KEYS[syntax].exec(line)?.[0] ?? ''
  add(key, 'key')
  let at = key.length
  for (const match of line.slice(key.length).matchAll(REST)) {
    const start = key.length + match.index
    add(line.slice(at, start), 'plain')
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] as Token['kind']
    add(match[0], kind)
    at = start + match[0].length
  }
  add(line.slice(at), 'plain')
  return tokens
}
