/**
 * HTTPProxies as Contour reads them (internal/dag/httpproxy_processor.go, v1.30): roots with their includes resolved, and what is wrong with each. Routes of a proxy that is invalid are not served,
 * but for a missing Service, whose routes answer 503. Approximate: certificates are not delegated between namespaces; a Secret is read in apps/contour.
 */
import type { HTTPProxy, ProxyCondition, ProxyRoute } from '../api/http-proxy.ts'
import { INGRESS_CLASS_ANNOTATION } from '../api/ingress.ts'
import { type Cluster, get, list } from './cluster.ts'
import type { IngressController } from './ingress-controller.ts'

export interface ProxyRouteFound {
  readonly route: ProxyRoute
  /** With those of the includes that lead to it, outermost first. */
  readonly conditions: readonly ProxyCondition[]
  readonly proxy: HTTPProxy
  readonly index: number
}

/** `field` is where; `reason` Contour's word. */
export interface ProxyProblem {
  readonly type: string
  readonly reason: string
  readonly message: string
}

export interface ProxyRoot {
  readonly proxy: HTTPProxy
  readonly fqdn: string
  readonly routes: readonly ProxyRouteFound[]
}

export interface ProxyForest {
  /** All that are this controller's. */
  readonly proxies: readonly HTTPProxy[]
  /** Those that are served. */
  readonly roots: readonly ProxyRoot[]
  readonly problems: ReadonlyMap<HTTPProxy, readonly ProxyProblem[]>
  readonly orphans: ReadonlySet<HTTPProxy>
}

const forests = new WeakMap<object, { readonly inputs: readonly unknown[]; readonly forest: ProxyForest }>()

/** The same value while nothing changes that it is made from. */
export function proxyForest(cluster: Cluster, controller: Pick<IngressController, 'rules' | 'pod'>): ProxyForest {
  const inputs = [cluster.objects.HTTPProxy, cluster.objects.Service, cluster.objects.Secret]
  const known = forests.get(controller.pod)
  if (known?.inputs.every((each, i) => each === inputs[i])) return known.forest
  const forest = new Forest(cluster, own(cluster, controller)).grown()
  forests.set(controller.pod, { inputs, forest })
  return forest
}

const key = (namespace: string, name: string): string => `${namespace}/${name}`
const keyOf = ({ metadata }: HTTPProxy): string => key(metadata.namespace ?? '', metadata.name)

const own = (cluster: Cluster, { rules }: Pick<IngressController, 'rules'>): readonly HTTPProxy[] =>
  [...list(cluster, 'HTTPProxy')].filter(({ metadata, spec }) => {
    if (rules.namespace !== undefined && !rules.namespace.split(',').includes(metadata.namespace ?? '')) return false
    const { annotations = {} } = metadata
    const named = annotations['projectcontour.io/ingress.class'] ?? annotations[INGRESS_CLASS_ANNOTATION] ?? spec.ingressClassName
    return named === undefined || named === '' ? rules.withoutClass : (rules.byName ?? []).includes(named)
  })

class Forest {
  readonly #cluster: Cluster
  readonly #proxies: readonly HTTPProxy[]
  readonly #problems = new Map<HTTPProxy, ProxyProblem[]>()
  readonly #included = new Set<string>()

  constructor(cluster: Cluster, proxies: readonly HTTPProxy[]) {
    this.#cluster = cluster
    this.#proxies = proxies
  }

  grown(): ProxyForest {
    const roots = this.#unique(this.#proxies.filter(({ spec }) => spec.virtualhost)).flatMap((proxy) => this.#root(proxy) ?? [])
    const orphans = this.#proxies.filter((proxy) => !proxy.spec.virtualhost && !this.#included.has(keyOf(proxy)))
    return { proxies: this.#proxies, roots, problems: this.#problems, orphans: new Set(orphans) }
  }

  #wrong(proxy: HTTPProxy, type: string, reason: string, message: string): undefined {
    const known = this.#problems.get(proxy)
    if (known) known.push({ type, reason, message })
    else this.#problems.set(proxy, [{ type, reason, message }])
    return undefined
  }

