/** Rules of HTTPRoutes and GRPCRoutes as Contour takes them, with what it says of those that it does not (computeHTTPRouteForListener, computeGRPCRouteForListener). */
import type {
  BackendRef,
  GatewayRoute,
  GRPCRoute,
  GRPCRouteMatch,
  HTTPRoute,
  HTTPRouteMatch,
  HTTPRouteRule,
  NamedMatch,
  ParentReference,
  RouteFilter,
} from '../api/gateway.ts'
import type { Service, ServicePort } from '../api/service.ts'
import { contourBackendTls } from './backend-tls.ts'
import { type Cluster, get } from './cluster.ts'
import type { ContourListener } from './contour-gateway.ts'
import type { Conditions } from './contour-listeners.ts'
import { fails, holds, isGranted } from './gateway-references.ts'
import type { PolicyUses } from './policy-uses.ts'

export interface ContourBackend {
  readonly ref: BackendRef
  readonly service: Service
  readonly port: ServicePort
  readonly weight: number
  /** A BackendTLSPolicy wants TLS. */
  readonly tls?: boolean
}

export interface ContourMatch {
  readonly path: { readonly kind: 'prefix' | 'segment' | 'exact' | 'regex'; readonly value: string }
  readonly method?: string
  readonly headers: readonly NamedMatch[]
  readonly queryParams: readonly NamedMatch[]
  /** Of the match in the rule; a rule without any has one at 0. */
  readonly index: number
}

/** A rule on a listener, for these hosts. */
export interface ContourRule {
  readonly on: ContourListener
  readonly hosts: readonly string[]
  readonly route: HTTPRoute | GRPCRoute
  readonly ruleIndex: number
  readonly matches: readonly ContourMatch[]
  readonly filters: readonly RouteFilter[]
  readonly backends: readonly ContourBackend[]
  readonly mirrors: readonly ContourBackend[]
  /** As the route says it; the time for the whole answer. */
  readonly timeout?: string
}

/** What the rules of both kinds have in common. */
type Rule = Omit<HTTPRouteRule, 'matches'>

/** Conditions of rules that hosts have already: the first route of a kind to ask for them has them. */
export class Taken {
  readonly #keys = new Set<string>()

