/** Small programs behind the sockets of hand-made namespaces (walk/lab.ts), for tests of journeys without any Kubernetes. */
import { assert } from '../base/assert.ts'
import { seeded } from '../base/choose.ts'
import { emptyCluster } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { FRESH, type Runtime } from '../kernel/runtime.ts'
import { transportText } from '../net/tcpdump.ts'
import { checkHops } from '../walk/hop.ts'
import { lab } from '../walk/lab.ts'
import type { Conversation, HttpAsked } from './conversation.ts'
import { journey } from './journey.ts'
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

/** A client, a proxy and two servers on one wire; the router leads to a network of smaller packets. */
export const WIRE = `
c
  eth0 wire left 10.0.0.2/24
  default via 10.0.0.1
r forward
  eth0 wire left 10.0.0.1/24
  eth1 wire right 10.0.1.1/24 mtu 1200
p
  eth0 wire left 10.0.0.3/24
  default via 10.0.0.1
  listen tcp 80
  listen tcp 443
a
  eth0 wire left 10.0.0.4/24
  default via 10.0.0.1
  listen tcp 80
  listen tcp 443
  -A INPUT -m conntrack --ctstate INVALID -j DROP
b
  eth0 wire right 10.0.1.5/24 mtu 1200
  default via 10.0.1.1
  listen tcp 80
`

const CLUSTER = emptyCluster(defaultConfig('kubeadm'))

/** A journey over hand-made namespaces; where no program is given, a server listens. */
export function travel(
  programs: Readonly<Record<string, Running>>,
  asked: Partial<HttpAsked> & { readonly url: string },
  how: { readonly net?: string; readonly runtime?: Runtime } = {},
) {
  const done = journey(
    CLUSTER,
    lab(how.net ?? WIRE),
    how.runtime ?? FRESH,
    { netns: 'c' as NetnsId, ...asked },
    ({ netns }) => ({ program: netns, running: programs[netns] ?? server(netns), process: netns }),
    seeded(1),
    { detail: 'full', walk: 'indexed' },
  )
  assert(done.ok, done.ok ? '' : done.error.message)
  return done.value
}

/** `0→ tcp SYN mss 1460`: connection, direction, segment, what it carries. */
export const packets = ({ connections, order = [] }: Conversation): readonly string[] =>
  order.map(({ connection, packet }) => {
    const trace = connections[connection]?.packets[packet]
    const what = connections[connection]?.carries?.[packet]
    checkHops(trace?.hops ?? [])
    const lost = trace?.disposition.kind === 'delivered' ? '' : ` ${trace?.disposition.kind}`
    return `${connection}${trace?.direction === 'original' ? '→' : '←'} ${trace ? transportText(trace.sent.transport) : ''}${what ? ` ${what}` : ''}${lost}`
  })