  /** Several roots with one name: none of them is served. */
  #unique(roots: readonly HTTPProxy[]): readonly HTTPProxy[] {
    const byName = new Map<string, HTTPProxy[]>()
    for (const proxy of roots) {
      const fqdn = (proxy.spec.virtualhost?.fqdn ?? '').toLowerCase()
      byName.set(fqdn, [...(byName.get(fqdn) ?? []), proxy])
    }
    return [...byName].flatMap(([fqdn, proxies]) => {
      if (proxies.length === 1 || fqdn === '') return proxies
      const names = proxies.map(keyOf).sort().join(', ')
      for (const proxy of proxies)
        this.#wrong(proxy, 'VirtualHostError', 'DuplicateVhost', `fqdn "${fqdn}" is used in multiple HTTPProxies: ${names}`)
      return []
    })
  }

  #root(proxy: HTTPProxy): ProxyRoot | undefined {
    const { virtualhost, routes = [], includes = [], tcpproxy } = proxy.spec
    const fqdn = (virtualhost?.fqdn ?? '').trim()
    if (fqdn === '') return this.#wrong(proxy, 'VirtualHostError', 'FQDNNotSpecified', 'Spec.VirtualHost.Fqdn must be specified')
    if (routes.length === 0 && includes.length === 0 && !tcpproxy)
      return this.#wrong(proxy, 'SpecError', 'NothingDefined', 'HTTPProxy.Spec must have at least one Route, Include, or a TCPProxy')
    if (!this.#tlsIsValid(proxy)) return undefined
    if (tcpproxy && !this.#streamIsValid(proxy)) return undefined
    const found = this.#routesOf(proxy, [], [], true)
    return found && { proxy, fqdn: fqdn.toLowerCase(), routes: found }
  }

  #tlsIsValid(proxy: HTTPProxy): boolean {
    const { tls } = proxy.spec.virtualhost ?? {}
    const wrong = (reason: string, message: string): boolean =>
      this.#wrong(proxy, 'TLSError', reason, `Spec.VirtualHost.TLS${message}`) ?? false
    if (!tls) return true
    const { secretName = '', passthrough = false } = tls
    if (secretName !== '' && passthrough) return wrong('TLSConfigNotValid', ': both Passthrough and SecretName were specified')
    if (secretName === '' && !passthrough) return wrong('TLSConfigNotValid', ': neither Passthrough nor SecretName were specified')
    if (passthrough) return true
    const secret = get(this.#cluster, 'Secret', proxy.metadata.namespace ?? '', secretName)
    return secret !== undefined || wrong('SecretNotValid', ` Secret "${secretName}" is invalid: Secret not found`)
  }

  #streamIsValid(proxy: HTTPProxy): boolean {
    const { tcpproxy, virtualhost } = proxy.spec
    const wrong = (reason: string, message: string): boolean => this.#wrong(proxy, 'TCPProxyError', reason, message) ?? false
    if (!virtualhost?.tls)
      return wrong('TLSMustBeConfigured', 'Spec.TCPProxy requires that either Spec.TLS.Passthrough or Spec.TLS.SecretName be set')
    const services = tcpproxy?.services ?? []
    if (services.length === 0) return wrong('NothingDefined', 'Spec.TCPProxy: either services or inclusion must be specified')
    for (const { name, port } of services) {
      const why = this.#missing(proxy, name, port)
      if (why !== undefined) return wrong('ServiceUnresolvedReference', `Spec.TCPProxy unresolved service reference: ${why}`)
    }
    return true
  }

  /** What an include leads to, and the proxy's own routes. Undefined where the conditions make all of it invalid. */
  #routesOf(
    proxy: HTTPProxy,
    conditions: readonly ProxyCondition[],
    visited: readonly HTTPProxy[],
    root = false,
  ): readonly ProxyRouteFound[] | undefined {
    const found: ProxyRouteFound[] = []
    for (const include of proxy.spec.includes ?? []) {
      const namespace = include.namespace ?? proxy.metadata.namespace ?? ''
      const target = this.#proxies.find((each) => keyOf(each) === key(namespace, include.name))
      const more = include.conditions ?? []
      const why = wrongConditions(more, true)
      if (why) this.#wrong(proxy, 'IncludeError', why.reason, `include: ${why.message}`)
      else if (!target) this.#wrong(proxy, 'IncludeError', 'IncludeNotFound', `include ${key(namespace, include.name)} not found`)
      else if (target.spec.virtualhost)
        this.#wrong(proxy, 'IncludeError', 'RootIncludesRoot', 'root httpproxy cannot include another root httpproxy')
      else if (target === proxy || visited.includes(target)) {
        const path = [...visited, proxy, target].map(keyOf).join(' -> ')
        this.#wrong(proxy, 'IncludeError', 'IncludeCreatesCycle', `include creates an include cycle: ${path}`)
      } else {
        this.#included.add(keyOf(target))
        found.push(...(this.#routesOf(target, [...conditions, ...more], [...visited, proxy]) ?? []))
      }
    }
    for (const [index, route] of (proxy.spec.routes ?? []).entries()) {
      const all = [...conditions, ...(route.conditions ?? [])]
      if (!this.#routeIsValid(proxy, route, all)) return root ? undefined : []
      found.push({ route, conditions: all, proxy, index })
    }
    return found
  }

  #routeIsValid(proxy: HTTPProxy, route: ProxyRoute, all: readonly ProxyCondition[]): boolean {
    const wrong = (type: string, reason: string, message: string): boolean => this.#wrong(proxy, type, reason, message) ?? false
    const why = wrongConditions(route.conditions ?? [], false) ?? wrongConditions(all.filter(isHeader), false)
    if (why) return wrong('RouteError', why.reason, `route: ${why.message}`)
    const { services = [], requestRedirectPolicy, directResponsePolicy } = route
    const policies = [services.length > 0, requestRedirectPolicy, directResponsePolicy].filter(Boolean).length
    if (policies === 0) return wrong('RouteError', 'NoServicesPresent', 'route.services must have at least one entry')
    if (policies > 1)
      return wrong(
        'RouteError',
        'OnlyOneOf',
        'route: only one of route.services, requestRedirectPolicy and directResponsePolicy may be specified',
      )
    const replaced = (route.pathRewritePolicy?.replacePrefix ?? []).map(({ prefix }) => prefix ?? '')
    if (new Set(replaced).size < replaced.length)
      return wrong('PrefixReplaceError', 'DuplicateReplacement', `duplicate replacement prefix '${replaced[0] ?? ''}'`)
    for (const { name, port } of services) {
      const missing = this.#missing(proxy, name, port)
      if (missing !== undefined)
        this.#wrong(proxy, 'ServiceError', 'ServiceUnresolvedReference', `Spec.Routes unresolved service reference: ${missing}`)
    }
    return true
  }

  #missing({ metadata }: HTTPProxy, name: string, port: number): string | undefined {
    const namespace = metadata.namespace ?? ''
    const service = get(this.#cluster, 'Service', namespace, name)
    if (!service) return `service "${namespace}/${name}" not found`
    return (service.spec.ports ?? []).some((each) => each.port === port)
      ? undefined
      : `port "${port}" on service "${namespace}/${name}" not matched`
  }
}

const isHeader = ({ header }: ProxyCondition): boolean => header !== undefined

interface Wrong {
  readonly reason: string
  readonly message: string
}

/** Paths begin with a slash and there is one at most; an include takes prefixes alone. */
function wrongConditions(conditions: readonly ProxyCondition[], include: boolean): Wrong | undefined {
  const paths = conditions.flatMap(({ prefix, exact, regex }) => [prefix, exact, regex].filter((each) => each !== undefined))
  const bad = conditions.find(({ exact, regex }) => include && (exact !== undefined || regex !== undefined))
  if (bad)
    return { reason: 'PathMatchConditionsNotValid', message: 'conditions: exact and regex conditions are not allowed in include block' }
  if (paths.length > 1)
    return { reason: 'PathMatchConditionsNotValid', message: 'more than one prefix, exact or regex is not allowed in a condition block' }
  const loose = paths.find((path) => !path.startsWith('/'))
  if (loose !== undefined)
    return { reason: 'PathMatchConditionsNotValid', message: `prefix conditions must start with /, ${loose} was supplied` }
  const exact = conditions.flatMap(({ header }) => (header?.exact === undefined ? [] : [header.name.toLowerCase()]))
  return new Set(exact).size < exact.length
    ? { reason: 'HeaderMatchConditionsNotValid', message: 'cannot specify duplicate header "exact match" conditions in the same route' }
    : undefined
}
