/**
 * HAProxy's balance algorithms (doc/configuration.txt, "balance") and its dynamic cookies. Approximate: no connection lasts here, so leastconn goes round; hashes are other functions than HAProxy's;
 * health checks are not sent, so a server that is in the file is up; one thread stands for all.
 */
import { hash } from '../../base/choose.ts'
import { joinHostPort } from '../../net/ip.ts'
import { cookiesOf, headerOf, type HttpRequest, pathOf, queryOf } from '../http.ts'
import type { Balance, Moment, Remember } from '../program.ts'
import type { Backend } from './model.ts'

export interface Picked {
  readonly index: number
  readonly balance: Balance
  readonly remember: Remember
  readonly setCookie: string | undefined
}

const cookieValue = (address: string): string => [1, 2].map((seed) => hash(address, seed).toString(16).padStart(8, '0')).join('')

export function pick(backend: Backend, request: HttpRequest | undefined, client: string, moment: Moment): Picked {
  const nodes = backend.servers.map(({ address, port }) => joinHostPort(address, port))
  const endpoints = backend.servers.map((server, i) => ({ address: nodes[i] ?? '', ...(server.object && { object: server.object }) }))
  const made = (index: number, algorithm: string, remember: Remember = [], why?: string): Picked => ({
    index,
    balance: { algorithm, upstream: backend.name, endpoints, chosen: index, ...(why !== undefined && { why }) },
    remember,
    setCookie:
      backend.cookie && algorithm !== 'cookie' && request ? `${backend.cookie}=${cookieValue(nodes[index] ?? '')}; path=/` : undefined,
  })
  const sticky = backend.cookie && request ? cookiesOf(request).get(backend.cookie) : undefined
  const known = sticky === undefined ? -1 : nodes.findIndex((node) => cookieValue(node) === sticky)
  if (known >= 0) return made(known, 'cookie', [], sticky)
  const [word = 'roundrobin', ...rest] = backend.balance.split(/[\s()]+/).filter(Boolean)
  const key = request ? hashed(word, rest, request, client) : word === 'source' ? client : undefined
  if (key !== undefined) return made(hash(key) % nodes.length, word, [], key)
  if (word === 'first') return made(0, word)
  if (word === 'random') {
    const why = { kind: 'upstream', program: 'haproxy', upstream: backend.name, endpoints: nodes } as const
    return made(nodes.length === 1 ? 0 : moment.choose({ kind: 'branch', weights: nodes.map(() => 1 / nodes.length), why }), word)
  }
  const counter = `${backend.name} ${nodes.join(' ')}`
  const index = (Number(moment.memory.get(counter) ?? -1) + 1) % nodes.length
  return made(index, word === 'leastconn' || word === 'static-rr' ? word : 'roundrobin', [[counter, index]])
}

/** What is hashed; undefined where the algorithm hashes nothing, or the request has not what it asks for. */
function hashed(word: string, [name = '']: readonly string[], request: HttpRequest, client: string): string | undefined {
  switch (word) {
    case 'source':
      return client
    case 'uri':
      return pathOf(request)
    case 'hdr':
      return headerOf(request.headers, name)
    case 'url_param':
      return (queryOf(request) ?? '').split('&').find((pair) => pair.startsWith(`${name}=`))
    default:
      return undefined
  }
}