  /** False where one of them is somebody's; then none is taken. */
  take(on: ContourListener, hosts: readonly string[], kind: string, matches: readonly ContourMatch[]): boolean {
    const keys = hosts.flatMap((host) =>
      matches.map(({ path, method, headers, queryParams }) =>
        JSON.stringify([on.entryPoint, host, kind, path, method, headers, queryParams]),
      ),
    )
    if (keys.some((key) => this.#keys.has(key))) return false
    for (const key of keys) this.#keys.add(key)
    return true
  }
}

/** What rules are collected into, and for whom. */
export interface Collecting {
  readonly taken: Taken
  readonly policies: PolicyUses
  readonly parentRef: ParentReference
  readonly said: Conditions
}

export function rulesOf(
  cluster: Cluster,
  route: HTTPRoute | GRPCRoute,
  on: ContourListener,
  hosts: readonly string[],
  collecting: Collecting,
): readonly ContourRule[] {
  const { taken, said } = collecting
  const rules: readonly Rule[] = route.spec.rules ?? []
  let conflicts = 0
  const made = rules.flatMap((rule, ruleIndex): readonly ContourRule[] => {
    const matches = matchesOf(route, ruleIndex, said)
    const timeout = timeoutOf(rule, said)
    if (timeout === undefined) return []
    checkFilters(route, rule.filters ?? [], said)
    const redirects = rule.filters?.some(({ requestRedirect }) => requestRedirect) ?? false
    const mirrors = (rule.filters ?? []).flatMap(({ requestMirror }) =>
      requestMirror ? (backendOf(cluster, route, requestMirror.backendRef, 'Spec.Rules.Filters.RequestMirror.BackendRef', said) ?? []) : [],
    )
    const backends = redirects ? [] : backendsOf(cluster, route, rule, collecting)
    if (!backends) return []
    if (!taken.take(on, hosts, route.kind, matches)) {
      conflicts++
      return []
    }
    const { filters = [] } = rule
    return [{ on, hosts, route, ruleIndex, matches, filters, backends, mirrors, ...(timeout !== '' && { timeout }) }]
  })
  if (conflicts > 0 && conflicts === rules.length)
    said.add(fails('Accepted', 'RuleMatchConflict', `${route.kind}'s Match has conflict with other ${route.kind}'s Match`))
  else if (conflicts > 0)
    said.add(
      holds(
        'PartiallyInvalid',
        'RuleMatchPartiallyConflict',
        `Dropped Rule: some of ${route.kind}'s rule(s) has(ve) been dropped because of conflict against other ${route.kind}'s rule(s)`,
      ),
    )
  return made
}

function matchesOf(route: HTTPRoute | GRPCRoute, index: number, said: Conditions): readonly ContourMatch[] {
  if (route.kind === 'HTTPRoute') return (route.spec.rules?.[index]?.matches ?? [{}]).flatMap((match, i) => httpMatch(match, i, said) ?? [])
  const { matches = [] } = route.spec.rules?.[index] ?? {}
  if (matches.length === 0) return [{ path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [], index: 0 }]
  return matches.flatMap((match, i) => grpcMatch(match, i, said) ?? [])
}

function refuse(said: Conditions, type: string, reason: string, message: string): undefined {
  said.add(fails(type, reason, message))
}

function httpMatch(
  { path, headers = [], queryParams = [], method }: HTTPRouteMatch,
  index: number,
  said: Conditions,
): ContourMatch | undefined {
  const { type = 'PathPrefix', value = '/' } = path ?? {}
  const wrong = (why: string): undefined => refuse(said, 'ValidMatches', 'InvalidPathMatch', why)
  if (type === 'RegularExpression') {
    if (!isExpression(value)) return wrong('Match.Path.Value is invalid for RegularExpression match type.')
  } else if (!value.startsWith('/')) return wrong("Match.Path.Value must start with '/'.")
  else if (value.includes('//')) return wrong("Match.Path.Value must not contain consecutive '/' characters.")
  const field = 'HTTPRoute.Spec.Rules.Matches'
  if (!readable(headers, `${field}.Headers`, said) || !readable(queryParams, `${field}.QueryParams`, said)) return undefined
  const kinds = { Exact: 'exact', RegularExpression: 'regex', PathPrefix: value === '/' ? 'prefix' : 'segment' } as const
  return {
    path: { kind: kinds[type], value },
    headers: firstOfName(headers, true),
    queryParams: firstOfName(queryParams, false),
    index,
    ...(method !== undefined && { method }),
  }
}

function grpcMatch({ method, headers = [] }: GRPCRouteMatch, index: number, said: Conditions): ContourMatch | undefined {
  if (method?.type === 'RegularExpression')
    return refuse(said, 'Accepted', 'UnsupportedValue', 'GRPCRoute.Spec.Rules.Matches.Method: Only Exact match type is supported.')
  if (method && (!method.service || !method.method))
    return refuse(
      said,
      'Accepted',
      'InvalidMethodMatch',
      'GRPCRoute.Spec.Rules.Matches.Method: Both Service and Method need be configured.',
    )
  if (!readable(headers, 'GRPCRoute.Spec.Rules.Matches.Headers', said)) return undefined
  const path = method
    ? ({ kind: 'exact', value: `/${method.service ?? ''}/${method.method ?? ''}` } as const)
    : ({ kind: 'prefix', value: '/' } as const)
  return { path, headers: firstOfName(headers, true), queryParams: [], index }
}

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

function readable(all: readonly NamedMatch[], field: string, said: Conditions): boolean {
  const broken = all.some(({ type, value }) => type === 'RegularExpression' && !isExpression(value))
  if (broken) refuse(said, 'Accepted', 'UnsupportedValue', `${field}: Invalid value for RegularExpression match type is specified`)
  return !broken
}

function firstOfName(all: readonly NamedMatch[], anyCase: boolean): readonly NamedMatch[] {
  const key = ({ name }: NamedMatch): string => (anyCase ? name.toUpperCase() : name)
  return all.filter((each, i) => all.findIndex((other) => key(other) === key(each)) === i)
}

/** Empty where the rule asks for none; undefined where it cannot be read. Of a Go duration only 0 matters here: it means no limit. */
function timeoutOf({ timeouts = {} }: Rule, said: Conditions): string | undefined {
  const { request, backendRequest } = timeouts
  for (const [name, value] of [
    ['Request', request],
    ['BackendRequest', backendRequest],
  ] as const)
    if (value !== undefined && !/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$|^0$/.test(value))
      return refuse(
        said,
        'Accepted',
        'UnsupportedValue',
        `invalid HTTPRoute.Spec.Rules.Timeouts.${name}: unable to parse timeout string "${value}"`,
      )
  return backendRequest ?? request ?? ''
}

const FILTERS: Readonly<Record<'HTTPRoute' | 'GRPCRoute', { readonly known: readonly string[]; readonly said: string }>> = {
  HTTPRoute: {
    known: ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'RequestMirror', 'URLRewrite'],
    said: 'RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect, RequestMirror and URLRewrite',
  },
  GRPCRoute: {
    known: ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror'],
    said: 'RequestHeaderModifier, ResponseHeaderModifier and RequestMirror',
  },
}

/** A filter that it does not have makes the route unaccepted, and is left out where the route is served all the same. */
function checkFilters({ kind }: HTTPRoute | GRPCRoute, filters: readonly RouteFilter[], said: Conditions): void {
  const { known, said: words } = FILTERS[kind]
  for (const { type } of filters)
    if (!known.includes(type))
      refuse(said, 'Accepted', 'UnsupportedValue', `${kind}.Spec.Rules.Filters: invalid type "${type}": only ${words} are supported.`)
}

/** Undefined where there are none to begin with: then there is no route. Where all are bad there is one that answers 500. */
function backendsOf(
  cluster: Cluster,
  route: HTTPRoute | GRPCRoute,
  { backendRefs: refs = [] }: Rule,
  { said, policies, parentRef }: Collecting,
): readonly ContourBackend[] | undefined {
  if (refs.length === 0) return refuse(said, 'ResolvedRefs', 'Degraded', 'At least one Spec.Rules.BackendRef must be specified.')
  return refs.flatMap((ref) => {
    const backend = backendOf(cluster, route, ref, 'Spec.Rules.BackendRef', said)
    if (backend && ref.filters?.some(({ type }) => !/^(Request|Response)HeaderModifier$/.test(type)))
      refuse(
        said,
        'Accepted',
        'UnsupportedValue',
        `${route.kind}.Spec.Rules.BackendRef.Filters: Only RequestHeaderModifier and ResponseHeaderModifier type is supported.`,
      )
    if (!backend) return []
    const policy = route.kind === 'HTTPRoute' ? contourBackendTls(cluster, targetOf(backend)) : undefined
    if (policy) policies.note(policy, parentRef)
    return [policy?.hostname === undefined ? backend : { ...backend, tls: true }]
  })
}

const targetOf = ({ service, port }: ContourBackend) => ({
  namespace: service.metadata.namespace ?? '',
  name: service.metadata.name,
  port,
})

/** Every backend of a route, those of its mirrors included; what is wrong is said. */
export function backendRefs(cluster: Cluster, route: GatewayRoute, said: Conditions): readonly ContourBackend[] {
  return (route.spec.rules ?? []).flatMap((rule) => {
    const { filters = [] } = rule as Rule
    for (const { requestMirror } of filters)
      if (requestMirror) backendOf(cluster, route, requestMirror.backendRef, 'Spec.Rules.Filters.RequestMirror.BackendRef', said)
    return (rule.backendRefs ?? []).flatMap((ref) => backendOf(cluster, route, ref, 'Spec.Rules.BackendRef', said) ?? [])
  })
}

const APP_PROTOCOLS = new Set(['kubernetes.io/ws', 'kubernetes.io/h2c', 'https', 'http'])

/** validateBackendObjectRef. */
function backendOf(cluster: Cluster, route: GatewayRoute, ref: BackendRef, field: string, said: Conditions): ContourBackend | undefined {
  const { group = '', kind = 'Service', name, port: number, weight = 1 } = ref
  const from = route.metadata.namespace ?? ''
  const { namespace = from } = ref
  const wrong = (reason: string, message: string): undefined => refuse(said, 'ResolvedRefs', reason, message)
  if (group !== '') return wrong('InvalidKind', `${field}.Group must be ""`)
  if (kind !== 'Service') return wrong('InvalidKind', `${field}.Kind must be 'Service'`)
  if (number === undefined) return wrong('Degraded', `${field}.Port must be specified`)
  if (!isGranted(cluster, { kind: route.kind, namespace: from }, { group, kind, namespace, name }))
    return wrong('RefNotPermitted', `${field}.Namespace must match the route's namespace or be covered by a ReferenceGrant`)
  const missing = (why: string): undefined => wrong('BackendNotFound', `service "${name}" is invalid: ${why}`)
  const service = get(cluster, 'Service', namespace, name)
  if (!service) return missing(`service "${namespace}/${name}" not found`)
  const port = service.spec.ports?.find((each) => each.port === number)
  if (!port) return missing(`port "${number}" on service "${namespace}/${name}" not matched`)
  const { protocol = 'TCP', appProtocol } = port
  if (protocol !== 'TCP') return missing(`unsupported service protocol "${protocol}"`)
  if (service.spec.type === 'ExternalName')
    return missing(
      `${namespace}/${name} is an ExternalName service, these are not currently enabled. See the config.enableExternalNameService config file setting`,
    )
  if (appProtocol !== undefined && !APP_PROTOCOLS.has(appProtocol))
    return wrong('UnsupportedProtocol', `AppProtocol: "${appProtocol}" is unsupported`)
  return { ref, service, port, weight }
}
