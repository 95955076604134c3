/**
 * Ingress: its conformance features and the tables of its documentation, each through every controller that claims to keep to the specification, in packets from a client outside. A case passes when
 * it does so with all of them. Redirects are followed, as a client does: nginx answers a path that lacks only its slash with 301.
 */
import { get, list } from '../../core/cluster/cluster.ts'
import { apply, journey, type Simulation, start } from '../../core/engine.ts'
import type { Conversation } from '../../core/sim/conversation.ts'
import { parseIp } from '../../core/net/ip.ts'
import type { PathType } from '../../core/api/ingress.ts'
import { headerOf, type HttpResponse } from '../../core/apps/http.ts'
import { certificateFor } from './certificate.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { type Controller, CONTROLLERS } from './ingress-install.ts'
import { outcome, type Suite } from './suite.ts'

interface Expected {
  readonly ingressStatusHasAddress?: boolean
  readonly status?: number
  readonly servedBy?: string
  readonly requestHost?: string
  readonly requestPath?: string
  readonly requestMethod?: string
  readonly requestProto?: string
  readonly requestHeaders?: Readonly<Record<string, string>>
  readonly responseHeaders?: Readonly<Record<string, string>>
  readonly responseProto?: string
  readonly tlsCertificateFor?: string
  readonly distinctPods?: number
}

interface ConformanceCase {
  readonly id: string
  readonly ingress: {
    readonly metadata: { readonly name: string; readonly namespace: string }
    readonly spec?: { readonly rules?: readonly { readonly host?: string; readonly http?: { readonly paths?: readonly Path[] } }[] }
  }
  readonly objects: readonly unknown[]
  readonly tlsSecret?: { readonly name: string; readonly host: string } | null
  readonly request: { readonly method: string; readonly scheme: string; readonly host: string | null; readonly path: string } | null
  readonly requestCount?: number
  readonly expected: Expected
}

interface Path {
  readonly path: string
  readonly pathType: PathType
}

interface Tables {
  readonly pathCases: readonly {
    readonly id: string
    readonly paths: readonly Path[]
    readonly requestPath: string
    readonly matchedPath: Path | null
  }[]
  readonly hostCases: readonly { readonly id: string; readonly host: string; readonly requestHost: string; readonly match: boolean }[]
}

export const INGRESS_SUITE: Suite = {
  folder: 'ingress',
  run(cases) {
    const conformance = cases.json<{ readonly cases: readonly ConformanceCase[] }>('ingress/conformance.json')?.cases ?? []
    const tables = cases.json<Tables>('ingress/k8s_docs_tables.json')
    return [
      ...conformance.map((each) => outcome(each.id, () => withAll(each.id, ofRequest(each), (controller) => conforms(controller, each)))),
      ...(tables?.pathCases ?? []).map((each) =>
        outcome(each.id, () =>
          withAll(each.id, exactBeside(each.paths, each.requestPath), (controller) =>
            leads(controller, each.paths, each.requestPath, each.matchedPath),
          ),
        ),
      ),
      ...(tables?.hostCases ?? []).map((each) =>
        outcome(each.id, () => withAll(each.id, undefined, (controller) => hosts(controller, each.host, each.requestHost, each.match))),
      ),
    ]
  },
}

function withAll(
  id: string,
  beside: ReturnType<typeof exactBeside>,
  check: (controller: Controller) => string | undefined,
): string | undefined {
  for (const controller of CONTROLLERS) {
    if (EXCEPTIONS.has(`ingress ${controller.name} ${id}`) || mayLose(controller, beside)) continue
    const why = check(controller)
    if (why !== undefined) return `${controller.name}: ${why}`
  }
  return undefined
}

const mayLose = ({ exactLosesTo }: Controller, beside: ReturnType<typeof exactBeside>): boolean =>
  beside !== undefined && (exactLosesTo === 'prefixes' || exactLosesTo === beside)

/** A path asked for that is there exactly, and below prefixes: `itself` where one of them is the same path. */
function exactBeside(paths: readonly Path[], asked: string): 'prefixes' | 'itself' | undefined {
  const [path = ''] = asked.split('?')
  if (!paths.some((each) => each.pathType === 'Exact' && each.path === path)) return undefined
  const bare = (text: string): string => text.replace(/\/$/, '')
  const around = paths.filter((each) => each.pathType === 'Prefix' && each.path !== '/' && `${path}/`.startsWith(`${bare(each.path)}/`))
  if (around.length === 0) return undefined
  return around.some((each) => bare(each.path) === bare(path)) ? 'itself' : 'prefixes'
}

function ofRequest({ ingress, request }: ConformanceCase): ReturnType<typeof exactBeside> {
  const rule = ingress.spec?.rules?.find(({ host }) => host === request?.host)
  return exactBeside(rule?.http?.paths ?? [], request?.path ?? '')
}

const installed = new Map<string, Simulation>()

