/**
 * What the Application Gateway Ingress Controller makes of Ingresses (Azure/application-gateway-kubernetes-ingress pkg/appgw): a pod that watches, and one gateway outside for all of them, with a listener for each host
 * and port. Certificates that an annotation names are taken to be there. Approximate: names hold another hash than the real ones, and where no priority is given that hash decides between listeners, as it does in the
 * field. Left out: prohibited targets, Istio, WAF policies, rewrite rule sets, private addresses.
 */
import type { Ingress, IngressPath, IngressRule } from '../../api/ingress.ts'
import { secretBytes } from '../../api/secret.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { type Cluster, get, list } from '../cluster.ts'
import { type IngressController, ingressControllers, takes } from '../ingress-controller.ts'
import { frontendAddresses } from './frontends.ts'
import { type AppGwSettings, PREFIX, settingsFor } from './agic-backend.ts'

/** Where requests go: settings with their pool, another listener, or nowhere, which is the default pool. */
export type AppGwAction =
  | { readonly kind: 'backend'; readonly settings: string }
  | { readonly kind: 'redirect'; readonly port: number }
  | { readonly kind: 'none' }

export interface AppGwPathRule {
  readonly name: string
  readonly path: string
  readonly action: AppGwAction
  readonly object: AppGwObject
}

export interface AppGwObject {
  readonly kind: 'Ingress'
  readonly namespace: string
  readonly name: string
  readonly field: string
}

export interface AppGwListener {
  /** `fl-0123…`; rule and path map have the same hash. */
  readonly hash: string
  readonly port: number
  readonly protocol: 'Http' | 'Https'
  /** None: every host. */
  readonly hosts: readonly string[]
  /** `namespace/name` of a Secret, or a name in the gateway. */
  readonly certificate: string | undefined
  readonly priority: number
  readonly defaultAction: AppGwAction
  readonly defaultFrom?: AppGwObject
  readonly rules: readonly AppGwPathRule[]
}

export interface AppGw {
  /** In the order in which they are tried. */
  readonly listeners: readonly AppGwListener[]
  readonly settings: ReadonlyMap<string, AppGwSettings>
  /** Whose status tells the gateway's address. */
  readonly ingresses: readonly Ingress[]
  readonly log: readonly { readonly text: string; readonly ingress: Ingress; readonly warning?: boolean }[]
}

const made = new WeakMap<object, { readonly inputs: readonly unknown[]; readonly gateway: AppGw }>()
const NONE: AppGw = { listeners: [], settings: new Map(), ingresses: [], log: [] }

/** The gateway of the cluster. The same value while nothing changes that it is made of. */
export function appGateway(cluster: Cluster): AppGw {
  const { Ingress: ingresses, IngressClass, Service, EndpointSlice, Pod, Secret } = cluster.objects
  if (cluster.config.site.cloud !== 'azure') return NONE
  const inputs = [IngressClass, Service, EndpointSlice, Pod, Secret]
  const known = made.get(ingresses)
  if (known?.inputs.every((each, i) => each === inputs[i])) return known.gateway
  const controller = ingressControllers(cluster).find(({ implementation }) => implementation === 'agic')
  const gateway = new Builder(cluster).build(own(cluster, controller))
  made.set(ingresses, { inputs, gateway })
  return gateway
}

const IGNORED = new Set(['kube-system', 'kube-public'])
const keyOf = ({ metadata }: Ingress): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** Who is gone, as it would have been installed: what has the gateway's address stays in it. */
const GONE: Pick<IngressController, 'rules'> = {
  rules: {
    controllerName: 'azure/application-gateway',
    annotation: 'azure/application-gateway',
    onlyClass: 'azure-application-gateway',
    withoutClass: false,
  },
}

