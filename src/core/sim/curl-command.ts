import { fail, ok, type Result } from '../base/result.ts'
import { type Ip, parseIp } from '../net/ip.ts'
import type { HttpAsked } from './conversation.ts'
import { parseGrpcurl } from './grpcurl-command.ts'

/** A command line of curl, as a person types or pastes it: `curl -v --resolve shop:80:192.168.1.11 -H 'X-A: b' http://shop/`. `curl` itself may be left out. */
export type CurlCommand = Omit<HttpAsked, 'netns' | 'namespace'>
type Options = { -readonly [K in keyof CurlCommand]?: CurlCommand[K] }

/** Options that say how much curl prints; nothing changes on the network. */
const SILENT = new Set([
  'v',
  'verbose',
  's',
  'silent',
  'S',
  'show-error',
  'i',
  'include',
  'f',
  'fail',
  'g',
  'globoff',
  '#',
  'progress-bar',
  'N',
  'no-buffer',
])
/** The same, with a value. */
const SILENT_VALUE = new Set(['o', 'output', 'w', 'write-out'])
const LONG: Readonly<Record<string, string>> = {
  H: 'header',
  k: 'insecure',
  X: 'request',
  L: 'location',
  d: 'data',
  m: 'max-time',
  I: 'head',
  A: 'user-agent',
  e: 'referer',
  b: 'cookie',
  u: 'user',
  '0': 'http1.0',
  '4': 'ipv4',
  '6': 'ipv6',
}

export function parseCurl(text: string): Result<CurlCommand, string> {
  const words = wordsOf(text)
  if (!words.ok) return words
  if (words.value[0] === 'grpcurl') return parseGrpcurl(words.value.slice(1))
  const queue = words.value[0] === 'curl' ? words.value.slice(1) : [...words.value]
  const options: Options = {}
  const urls: string[] = []
  while (queue.length > 0) {
    const word = queue.shift() ?? ''
    const problem = word.startsWith('--')
      ? long(word.slice(2), queue, options)
      : word.startsWith('-') && word.length > 1
        ? short(word.slice(1), queue, options)
        : undefined
    if (problem !== undefined) return fail(problem)
    if (!word.startsWith('-')) urls.push(word)
  }
  const [url, ...more] = urls
  if (url === undefined) return fail('curl: no URL specified')
  if (more.some((other) => other !== url)) return fail('curl: one URL at a time')
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`
  return ok({ ...options, url: full, ...(more.length > 0 && { times: urls.length }) })
}

/** Options alone, for a URL that is known. */
export function parseCurlOptions(text: string, url: string): Result<CurlCommand, string> {
  return parseCurl(`${text} '${url.replaceAll("'", '')}'`)
}

/** `-kL`, `-H value`, `-Hvalue`. */
function short(letters: string, queue: string[], options: Options): string | undefined {
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i] ?? ''
    if (SILENT.has(letter)) continue
    const name = LONG[letter] ?? letter
    const rest = letters.slice(i + 1)
    if (takesValue(name) && rest !== '') return long(name, [rest], options)
    const problem = long(name, queue, options, `-${letter}`)
    if (problem !== undefined || takesValue(name)) return problem
  }
  return undefined
}

const takesValue = (name: string): boolean => VALUES[name] !== undefined || SILENT_VALUE.has(name)

function long(name: string, queue: string[], options: Options, typed = `--${name}`): string | undefined {
  if (SILENT.has(name)) return undefined
  const flag = FLAGS[name]
  if (flag) {
    flag(options)
    return undefined
  }
  const value = takesValue(name) ? queue.shift() : undefined
  if (takesValue(name) && value === undefined) return `curl: option ${typed}: requires parameter`
  if (SILENT_VALUE.has(name)) return undefined
  const set = VALUES[name]
  if (!set || value === undefined) return `curl: option ${typed}: is unknown or not simulated`
  return set(options, value)
}

