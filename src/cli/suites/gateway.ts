/**
 * The Gateway API's conformance tests of HTTPRoute: requests from a client outside to the address in the Gateway's status, in packets. Responses are compared as the tests' own client does: headers of
 * one name joined by commas, locations by their parts, a port that is the scheme's own as good as none. Rows whose values were code upstream are skipped.
 */
import { get, list } from '../../core/cluster/cluster.ts'
import { headerOf, headersOf, type HttpResponse } from '../../core/apps/http.ts'
import { apply, journey, type Simulation, start } from '../../core/engine.ts'
import { parseIp } from '../../core/net/ip.ts'
import type { Conversation } from '../../core/sim/conversation.ts'
import { withSource } from '../input.ts'
import { certificateFor } from './certificate.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { GATEWAY_IMPLEMENTATIONS, type GatewayImplementation } from './gateway-install.ts'
import { type CaseFiles, outcome, type Outcome, type Suite } from './suite.ts'

interface RequestShape {
  readonly Method?: string
  readonly Host?: string
  readonly Path?: string
  readonly Headers?: Readonly<Record<string, string>>
  readonly UnfollowRedirect?: boolean
}

interface Row {
  readonly gateway: string
  /** `nearest preceding of a, b`: the row does not tell which Gateway it is about. */
  readonly gatewayNote?: string
  readonly Request: RequestShape
  readonly BackendSetResponseHeaders?: Readonly<Record<string, string>>
  readonly ExpectedRequest?: { readonly Request?: RequestShape; readonly AbsentHeaders?: readonly string[] }
  readonly Response?: {
    readonly StatusCode?: number
    readonly StatusCodes?: readonly number[]
    readonly Headers?: Readonly<Record<string, string>>
    /** Any of several texts will do. */
    readonly ValidHeaderValues?: Readonly<Record<string, readonly string[]>>
    readonly IgnoreWhitespace?: boolean
    readonly AbsentHeaders?: readonly string[]
  }
  readonly Backend?: string
  readonly Namespace?: string
  readonly RedirectRequest?: { readonly Scheme?: string; readonly Host?: string; readonly Port?: string; readonly Path?: string }
  readonly MirroredTo?: readonly {
    readonly BackendRef: { readonly Name: string; readonly Namespace?: string }
    readonly Percent?: number
  }[]
}

interface Test {
  readonly shortName: string
  readonly manifests: readonly string[]
  readonly requests: readonly unknown[]
}

export const GATEWAY_SUITE: Suite = {
  folder: 'gateway-api',
  run(cases) {
    const tests = cases.json<{ readonly tests: readonly Test[] }>('gateway-api/httproute.json')?.tests ?? []
    return tests.flatMap((test) => GATEWAY_IMPLEMENTATIONS.flatMap((implementation) => testOutcomes(cases, implementation, test)))
  },
}

const NAMESPACE = 'gateway-conformance-infra'
const CODE = /"\$(?:ref|call|expr)"/

function testOutcomes(cases: CaseFiles, implementation: GatewayImplementation, test: Test): readonly Outcome[] {
  const { shortName, requests } = test
  // Mesh tests send from pod to pod without any Gateway.
  if (shortName.startsWith('Mesh') || EXCEPTIONS.has(`gateway-api ${implementation.name} ${shortName}`)) return []
  const rows = requests.flatMap((row, i) => (CODE.test(JSON.stringify(row)) ? [] : [{ row: row as Row, i }]))
  const idOf = (i: number): string => `${implementation.name} ${shortName} ${i}`
  const wanted = rows.filter(({ i }) => !EXCEPTIONS.has(`gateway-api ${idOf(i)}`) && !EXCEPTIONS.has(`gateway-api ${shortName} ${i}`))
  if (wanted.length === 0) return []
  let simulation: Simulation | undefined
  const prepared = (): Simulation => (simulation ??= clusterFor(cases, implementation, test, wanted[0]?.row.gateway ?? ''))
  const texts = test.manifests.map((path) => cases.text(`gateway-api/${path}`) ?? '').filter((text) => MESH.test(text))
  const known = ({ Backend = '', RedirectRequest, Request: { Path = '/' } }: Row): boolean => {
    const needs = RedirectRequest ? `value: /${Path.split('/')[1] ?? ''}` : `name: ${Backend}`
    return texts.length === 0 || texts.some((text) => ofGateways(text, '').includes(needs))
  }
  return wanted.filter(({ row }) => known(row)).map(({ row, i }) => outcome(idOf(i), () => checkAny(prepared(), row)))
}

const MESH = /namespace: gateway-conformance-mesh/

/**
 * Some files are those of the mesh's tests, which have the same names upstream: their routes have a Service for a parent, and echo servers behind it. With the Gateway that the row names for a
 * parent, and the Gateway tests' servers for those, they are the same routes, but for backends and paths that the mesh's do not have.
 */