/** A cluster in which the controller runs, with these objects applied after it. */
function clusterWith(controller: Controller, objects: readonly unknown[]): Simulation {
  let base = installed.get(controller.name)
  if (!base) installed.set(controller.name, (base = applied(start({ loadBalancer: 'cloud' }), controller.manifest)))
  return applied(base, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
}

function applied(simulation: Simulation, text: string): Simulation {
  const done = apply(simulation, [{ name: 'case', text }])
  const wrong = done.problems.find(({ severity }) => severity === 'error')
  if (wrong) throw new Error(wrong.message)
  return done.simulation
}

const addressOf = ({ cluster }: Simulation, namespace: string, name: string): string | undefined =>
  get(cluster, 'Ingress', namespace, name)?.status?.loadBalancer?.ingress?.[0]?.ip

interface Ask {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly method: string
  readonly times: number
}

function ask(simulation: Simulation, address: string, { scheme, host, path, method, times }: Ask): Conversation {
  const resolved = parseIp(address)
  if (!resolved) throw new Error(`${address} is no address`)
  const done = journey(simulation, {
    from: 'external/client',
    url: `${scheme}://${host}${path}`,
    method,
    headers: [['User-Agent', 'Go-http-client/1.1']],
    resolve: [80, 443].map((port) => ({ host: '*', port, address: resolved })),
    insecure: true,
    follow: true,
    times,
  })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.conversation
}

/** What an echo server says of itself and of the request. */
interface Echo {
  readonly pod?: string
  readonly namespace?: string
  readonly host?: string
  readonly path?: string
  readonly method?: string
  readonly proto?: string
  readonly headers?: Readonly<Record<string, readonly string[]>>
}

const echoOf = (body: string): Echo => (body.startsWith('{') ? (JSON.parse(body) as Echo) : {})

function serves({ cluster }: Simulation, { pod = '', namespace = '' }: Echo, service: string): boolean {
  const slices = [...list(cluster, 'EndpointSlice')].filter(
    ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service && metadata.namespace === namespace,
  )
  return slices.some(({ endpoints = [] }) => endpoints.some(({ targetRef }) => targetRef?.name === pod))
}

function conforms(controller: Controller, each: ConformanceCase): string | undefined {
  const { namespace, name } = each.ingress.metadata
  const secret = each.tlsSecret ? [secretOf(namespace, each.tlsSecret)] : []
  const simulation = clusterWith(controller, [...secret, ...each.objects, each.ingress])
  const address = addressOf(simulation, namespace, name)
  const { expected, request } = each
  if (expected.ingressStatusHasAddress !== undefined && expected.ingressStatusHasAddress !== (address !== undefined))
    return `the status has ${address === undefined ? 'no' : 'an'} address`
  if (!request) return undefined
  if (address === undefined) return 'the status has no address to send a request to'
  const { method, scheme, path } = request
  const host = request.host ?? address
  const said = ask(simulation, address, { scheme, host, path, method, times: each.requestCount ?? 1 })
  if (controller.redirectsToSlash && expected.status === 404 && firstLocation(said) === `${scheme}://${host}${path}/`) return undefined
  return differs(simulation, said, withoutHeaders(expected, controller.addsNo ?? []))
}

function withoutHeaders(expected: Expected, names: readonly string[]): Expected {
  const kept = Object.entries(expected.responseHeaders ?? {}).filter(([name]) => !names.includes(name))
  return { ...expected, responseHeaders: Object.fromEntries(kept) }
}

function secretOf(namespace: string, { name, host }: { readonly name: string; readonly host: string }): unknown {
  const { crt, key } = certificateFor(host)
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': crt, 'tls.key': key },
  }
}

function differs(simulation: Simulation, said: Conversation, expected: Expected): string | undefined {
  const [own] = said.connections
  const exchanges = said.connections.filter(({ parent }) => parent === undefined).flatMap((each) => each.exchanges ?? [])
  const response = exchanges.at(-1)?.response
  if (!response) return `no response: ${said.outcome.curl?.message ?? said.outcome.kind}`
  const echo = echoOf(response.body)
  const wrong = (what: string, wanted: string | number | undefined, got: string | number | undefined): string | undefined =>
    wanted === undefined || wanted === got ? undefined : `${what}: expected ${String(wanted)}, got ${String(got)}`
  const names = own?.tls?.certificate?.names ?? []
  const pods = new Set(exchanges.map((each) => echoOf(each.response?.body ?? '').pod))
  return (
    wrong('status', expected.status, response.status) ??
    (expected.servedBy !== undefined && !serves(simulation, echo, expected.servedBy) ? `served by ${String(echo.pod)}` : undefined) ??
    wrong('host', expected.requestHost, echo.host) ??
    wrong('path', expected.requestPath, echo.path) ??
    wrong('method', expected.requestMethod, echo.method) ??
    wrong('protocol of the request', expected.requestProto, echo.proto) ??
    wrong('protocol of the response', expected.responseProto, response.version === '2' ? 'HTTP/2.0' : `HTTP/${response.version}`) ??
    (expected.tlsCertificateFor !== undefined && !names.includes(expected.tlsCertificateFor)
      ? `certificate for ${names.join(', ')}`
      : undefined) ??
    headersDiffer(
      expected.requestHeaders,
      (name) => Object.entries(echo.headers ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1][0],
    ) ??
    headersDiffer(expected.responseHeaders, (name) => headerOf(response.headers, name)) ??
    wrong('distinct pods', expected.distinctPods, expected.distinctPods === undefined ? undefined : pods.size)
  )
}