const FLAGS: Readonly<Record<string, (options: Options) => void>> = {
  insecure: (options) => void (options.insecure = true),
  location: (options) => void (options.follow = true),
  head: (options) => void (options.method = 'HEAD'),
  http2: (options) => void (options.http = '2'),
  'http2-prior-knowledge': (options) => void (options.http = '2-prior-knowledge'),
  'http1.1': (options) => void (options.http = '1.1'),
  'haproxy-protocol': (options) => void (options.proxyHeader = true),
  ipv4: (options) => void (options.family = 'IPv4'),
  ipv6: (options) => void (options.family = 'IPv6'),
}

/** Each sets its option, or says what is wrong with the value. */
const VALUES: Readonly<Record<string, (options: Options, value: string) => string | undefined>> = {
  header: (options, value) => {
    const header = headerOf(value)
    if (!header) return `curl: -H '${value}' is not NAME: VALUE`
    options.headers = [...(options.headers ?? []), header]
    return undefined
  },
  'user-agent': (options, value) => named(options, 'User-Agent', value),
  referer: (options, value) => named(options, 'Referer', value),
  cookie: (options, value) => named(options, 'Cookie', value),
  request: (options, value) => {
    options.method = value
    return undefined
  },
  data: (options, value) => {
    options.data = options.data === undefined ? value : `${options.data}&${value}`
    return undefined
  },
  resolve: (options, value) => {
    const entry = resolveOf(value)
    if (!entry) return `curl: --resolve '${value}' is not HOST:PORT:ADDRESS`
    options.resolve = [...(options.resolve ?? []), entry]
    return undefined
  },
  'max-time': (options, value) => seconds(value, (n) => (options.maxTime = n)),
  'connect-timeout': (options, value) => seconds(value, (n) => (options.connectTimeout = n)),
  'local-port': (options, value) => {
    const port = Number(value)
    if (!Number.isInteger(port) || port < 1 || port > 65535) return `curl: --local-port '${value}' is no port`
    options.sourcePort = port
    return undefined
  },
}

function named(options: Options, name: string, value: string): undefined {
  options.headers = [...(options.headers ?? []), [name, value]]
}

function seconds(value: string, set: (n: number) => void): string | undefined {
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) <= 0) return `curl: '${value}' is not a number of seconds`
  set(Number(value))
  return undefined
}

/** `Name: value`; `Name:` takes curl's own away, `Name;` sends it empty. */
export function headerOf(text: string): readonly [string, string] | undefined {
  const found = /^([^:;\s]+)\s*(?::\s*(.*)|;)$/.exec(text)
  return found ? [found[1] ?? '', found[2] ?? ' '] : undefined
}

/** `HOST:PORT:ADDRESS[,ADDRESS]`; the first address is dialled. */
export function resolveOf(text: string): { readonly host: string; readonly port: number; readonly address: Ip } | undefined {
  const found = /^\+?([^:]+):(\d+):\[?([^\],]+)\]?(,.*)?$/.exec(text)
  const address = parseIp(found?.[3] ?? '')
  return found && address ? { host: found[1] ?? '', port: Number(found[2]), address } : undefined
}

/** As a shell takes a line apart: blanks, both quotes, backslashes. */
function wordsOf(text: string): Result<readonly string[], string> {
  const words: string[] = []
  const pattern = /\s*((?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+)/y
  let at = 0
  while (text.slice(at).trim() !== '') {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found) return fail(`curl: a quote is not closed in ${JSON.stringify(text.slice(at).trim())}`)
    at = pattern.lastIndex
    const word = (found[1] ?? '')
      .replace(/\\\r?\n/g, '')
      .replace(/'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g, (_, single, double, escaped) =>
        typeof single === 'string' ? single : typeof double === 'string' ? double.replace(/\\(["\\$`])/g, '$1') : String(escaped ?? ''),
      )
    if (word !== '' || /['"]/.test(found[1] ?? '')) words.push(word)
  }
  return ok(words)
}
