import { base64, sha1 } from '../base/sha1.ts'
import type { Pod } from '../api/pod.ts'
import { framed } from './grpc.ts'
import {
  byteLength,
  cookiesOf,
  headerOf,
  type Headers,
  headersOf,
  hostOf,
  type HttpRequest,
  type HttpResponse,
  isGrpc,
  queryOf,
  respond,
  upgradeOf,
} from './http.ts'
import type { Accepted, Certificate, Configured, Exchange, Program, RespondDecision, Running, World } from './program.ts'

/**
 * What runs in any image that is not known: a server that answers on every port with its own name, the request as it came and who sent it, as the servers of
 * conformance suites do (their JSON keys). What the image would really say is unknown, and journeys declare it (`echo-server`).
 */
export const ECHO: Program = {
  name: 'echo',
  runsIn: () => true,
  configure: (world) => {
    const { place } = world
    const known = servers.get(place.kind === 'pod' ? place.pod : place.host)
    if (known) return known
    const server = serverOf(world)
    servers.set(place.kind === 'pod' ? place.pod : place.host, server)
    return server
  },
}

const servers = new WeakMap<object, Running>()
const NOTHING: Configured = { files: [], tables: [], listeners: [], log: [] }

function serverOf({ place }: World): Running {
  const self = place.kind === 'pod' ? identityOf(place.pod) : { namespace: '', pod: place.host.name }
  const pod = place.kind === 'pod' ? place.pod : undefined
  return {
    configured: NOTHING,
    accept: ({ localPort }) =>
      speaksTls(pod, localPort) ? { kind: 'tls', plain: NOT_TLS } : { kind: 'http', versions: ['1.0', '1.1', '2'] },
    hello: () => ({ kind: 'terminate', certificate: ownCertificate(self.pod), alpn: ['h2', 'http/1.1'] }),
    request: (exchange) => answer(self, exchange),
  }
}

/** What servers written in Go say. */
const NOT_TLS: HttpResponse = {
  ...respond(400, 'Client sent an HTTP request to an HTTPS server.\n', [['Connection', 'close']], '1.0'),
}

interface Identity {
  readonly namespace: string
  readonly pod: string
}

const identityOf = ({ metadata }: Pod): Identity => ({ namespace: metadata.namespace ?? 'default', pod: metadata.name })

/** By the port's own name, else by the numbers that are https' everywhere. */
function speaksTls(pod: Pod | undefined, port: number): boolean {
  const named = pod?.spec.containers.flatMap(({ ports }) => ports ?? []).find(({ containerPort }) => containerPort === port)?.name
  return named === undefined ? port === 443 || port === 8443 : /^(https|tls|ssl)(-|$)|-(https|tls|ssl)$/.test(named)
}

const ownCertificate = (name: string): Certificate => ({ subject: name, issuer: name, names: [name] })

function answer(self: Identity, { request, connection }: Exchange): RespondDecision {
  const decided = (response: HttpResponse): RespondDecision => ({ kind: 'respond', response, why: 'server', matched: [] })
  const { version } = request
  const upgrade = upgradeOf(request)
  if (upgrade === 'websocket') return decided({ status: 101, version, headers: switched(request), body: '' })
  if (isGrpc(request))
    return decided({
      status: 200,
      version,
      headers: [['content-type', 'application/grpc']],
      body: framed(''),
      trailers: [['grpc-status', '0']],
    })
  const body = request.method === 'HEAD' ? '' : `${JSON.stringify(reportOf(self, request, connection), null, 1)}\n`
  const headers: Headers = [['Content-Type', 'application/json'], ...askedHeaders(request), ['Content-Length', String(byteLength(body))]]
  const delay = delayOf(request)
  return decided({ ...respond(statusOf(request), body, headers, version), ...(delay > 0 && { delay }) })
}

function reportOf(self: Identity, request: HttpRequest, { peer, peerPort, tls }: Accepted): object {
  const names = [...new Set(request.headers.map(([name]) => name).filter((name) => name.toLowerCase() !== 'host'))]
  return {
    path: request.target,
    host: headerOf(request.headers, 'Host') ?? hostOf(request),
    method: request.method,
    proto: request.version === '2' ? 'HTTP/2.0' : `HTTP/${request.version}`,
    headers: Object.fromEntries(names.map((name) => [name, headersOf(request.headers, name)])),
    ...(cookiesOf(request).size > 0 && { cookies: Object.fromEntries(cookiesOf(request)) }),
    peer: peer.includes(':') ? `[${peer}]:${peerPort}` : `${peer}:${peerPort}`,
    ...self,
    ...(tls && { tls: { serverName: tls.serverName ?? '', negotiatedProtocol: tls.alpn ?? '' } }),
  }
}

/** What a request asks its server to add: `X-Echo-Set-Header: Name: value, Other: value`. */
const askedHeaders = ({ headers }: HttpRequest): Headers =>
  headersOf(headers, 'X-Echo-Set-Header')
    .flatMap((value) => value.split(','))
    .flatMap((pair) => {
      const at = pair.indexOf(':')
      return at > 0 ? [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const] : []
    })

/** `?delay=1500ms`, `?delay=2s`: seconds until it answers. */
function delayOf(request: HttpRequest): number {
  const found = /(?:^|&)delay=(\d+(?:\.\d+)?)(ms|s)(?:&|$)/.exec(queryOf(request) ?? '')
  return found ? Number(found[1]) * (found[2] === 'ms' ? 0.001 : 1) : 0
}

/** `/status/503` answers with it. */
const statusOf = ({ target }: HttpRequest): number => {
  const found = /^\/status\/([2-5]\d\d)(?:$|[?/])/.exec(target)
  return found ? Number(found[1]) : 200
}

/** RFC 6455, 4.2.2. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const switched = ({ headers }: HttpRequest): Headers => [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Accept', base64(sha1(`${headerOf(headers, 'Sec-WebSocket-Key') ?? ''}${WEBSOCKET_GUID}`))],
]