/** By name, without those of the system and without those that have rules and no path. */
function own(cluster: Cluster, controller: IngressController | undefined): readonly Ingress[] {
  return [...list(cluster, 'Ingress')]
    .filter(
      (ingress) =>
        !IGNORED.has(ingress.metadata.namespace ?? '') &&
        (controller !== undefined || frontendAddresses(ingress).length > 0) &&
        takes(cluster, controller ?? GONE, ingress) !== undefined &&
        ((ingress.spec.rules ?? []).length === 0 || ingress.spec.rules?.some(({ http }) => http)),
    )
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

interface Draft {
  readonly port: number
  readonly protocol: 'Http' | 'Https'
  readonly hosts: readonly string[]
  certificate: string | undefined
  priority: number | undefined
  defaultAction: AppGwAction
  defaultFrom?: AppGwObject
  readonly rules: AppGwPathRule[]
}

class Builder {
  readonly #cluster: Cluster
  readonly #listeners = new Map<string, Draft>()
  readonly #settings = new Map<string, AppGwSettings>()
  readonly #log: AppGw['log'][number][] = []

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  build(all: readonly Ingress[]): AppGw {
    const kept = all.filter((ingress) => this.#isSound(ingress))
    for (const ingress of kept) this.#add(ingress)
    return { listeners: numbered(this.#listeners), settings: this.#settings, ingresses: kept, log: this.#log }
  }

  #say(ingress: Ingress, text: string, warning = false): void {
    if (!this.#log.some((each) => each.text === text && each.ingress === ingress))
      this.#log.push({ text, ingress, ...(warning && { warning }) })
  }

  /** pkg/controller/prune.go. */
  #isSound(ingress: Ingress): boolean {
    const { annotations = {} } = ingress.metadata
    if (annotations[`${PREFIX}use-private-ip`] === 'true') {
      this.#say(
        ingress,
        `ignoring Ingress ${keyOf(ingress)} as it requires Application Gateway 'appgw' to have a private IP address. Either add a private IP to Application Gateway or remvove 'appgw.ingress.kubernetes.io/use-private-ip' from the ingress.`,
      )
      return false
    }
    const hasTls = (ingress.spec.tls ?? []).length > 0 || annotations[`${PREFIX}appgw-ssl-certificate`]
    if (annotations[`${PREFIX}ssl-redirect`] === 'true' && !hasTls) {
      this.#say(
        ingress,
        `ignoring Ingress ${keyOf(ingress)} as it has an invalid spec. It is annotated with ssl-redirect: true but is missing a TLS secret or '${PREFIX}appgw-ssl-certificate' annotation. Please add a TLS secret/annotation or remove ssl-redirect annotation`,
      )
      return false
    }
    for (const name of Object.keys(annotations))
      if (name.startsWith(PREFIX) && !READ.has(name.slice(PREFIX.length))) this.#say(ingress, `annotation ${name} is not simulated`, true)
    return true
  }

  #add(ingress: Ingress): void {
    const { rules = [], defaultBackend } = ingress.spec
    if (rules.length === 0 && defaultBackend) {
      const draft = this.#draft(80, 'Http', [])
      draft.defaultAction = this.#backend(ingress, defaultBackend, undefined, '')
      draft.defaultFrom = refOf(ingress, 'spec.defaultBackend')
    }
    for (const [i, rule] of rules.entries()) if (rule.http) this.#addRule(ingress, rule, i)
  }

  #addRule(ingress: Ingress, rule: IngressRule, index: number): void {
    const { annotations = {} } = ingress.metadata
    const certificate = this.#certificate(ingress, rule.host ?? '')
    const redirect = annotations[`${PREFIX}ssl-redirect`] === 'true'
    const overridden = Number(annotations[`${PREFIX}override-frontend-port`] ?? 0)
    const hosts = [rule.host ?? '', ...(annotations[`${PREFIX}hostname-extension`] ?? '').split(',')]
      .flatMap((host) => host.trim().toLowerCase() || [])
      .slice(0, 5)
    const priority = annotations[`${PREFIX}rule-priority`]
    const listen = (protocol: 'Http' | 'Https', to: number | undefined): void => {
      const draft = this.#draft(overridden || (protocol === 'Https' ? 443 : 80), protocol, hosts)
      if (protocol === 'Https') draft.certificate = certificate
      if (priority !== undefined) draft.priority = Number(priority)
      this.#addPaths(draft, ingress, rule, index, to)
    }
    if (certificate !== undefined) listen('Https', undefined)
    // With a certificate port 80 is there only to redirect.
    if (redirect || certificate === undefined) listen('Http', redirect && certificate !== undefined ? 443 : undefined)
  }

  #draft(port: number, protocol: 'Http' | 'Https', hosts: readonly string[]): Draft {
    const id = `${port} ${hosts.join(',')}`
    let draft = this.#listeners.get(id)
    if (!draft) {
      draft = { port, protocol, hosts, certificate: undefined, priority: undefined, defaultAction: { kind: 'none' }, rules: [] }
      this.#listeners.set(id, draft)
    }
    return draft
  }

  /** A path for everything is the default of the host; of equal paths the first counts. */
  #addPaths(draft: Draft, ingress: Ingress, rule: IngressRule, index: number, redirect: number | undefined): void {
    const paths = rule.http?.paths ?? []
    const host = rule.host ?? ''
    const general = paths.findLastIndex(({ path = '' }) => path === '' || path === '/' || path === '/*')
    const catchAll = paths[general]
    const backend = catchAll?.backend ?? ingress.spec.defaultBackend
    const field = catchAll ? `spec.rules[${index}].http.paths[${general}]` : 'spec.defaultBackend'
    const fallback: AppGwAction =
      redirect !== undefined
        ? { kind: 'redirect', port: redirect }
        : backend
          ? this.#backend(ingress, backend, catchAll, host)
          : { kind: 'none' }
    if (fallback.kind !== 'none') {
      draft.defaultAction = fallback
      draft.defaultFrom = refOf(ingress, field)
    }
    for (const [j, each] of paths.entries()) {
      const { path = '', pathType } = each
      if (path === '' || path === '/' || path === '/*') continue
      const pattern = patternOf(path, pathType)
      const name = `pr-${ingress.metadata.namespace ?? ''}-${ingress.metadata.name}-rule-${index}-path-${j}`
      const before = draft.rules.find((other) => other.path === pattern)
      if (before) {
        this.#say(
          ingress,
          `A path-rule with path '${pattern}' already exists'. Existing path rule {pathMapName=${before.name}} and new path rule {pathMapName=${name}}.`,
        )
        continue
      }
      const action: AppGwAction =
        redirect === undefined ? this.#backend(ingress, each.backend, each, host) : { kind: 'redirect', port: redirect }
      draft.rules.push({ name, path: pattern, action, object: refOf(ingress, `spec.rules[${index}].http.paths[${j}]`) })
    }
  }

  #backend(ingress: Ingress, backend: IngressPath['backend'], path: IngressPath | undefined, host: string): AppGwAction {
    const settings = settingsFor({ cluster: this.#cluster, ingress, backend, ...(path && { path }), host })
    if (!settings) return { kind: 'none' }
    for (const text of settings.problems) this.#say(ingress, text)
    if (!this.#settings.has(settings.name)) this.#settings.set(settings.name, settings)
    return { kind: 'backend', settings: settings.name }
  }

  /** The Secret for the host, or the one for all; a name in the gateway where there is none. */
  #certificate(ingress: Ingress, host: string): string | undefined {
    const { namespace = '', annotations = {} } = ingress.metadata
    const byHost = new Map<string, string>()
    for (const { hosts = [], secretName } of ingress.spec.tls ?? []) {
      if (!secretName) continue
      const secret = get(this.#cluster, 'Secret', namespace, secretName)
      const key = `${namespace}/${secretName}`
      if (!secret || !secretBytes(secret, 'tls.crt') || !secretBytes(secret, 'tls.key')) {
        this.#say(ingress, `Unable to find the secret associated to secretId: [${key}]`)
        continue
      }
      for (const each of hosts.length > 0 ? hosts : ['']) byHost.set(each, key)
    }
    return byHost.get(host) ?? byHost.get('') ?? (annotations[`${PREFIX}appgw-ssl-certificate`] || undefined)
  }
}

const READ = new Set(
  `backend-path-prefix backend-hostname backend-protocol health-probe-hostname health-probe-port health-probe-path health-probe-status-codes health-probe-interval health-probe-timeout
  health-probe-unhealthy-threshold cookie-based-affinity cookie-based-affinity-distinct-name request-timeout connection-draining connection-draining-timeout ssl-redirect use-private-ip override-frontend-port
  hostname-extension appgw-ssl-certificate rule-priority`.split(/\s+/),
)

const refOf = ({ metadata }: Ingress, field: string): AppGwObject => ({
  kind: 'Ingress',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  field,
})

/** A prefix is whatever begins with it, letter by letter: `/foo` becomes `/foo*`. */
function patternOf(path: string, pathType: IngressPath['pathType']): string {
  if (pathType === 'Exact') return path.replace(/\*$/, '')
  return pathType === 'Prefix' && !path.endsWith('*') ? `${path}*` : path
}

/** Listeners with hosts from 19000 on, those for every host from 19500, each group in the order of its names, but for those whose Ingress says a number. */
function numbered(drafts: ReadonlyMap<string, Draft>): readonly AppGwListener[] {
  const all = [...drafts].map(([id, draft]) => ({ hash: sha256Hex(id, 32), draft })).toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
  const used = new Set(all.flatMap(({ draft }) => draft.priority ?? []))
  const next = { some: 19_000, every: 19_500 }
  const listeners = all.map(({ hash, draft }): AppGwListener => {
    const kind = draft.hosts.length > 0 ? 'some' : 'every'
    let { priority } = draft
    if (priority === undefined) {
      while (used.has(next[kind])) next[kind] += 5
      priority = next[kind]
      used.add(priority)
    }
    return { ...draft, hash, priority }
  })
  return listeners.toSorted((a, b) => a.priority - b.priority)
}
