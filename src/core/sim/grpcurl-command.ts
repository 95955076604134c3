import { fail, ok, type Result } from '../base/result.ts'
import { parseIp } from '../net/ip.ts'
import type { HttpAsked } from './conversation.ts'

/** A command line of grpcurl, its words already apart: `grpcurl -plaintext -d '{}' shop:80 shop.Cart/Add`. Left out: what it asks of the server's reflection before, and `list` and `describe`, which are that alone. */
type Asked = Omit<HttpAsked, 'netns' | 'namespace'>
type Options = { -readonly [K in keyof Asked]?: Asked[K] } & { plaintext?: boolean; authority?: string }

/** Without a value, and nothing changes on the network. */
const SILENT = new Set(['v', 'vv', 'emit-defaults', 'allow-unknown-fields', 'format-error', 'use-reflection'])
const SILENT_VALUE = new Set(['format', 'proto', 'import-path', 'protoset', 'max-msg-sz', 'user-agent'])

export function parseGrpcurl(words: readonly string[]): Result<Asked, string> {
  const queue = [...words]
  const options: Options = {}
  const rest: string[] = []
  while (queue.length > 0) {
    const word = queue.shift() ?? ''
    if (!/^--?[a-z]/i.test(word)) rest.push(word)
    else {
      const problem = option(word.replace(/^--?/, ''), queue, options)
      if (problem !== undefined) return fail(problem)
    }
  }
  const [address, symbol, ...more] = rest
  if (address === undefined) return fail('grpcurl: Too few arguments.')
  if (symbol === undefined || symbol === 'list' || symbol === 'describe' || more.length > 0)
    return fail('grpcurl: ADDRESS SERVICE/METHOD is simulated, no other form')
  const method = /^([\w.]+)[/.](\w+)$/.exec(symbol)
  if (!method) return fail(`grpcurl: given method name "${symbol}" is not in expected format: 'service/method' or 'service.method'`)
  const { plaintext, authority, ...asked } = options
  const host = address.replace(/:\d+$/, '')
  const [, port = plaintext ? '80' : '443'] = /:(\d+)$/.exec(address) ?? []
  // The name goes into the handshake and into :authority; where another one is meant, the address is dialled under it.
  const ip = parseIp(host.replace(/^\[|\]$/g, ''))
  const named = authority?.replace(/:\d+$/, '')
  const fixed = named !== undefined && ip ? { resolve: [{ host: named.toLowerCase(), port: Number(port), address: ip }] } : {}
  const shown = fixed.resolve ? named : host
  const headers = named !== undefined && !fixed.resolve ? [...(asked.headers ?? []), ['Host', authority ?? ''] as const] : asked.headers
  return ok({
    ...asked,
    ...fixed,
    ...(headers && { headers }),
    url: `${plaintext ? 'grpc' : 'grpcs'}://${shown ?? ''}:${port}/${method[1] ?? ''}/${method[2] ?? ''}`,
  })
}

function option(typed: string, queue: string[], options: Options): string | undefined {
  const [name = '', inline] = [typed.split('=', 1)[0], typed.includes('=') ? typed.slice(typed.indexOf('=') + 1) : undefined]
  if (SILENT.has(name)) return undefined
  if (name === 'plaintext') return void (options.plaintext = true)
  if (name === 'insecure') return void (options.insecure = true)
  const value = inline ?? queue.shift()
  if (value === undefined) return `grpcurl: flag needs an argument: -${name}`
  if (SILENT_VALUE.has(name)) return undefined
  switch (name) {
    case 'H':
    case 'rpc-header':
      return header(value, options)
    case 'd':
      return void (options.data = value)
    case 'authority':
    case 'servername':
      return void (options.authority = value)
    case 'connect-timeout':
      return seconds(value, (n) => (options.connectTimeout = n))
    case 'max-time':
      return seconds(value, (n) => (options.maxTime = n))
    default:
      return `grpcurl: flag provided but not simulated: -${name}`
  }
}

function header(text: string, options: Options): string | undefined {
  const [, name, value = ''] = /^([^:\s]+)\s*:\s*(.*)$/.exec(text) ?? []
  if (name === undefined) return `grpcurl: -H '${text}' is not name: value`
  options.headers = [...(options.headers ?? []), [name.toLowerCase(), value]]
  return undefined
}

function seconds(text: string, set: (n: number) => void): string | undefined {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0) return `grpcurl: '${text}' is not a number of seconds`
  set(Number(text))
  return undefined
}
