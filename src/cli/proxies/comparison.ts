/** One cluster's configuration given to a real program, and the same requests asked of it and of the simulated one: what differs, line by line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enumerate } from '../../core/base/choose.ts'
import { type Headers, headersOf, type HttpRequest, respond } from '../../core/apps/http.ts'
import type { Secret } from '../../core/api/workload.ts'
import type { Accepted, Decision, Failure, Memory, Moment, Remember, Running } from '../../core/apps/program.ts'
import { processOf } from '../../core/apps/programs.ts'
import { type Cluster, list } from '../../core/cluster/cluster.ts'
import { ingressControllerOf } from '../../core/cluster/ingress-controller.ts'
import { apply, start } from '../../core/engine.ts'
import { joinHostPort, LOOPBACK } from '../../core/net/ip.ts'
import { withSource } from '../input.ts'
import { CONTROLLERS } from '../suites/ingress-install.ts'
import { type Case, REFUSING } from './cases.ts'
import { type Asked, ask, bodyOf, Endpoints, freePorts, NO_TLS, type Said } from './loopback.ts'
import type { Found } from './packages.ts'
import { type Started, startHaproxy, startNginx } from './programs.ts'

export type Name = 'nginx' | 'haproxy'

interface Row {
  readonly controller: string
  readonly configMap: string
  readonly http: number
  readonly https: number
  readonly begin: typeof startNginx
}

const ROWS: Readonly<Record<Name, Row>> = {
  nginx: {
    controller: 'ingress-nginx',
    configMap: 'ingress-nginx/ingress-nginx-controller',
    http: 80,
    https: 443,
    begin: startNginx,
  },
  haproxy: {
    controller: 'haproxy',
    configMap: 'haproxy-controller/haproxy-kubernetes-ingress',
    http: 8080,
    https: 8443,
    begin: startHaproxy,
  },
}

export interface Compared {
  readonly asked: number
  readonly wrong: readonly string[]
}

/** `fallback`: certificate and key, in one, of the server that nobody made one for. */
export async function compare(name: Name, program: Found, each: Case, fallback: string): Promise<Compared> {
  const cluster = clusterOf(name, each)
  const running = runningOf(cluster)
  const refuses = (endpoint: string): boolean => serviceOf(cluster, endpoint) === REFUSING
  const endpoints = new Endpoints(refuses)
  const dir = mkdtempSync(join(tmpdir(), 'kubehop-proxy-'))
  const [http = 0, https = 0, other = 0, more = 0] = await freePorts(4)
  const ports = [http, https, other, more] as const
  // Where HAProxy's controller would answer 404 itself.
  const own = createServer((_, response) => response.writeHead(404).end()).listen(name === 'haproxy' ? ports[3] : 0, '127.0.0.1')
  const setup = { program, running, dir, endpoints, secrets: named(cluster), ports, fallback }
  const started = await ROWS[name].begin(setup)
  const wrong: string[] = []
  let asked = 0
  if (typeof started === 'string') wrong.push(`${name}: ${each.name}: ${started}`)
  else {
    const memory = new Map<string, number | string>()
    for (const request of requests(each, started)) {
      asked++
      const real = line(cluster, name, request, started, await ask(request))
      const answers = simulated(name, running, request, memory, refuses)
      const ours = answers.map(({ said }) => line(cluster, name, request, undefined, said))
      remember(memory, answers[Math.max(0, ours.indexOf(real))]?.remember)
      if (!ours.includes(real))
        wrong.push(`${name}: ${each.name}: ${titleOf(request)}\n  real      ${real}\n  simulated ${ours.join('\n         or ')}`)
    }
    await started.stop()
  }
  endpoints.close()
  own.closeAllConnections()
  own.close()
  rmSync(dir, { recursive: true, force: true })
  return { asked, wrong }
}

const titleOf = ({ tls, method, host, path, headers }: Asked): string =>
  `${method} ${tls ? 'https' : 'http'}://${host}${path} ${JSON.stringify(headers)}`

function requests(
  { hosts, paths, headers = [[]], methods = ['GET'], tls, most = Infinity }: Case,
  { http, https }: Started,
): readonly Asked[] {
  const all = (tls ? [false, true] : [false]).flatMap((secure) =>
    hosts.flatMap((host) =>
      paths.flatMap((path) =>
        methods.flatMap((method) =>
          headers.map((each) => ({ port: secure ? https : http, host, method, path, headers: each, tls: secure })),
        ),
      ),
    ),
  )
  return all.filter((_, i) => Math.floor((i * most) / all.length) !== Math.floor(((i - 1) * most) / all.length) || all.length <= most)
}

/** Secrets that no Ingress names are nobody's certificate. */
function named(cluster: Cluster): readonly Secret[] {
  const names = new Set([...list(cluster, 'Ingress')].flatMap(({ spec }) => (spec.tls ?? []).map(({ secretName }) => secretName)))
  return [...list(cluster, 'Secret')].filter(({ metadata }) => names.has(metadata.name))
}

function clusterOf(name: Name, { manifest, tls, settings = {} }: Case): Cluster {
  const { controller, configMap } = ROWS[name]
  const text = CONTROLLERS.find((each) => each.name === controller)?.manifest ?? ''
  const [namespace, map] = configMap.split('/')
  // A suite's controllers redirect nothing to https; here the redirect is among what is asked.
  const data = { ...(!tls && { 'ssl-redirect': 'false' }), ...settings }
  const own = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: map, namespace }, data })
  const first = apply(start(), [withSource({ name: 'controller', text })])
  const done = apply(first.simulation, [withSource({ name: 'case', text: `${own}\n---\n${manifest}` })])
  const wrong = [...first.problems, ...done.problems].find(({ severity }) => severity === 'error')
  if (wrong) throw new Error(wrong.message)
  return done.simulation.cluster
}

