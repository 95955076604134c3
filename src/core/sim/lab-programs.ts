/** Small programs behind the sockets of hand-made namespaces (walk/lab.ts), for tests of journeys without any Kubernetes. */
import { appendedHeader, headerOf, type HttpResponse, pathOf, respond, withHeader } from '../apps/http.ts'
import type { Accepted, Configured, Dial, Exchange, Running } from '../apps/program.ts'
import type { Ip } from '../net/ip.ts'

export const NOTHING: Configured = { files: [], tables: [], listeners: [], log: [] }

export const dial = (text: string, more: Partial<Dial> = {}): Dial => {
  const [address = '', port = ''] = text.split(':')
  return { address: address as Ip, port: Number(port), upstream: 'test', ...more }
}

/** Answers with its name, whom it sees and what headers came. */
export const server = (name: string, more: Partial<Running> = {}): Running => ({
  configured: NOTHING,
  accept: () => ({ kind: 'http', versions: ['1.0', '1.1', '2'] }),
  request: ({ request, connection }) => ({
    kind: 'respond',
    response: answer(name, connection, request.headers.map(([key, value]) => `${key}=${value}`).join('&'), pathOf(request)),
    why: 'server',
    matched: [],
  }),
  ...more,
})

function answer(name: string, { peer, proxied, tls }: Accepted, headers: string, path: string): HttpResponse {
  const delay = /^\/wait\/(\d+)$/.exec(path)?.[1]
  const lost = tls ? ` tls ${tls.serverName ?? ''} ${tls.alpn ?? ''}` : ''
  const response = respond(
    200,
    `${name} ${path} from ${peer}${proxied ? ` for ${proxied.source}:${proxied.sourcePort}` : ''}${lost} ${headers}`,
  )
  return delay === undefined ? response : { ...response, delay: Number(delay) }
}

/** Passes requests on to each upstream in turn until one works; 503 without any, 504 when time ran out, 502 else. */
export const proxy = (upstreams: readonly Dial[], more: Partial<Running> = {}): Running => ({
  configured: NOTHING,
  accept: () => ({ kind: 'http' }),
  request: ({ request, connection, tried }: Exchange) => {
    const to = upstreams[tried.length]
    const turn = Number(connection.moment.memory.get('turn') ?? 0)
    const failed = tried.at(-1)
    if (!to) {
      const status = failed === undefined ? 503 : failed.kind === 'timeout' || failed.kind === 'read-timeout' ? 504 : 502
      return { kind: 'respond', response: respond(status), why: `upstream-${failed?.kind ?? 'none'}`, matched: [] }
    }
    const headers = appendedHeader(request.headers, 'X-Forwarded-For', connection.peer)
    return {
      kind: 'proxy',
      to,
      request: { ...request, version: to.version ?? '1.1', headers: withHeader(headers, 'X-Turn', String(turn)) },
      matched: [{ table: 'routes', row: 'all' }],
      remember: [['turn', turn + 1]],
    }
  },
  response: (response) => ({ ...response, headers: withHeader(response.headers, 'Via', `${headerOf(response.headers, 'Via') ?? ''}test`) }),
  ...more,
})

/** Passes bytes on. */
export const relay = (upstreams: readonly Dial[]): Running => ({
  configured: NOTHING,
  accept: () => ({ kind: 'proxy', to: upstreams[0] }),
  redial: ({ tried }) => ({ to: upstreams[tried.length] }),
})