function ofGateways(text: string, gateway: string): string {
  if (!MESH.test(text)) return text
  return text
    .replace(/parentRefs:\s*\n(?:(?!  hostnames:|  rules:).*\n)+/g, `parentRefs:\n  - name: ${gateway}\n`)
    .replaceAll('gateway-conformance-mesh', NAMESPACE)
    .replace(/name: echo-(v\d)$/gm, 'name: infra-backend-$1')
}

/** What the tests' echo server listens on, of which its manifests say nothing. */
const ECHO_IMAGE = /^( *)(- )?image: *\S*gateway-api\/conformance\/echo-basic\S*$/gm

const withPorts = (text: string): string =>
  text.replace(ECHO_IMAGE, (line, indent: string, dash = '') => {
    const own = indent + ' '.repeat(dash.length)
    const ports = [3000, 3001, 8443].map((port) => `{containerPort: ${port}}`)
    return `${line}\n${own}ports: [${ports.join(', ')}]`
  })

const bases = new Map<string, Simulation>()

function clusterFor(cases: CaseFiles, implementation: GatewayImplementation, { manifests }: Test, gateway: string): Simulation {
  const text = (path: string): string =>
    withPorts(cases.text(`gateway-api/${path}`) ?? '').replaceAll('{GATEWAY_CLASS_NAME}', implementation.gatewayClass)
  let base = bases.get(implementation.name)
  if (!base) {
    const secrets = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: SECRETS.map(secretOf) })
    base = applied(applied(applied(start({ loadBalancer: 'cloud' }), implementation.manifest), text('manifests/base.yaml')), secrets)
    bases.set(implementation.name, base)
  }
  return manifests.reduce((before, path) => applied(before, ofGateways(text(path), gateway)), base)
}

const SECRETS = ['tls-validity-checks-certificate', 'tls-checks-certificate', 'tls-passthrough-checks-certificate']

function secretOf(name: string): unknown {
  const { crt, key } = certificateFor('*.example.org')
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: NAMESPACE },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': crt, 'tls.key': key },
  }
}

function applied(simulation: Simulation, text: string): Simulation {
  const done = apply(simulation, [withSource({ name: 'case.yaml', text })])
  const wrong = done.problems.find(({ severity }) => severity === 'error')
  if (wrong) throw new Error(wrong.message)
  return done.simulation
}

/** A row that does not tell its Gateway is one of those that it names. */
function checkAny(simulation: Simulation, row: Row): string | undefined {
  const others = row.gatewayNote?.match(/[a-z0-9][-a-z0-9]*(?=,|$)/g)?.filter((name) => name !== row.gateway) ?? []
  const why = check(simulation, row)
  const fits = (gateway: string): boolean => check(simulation, { ...row, gateway }) === undefined
  return why !== undefined && others.some(fits) ? undefined : why
}

function check(simulation: Simulation, row: Row): string | undefined {
  const gateway = get(simulation.cluster, 'Gateway', NAMESPACE, row.gateway)
  const address = parseIp(gateway?.status?.addresses?.[0]?.value ?? '')
  if (!address) return `Gateway ${row.gateway} has no address`
  const { Method: method = 'GET', Path: path = '/', Headers: headers = {} } = row.Request
  const listeners = gateway?.spec.listeners ?? []
  const [, port] = /:(\d+)$/.exec(row.Request.Host ?? '') ?? []
  const at = listeners.find((each) => String(each.port) === port) ?? listeners[0]
  const secure = at?.protocol === 'HTTPS'
  const usual = at?.port === 80 || at?.port === 443
  const host = row.Request.Host ?? (usual ? address : `${address}:${at?.port ?? 80}`)
  const asked = Object.entries(row.BackendSetResponseHeaders ?? {}).map(([name, value]) => `${name}:${value}`)
  const done = journey(simulation, {
    from: 'external/client',
    url: `${secure ? 'https' : 'http'}://${host.replace(/:\d+$/, '')}:${at?.port ?? 80}${path}`,
    method,
    headers: [
      ['User-Agent', 'Go-http-client/1.1'],
      ['Host', host],
      ...Object.entries(headers).map(([name, value]) => [name, value] as const),
      ...(asked.length > 0 ? [['X-Echo-Set-Header', asked.join(',')] as const] : []),
    ],
    resolve: [{ host: '*', port: at?.port ?? 80, address }],
    insecure: true,
  })
  if (!done.ok) return done.error.message
  return differs(simulation, done.value.conversation, row, secure)
}

interface Echo {
  readonly pod?: string
  readonly namespace?: string
  readonly host?: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, readonly string[]>>
}

function differs(simulation: Simulation, said: Conversation, row: Row, secure: boolean): string | undefined {
  const response = said.connections
    .filter(({ parent }) => parent === undefined)
    .flatMap(({ exchanges = [] }) => exchanges)
    .at(-1)?.response
  if (!response) return `no response: ${said.outcome.curl?.message ?? said.outcome.kind}`
  const statuses = row.Response?.StatusCodes ?? [row.Response?.StatusCode ?? (row.RedirectRequest ? 302 : 200)]
  if (!statuses.includes(response.status)) return `status: expected ${statuses.join()}, got ${response.status}`
  if (row.RedirectRequest) return redirectDiffers(response, row, secure) ?? responseDiffers(response, row)
  // The proxy itself may answer a question about other origins, with nothing to read.
  const preflight = row.ExpectedRequest?.Request?.Path === ''
  if (response.status !== 200 || preflight) return responseDiffers(response, row)
  const echo = JSON.parse(response.body) as Echo
  return (
    backendDiffers(simulation, echo, row) ??
    requestDiffers(echo, row) ??
    responseDiffers(response, row) ??
    mirrorsDiffer(simulation, said, row)
  )
}