function runningOf(cluster: Cluster): Running {
  for (const pod of list(cluster, 'Pod')) if (ingressControllerOf(pod)) return processOf({ cluster, place: { kind: 'pod', pod } }).running
  throw new Error('no controller runs')
}

function remember(memory: Map<string, number | string>, what: Remember = []): void {
  for (const [key, value] of what)
    if (value === undefined) memory.delete(key)
    else memory.set(key, value)
}

interface Simulated {
  readonly said: Said
  readonly remember: Remember
}

/** Every answer that chance may give. */
function simulated(name: Name, running: Running, asked: Asked, memory: Memory, refuses: Refuses): readonly Simulated[] {
  return enumerate((choose) => decided(name, running, asked, { now: 0, memory, choose }, refuses), 100).paths.map(({ value }) => value)
}

type Refuses = (endpoint: string) => boolean

/** What the simulated program decides, in the words of what the real one says. */
function decided(name: Name, running: Running, { host, method, path, headers, tls }: Asked, moment: Moment, refuses: Refuses): Simulated {
  const base: Accepted = {
    local: LOOPBACK,
    localPort: tls ? ROWS[name].https : ROWS[name].http,
    peer: LOOPBACK,
    peerPort: 40000,
    moment,
  }
  if (tls && running.accept(base).kind !== 'tls') return { said: NO_TLS, remember: [] }
  const hello = tls ? running.hello?.({ serverName: host, alpn: ['http/1.1'] }, base) : undefined
  const certificate = hello?.kind === 'terminate' ? hello.certificate : undefined
  const connection = certificate ? { ...base, tls: { serverName: host, certificate } } : base
  const request: HttpRequest = { method, target: path, version: '1.1', headers: [['Host', host], ...headers], body: bodyOf(method) }
  const tried: Failure[] = []
  const exchange = { request, connection, tried }
  let decision = running.request?.(exchange)
  while (decision?.kind === 'proxy' && refuses(joinHostPort(decision.to.address, decision.to.port))) {
    tried.push({ dial: decision.to, kind: 'refused', after: 0 })
    decision = running.request?.(exchange)
  }
  const names = (certificate?.names ?? []).map((each) => `DNS:${each}`).join(', ')
  const own = { ...said(running, exchange, decision), names: certificate?.names.includes('ingress.local') ? FALLBACK : names }
  return { said: own, remember: decision?.remember ?? [] }
}

/** The name in the certificate that stands for the one which the controller makes itself. */
export const FALLBACK = 'DNS:fallback.example.com'

function said(
  running: Running,
  exchange: Parameters<NonNullable<Running['request']>>[0],
  decision: Decision | undefined,
): Omit<Said, 'names'> {
  const nothing = { status: 0, headers: [], body: '', endpoint: '', target: '', sent: [] }
  if (decision?.kind === 'respond') {
    const { status, headers, body } = decision.response
    return { ...nothing, status, headers, body }
  }
  if (decision?.kind !== 'proxy') return nothing
  const changed = running.response?.(respond(200, ''), exchange, decision)
  const headers = changed && 'response' in changed ? changed.response.headers : (changed?.headers ?? [])
  const { to, request } = decision
  return { ...nothing, status: 200, headers, endpoint: joinHostPort(to.address, to.port), target: request.target, sent: request.headers }
}

/** Which pod is the balancer's affair: what counts is whose it is. */
function serviceOf(cluster: Cluster, endpoint: string): string {
  for (const slice of list(cluster, 'EndpointSlice'))
    for (const { addresses } of slice.endpoints ?? [])
      if (slice.ports?.some(({ port }) => addresses.some((address) => joinHostPort(address, port ?? 0) === endpoint)))
        return slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''
  return endpoint
}

/** Of answers: what a route gives or changes. Of requests sent on: everything but the connection's own and what is drawn by lot. */
const ANSWERED = /^(location|access-control-.*|strict-transport-security|www-authenticate|set-cookie|x-.*)$/
const CONNECTION = /^(connection|keep-alive|content-length|transfer-encoding)$/

function line(cluster: Cluster, name: Name, asked: Asked, started: Started | undefined, said: Said): string {
  // Ports of loopback stand for the listeners' own.
  const ported = (text: string): string =>
    started
      ? text.replaceAll(String(started.http), String(ROWS[name].http)).replaceAll(String(started.https), String(ROWS[name].https))
      : text
  const byLot = headersOf(asked.headers, 'X-Request-ID').length === 0
  const sent = listed(said.sent, (key) => !CONNECTION.test(key) && !(byLot && key === 'x-request-id'))
  // nginx without Lua sets no cookie of affinity.
  const answered = listed(said.headers, (key) => ANSWERED.test(key) && !(name === 'nginx' && key === 'set-cookie'))
  const body = asked.method === 'HEAD' ? '' : said.body.replaceAll(/\s+/g, ' ')
  const to = said.endpoint === '' ? '' : `${serviceOf(cluster, said.endpoint)} ${said.target}`
  return ported(
    [said.status, to, said.names, ...answered, ...sent.map((each) => `> ${each}`), body].filter((each) => each !== '').join(' | '),
  )
}

const listed = (headers: Headers, fits: (name: string) => boolean): readonly string[] =>
  headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => fits(name))
    // The value of a balancer's cookie is its own.
    .map(([name, value]) => `${name}: ${name === 'set-cookie' ? value.replace(/=[0-9a-f]+/, '=*') : value}`)
    .toSorted()