function headersDiffer(
  expected: Readonly<Record<string, string>> | undefined,
  of: (name: string) => string | undefined,
): string | undefined {
  for (const [name, value] of Object.entries(expected ?? {})) {
    const got = of(name)
    if (got === undefined || (value !== '*' && got !== value)) return `${name}: expected ${value}, got ${String(got)}`
  }
  return undefined
}

const NAMESPACE = 'tables'

/** A Service with one pod behind it. */
function backend(name: string): readonly unknown[] {
  const metadata = { name, namespace: NAMESPACE, labels: { app: name } }
  const containers = [{ name: 'echo', image: 'example.com/echo', ports: [{ containerPort: 3000 }] }]
  return [
    { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports: [{ port: 8080, targetPort: 3000 }] } },
  ]
}

const to = (name: string): unknown => ({ service: { name, port: { number: 8080 } } })

function ingressOf(host: string, paths: readonly Path[]): unknown {
  const http = { paths: paths.map((each, i) => ({ ...each, backend: to(`path-${i}`) })) }
  const spec = { defaultBackend: to('fallback'), rules: [{ host, http }] }
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'table', namespace: NAMESPACE }, spec }
}

/** Everything that no path takes goes to the default backend. */
function leads(controller: Controller, paths: readonly Path[], requestPath: string, matched: Path | null): string | undefined {
  const objects = [...paths.flatMap((_, i) => backend(`path-${i}`)), ...backend('fallback'), ingressOf('tables.example.com', paths)]
  const simulation = clusterWith(controller, objects)
  const index = matched ? paths.findIndex(({ path, pathType }) => path === matched.path && pathType === matched.pathType) : -1
  const wanted = index >= 0 ? `path-${index}` : controller.defaultForOtherHosts ? undefined : 'fallback'
  const requests = requestPath.startsWith('/') ? [requestPath] : ['/', '/a', '/a/b/', '/a/b?c=d']
  const tolerant = controller.redirectsToSlash === true && index < 0
  return requests.map((path) => servedBy(simulation, 'tables.example.com', path, wanted, tolerant)).find((why) => why !== undefined)
}

function hosts(controller: Controller, host: string, requestHost: string, match: boolean): string | undefined {
  const paths: readonly Path[] = [{ path: '/', pathType: 'Prefix' }]
  const simulation = clusterWith(controller, [...backend('path-0'), ...backend('fallback'), ingressOf(host, paths)])
  const said = fetched(simulation, requestHost, '/')
  const served = said.status === 200 && serves(simulation, said.echo, 'path-0')
  return served === match ? undefined : `${requestHost} was ${served ? '' : 'not '}served: ${said.status}`
}

/** Without a Service: by nobody. */
function servedBy(simulation: Simulation, host: string, path: string, service: string | undefined, tolerant: boolean): string | undefined {
  const { status, echo, first } = fetched(simulation, host, path)
  if (service === undefined) return status === 404 ? undefined : `${path}: expected 404, got ${status} ${String(echo.pod)}`
  if (tolerant && first === `http://${host}${path}/`) return undefined
  return status === 200 && serves(simulation, echo, service) ? undefined : `${path}: expected ${service}, got ${status} ${String(echo.pod)}`
}

interface Fetched {
  readonly status: number
  readonly echo: Echo
  /** Where the first answer redirected to. */
  readonly first: string | undefined
}

function fetched(simulation: Simulation, host: string, path: string): Fetched {
  const address = addressOf(simulation, NAMESPACE, 'table')
  if (address === undefined) throw new Error('the status has no address')
  const said = ask(simulation, address, { scheme: 'http', host, path, method: 'GET', times: 1 })
  const end = responsesOf(said).at(-1)
  return { status: end?.status ?? 0, echo: echoOf(end?.body ?? ''), first: firstLocation(said) }
}

const responsesOf = (said: Conversation): readonly HttpResponse[] =>
  said.connections
    .filter(({ parent }) => parent === undefined)
    .flatMap((each) => (each.exchanges ?? []).flatMap(({ response }) => response ?? []))

function firstLocation(said: Conversation): string | undefined {
  const [first] = responsesOf(said)
  return first && headerOf(first.headers, 'Location')
}