/** Copies that are not for some requests only have each to have come to a pod of their Service. */
function mirrorsDiffer({ cluster }: Simulation, { connections }: Conversation, { MirroredTo = [] }: Row): string | undefined {
  const owners = connections.flatMap(({ server }) => server?.owner ?? [])
  const missing = MirroredTo.find(
    ({ BackendRef: { Name, Namespace = NAMESPACE }, Percent }) =>
      Percent === undefined && !owners.some((owner) => isBehind(cluster, Namespace, Name, owner.split('/')[1])),
  )
  return missing && `no copy came to ${missing.BackendRef.Name}`
}

const isBehind = (cluster: Simulation['cluster'], namespace: string, service: string, pod: string | undefined): boolean =>
  [...list(cluster, 'EndpointSlice')].some(
    ({ metadata, endpoints = [] }) =>
      metadata.labels?.['kubernetes.io/service-name'] === service &&
      metadata.namespace === namespace &&
      endpoints.some(({ targetRef }) => targetRef?.name === pod),
  )

function backendDiffers({ cluster }: Simulation, { pod, namespace }: Echo, { Backend, Namespace }: Row): string | undefined {
  if (Backend === undefined)
    return Namespace === undefined || Namespace === namespace ? undefined : `namespace: expected ${Namespace}, got ${String(namespace)}`
  const behind = isBehind(cluster, Namespace ?? NAMESPACE, Backend, pod)
  return behind && namespace === (Namespace ?? NAMESPACE) ? undefined : `expected ${Backend}, got ${String(namespace)}/${String(pod)}`
}

function requestDiffers(echo: Echo, { Request, ExpectedRequest }: Row): string | undefined {
  const wanted = { ...Request, ...ExpectedRequest?.Request }
  const values = (name: string): readonly string[] | undefined =>
    Object.entries(echo.headers ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
  if ((wanted.Path ?? '/') !== echo.path) return `path: expected ${wanted.Path ?? '/'}, got ${String(echo.path)}`
  if ((wanted.Method ?? 'GET') !== echo.method) return `method: expected ${wanted.Method ?? 'GET'}, got ${String(echo.method)}`
  if (wanted.Host !== undefined && wanted.Host !== echo.host) return `host: expected ${wanted.Host}, got ${String(echo.host)}`
  for (const [name, value] of Object.entries(ExpectedRequest?.Request?.Headers ?? {})) {
    const got = values(name)?.join(',')
    if (got !== value) return `request header ${name}: expected ${value}, got ${String(got)}`
  }
  const absent = ExpectedRequest?.AbsentHeaders?.find((name) => values(name) !== undefined)
  return absent === undefined ? undefined : `request header ${absent} is there`
}

function responseDiffers({ headers }: HttpResponse, { Response }: Row): string | undefined {
  for (const [name, value] of Object.entries(Response?.Headers ?? {})) {
    const got = headersOf(headers, name).join(',')
    if (got !== value) return `response header ${name}: expected ${value}, got ${got}`
  }
  for (const [name, values] of Object.entries(Response?.ValidHeaderValues ?? {})) {
    const got = headersOf(headers, name).join(',')
    const bare = (text: string): string => (Response?.IgnoreWhitespace ? text.replace(/\s/g, '') : text)
    if (!values.some((each) => bare(each) === bare(got))) return `response header ${name}: expected ${values.join(' or ')}, got ${got}`
  }
  const absent = Response?.AbsentHeaders?.find((name) => headerOf(headers, name) !== undefined)
  return absent === undefined ? undefined : `response header ${absent} is there`
}

function redirectDiffers({ headers }: HttpResponse, { RedirectRequest, Request }: Row, secure: boolean): string | undefined {
  const location = headerOf(headers, 'Location') ?? ''
  const [, scheme = '', host = '', port = '', path = ''] = /^(https?):\/\/([^/:]+)(?::(\d+))?(\/[^?]*)?/.exec(location) ?? []
  const usual = scheme === 'https' ? '443' : '80'
  const { Scheme = secure ? 'https' : 'http', Host, Port = '', Path = Request.Path ?? '/' } = RedirectRequest ?? {}
  if (Scheme !== scheme) return `location: expected scheme ${Scheme}, got ${location}`
  if (Host !== undefined && Host.replace(/:\d+$/, '') !== host) return `location: expected host ${Host}, got ${location}`
  if ((Port || usual) !== (port || usual)) return `location: expected port ${Port || usual}, got ${location}`
  return Path === path ? undefined : `location: expected path ${Path}, got ${location}`
}
