/** Rules of connections (pkg/muxer/tcp, v3): server name, client's address and protocols of the handshake, with `&&`, `||`, `!` and parentheses. */
import { contains, parseCidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import { RuleError } from './rule.ts'

/** What is known of a connection before its first byte is for anybody; `serverName` is empty without TLS. */
export interface Opening {
  readonly serverName: string
  readonly client: Ip
  readonly alpn: readonly string[]
}

export interface TcpRule {
  readonly matches: (opening: Opening) => boolean
  /** Names of HostSNI, in small letters. */
  readonly hosts: readonly string[]
}

type Test = (opening: Opening) => boolean

const TOKEN = /\s*(&&|\|\||[!()]|([A-Za-z]+)\(\s*((?:(?:`[^`]*`|"[^"]*")\s*,?\s*)*)\))/y

/** Throws a RuleError with Traefik's words. */
export function parseTcpRule(text: string): TcpRule {
  const hosts: string[] = []
  const tokens = tokensOf(text)
  let at = 0
  const peek = (): string | undefined => tokens[at]?.text
  const unit = (): Test => {
    const token = tokens[at++]
    if (token?.text === '!') {
      const inner = unit()
      return (opening) => !inner(opening)
    }
    if (token?.text === '(') {
      const inner = either()
      if (tokens[at++]?.text !== ')') throw new RuleError(`error while parsing rule ${text}: expected )`)
      return inner
    }
    if (token?.name === undefined) throw new RuleError(`error while parsing rule ${text}`)
    return testOf(token.name, token.values, hosts)
  }
  const both = (): Test => joined(unit, '&&', (all) => (opening) => all.every((each) => each(opening)))
  const either = (): Test => joined(both, '||', (all) => (opening) => all.some((each) => each(opening)))
  const joined = (next: () => Test, word: string, made: (all: readonly Test[]) => Test): Test => {
    const all = [next()]
    while (peek() === word) {
      at++
      all.push(next())
    }
    return made(all)
  }
  const matches = either()
  if (at < tokens.length) throw new RuleError(`error while parsing rule ${text}`)
  return { matches, hosts }
}

interface Token {
  readonly text: string
  readonly name?: string
  readonly values: readonly string[]
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const from = TOKEN.lastIndex
    const found = TOKEN.exec(text)
    if (!found) throw new RuleError(`error while parsing rule ${text}: unexpected ${text.slice(from).trim()}`)
    const [, token = '', name, values = ''] = found
    tokens.push({
      text: token,
      ...(name !== undefined && { name }),
      values: [...values.matchAll(/`([^`]*)`|"([^"]*)"/g)].map(([, a, b]) => a ?? b ?? ''),
    })
  }
  return tokens
}

function testOf(name: string, values: readonly string[], hosts: string[]): Test {
  const [value] = values
  if (value === undefined) throw new RuleError(`empty args for matcher ${name}, []`)
  switch (name) {
    case 'HostSNI': {
      const wanted = values.map((each) => each.toLowerCase())
      hosts.push(...wanted)
      return ({ serverName }) => wanted.some((each) => each === '*' || each === serverName.replace(/\.$/, ''))
    }
    case 'HostSNIRegexp': {
      const patterns = values.map(expression)
      return ({ serverName }) => patterns.some((each) => each.test(serverName))
    }
    case 'ClientIP': {
      const ranges = values.flatMap((each) => parseCidr(each.includes('/') ? each : `${each}/${each.includes(':') ? 128 : 32}`) ?? [])
      if (ranges.length < values.length) throw new RuleError(`parsing CIDR whitelist ${values.join()}: invalid CIDR address`)
      return ({ client }) => ranges.some((each) => contains(each, client))
    }
    case 'ALPN':
      return ({ alpn }) => values.some((each) => alpn.includes(each))
    default:
      throw new RuleError(`unsupported function: ${name}`)
  }
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch {
    throw new RuleError(`compiling HostSNIRegexp matcher: error parsing regexp ${text}`)
  }
}
