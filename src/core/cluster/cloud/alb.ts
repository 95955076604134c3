/**
 * What the AWS Load Balancer Controller makes of Ingresses (kubernetes-sigs/aws-load-balancer-controller pkg/ingress): a pod that watches, and an Application Load Balancer outside for each group of them. A mistake of
 * one member leaves the whole group as it was. ACM is taken to hold a certificate for every host, since nothing here says what it holds. Approximate: what an address was given for stands while no
 * controller runs, and follows changes all the same. Left out: IngressClassParams, authentication, WAF, security groups, transforms, gateways.
 */
import type { Ingress, IngressBackend } from '../../api/ingress.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { type Cluster, get, list } from '../cluster.ts'
import { type IngressController, ingressControllers, takes } from '../ingress-controller.ts'
import { type AlbAction, type AlbForward, actionOf, PREFIX } from './alb-actions.ts'
import { type AlbRule, optimised, ruleConditions, sortedPaths } from './alb-rules.ts'
import { type AlbTargetGroup, targetGroup } from './alb-target-group.ts'
import { frontendAddresses, type Scope } from './frontends.ts'

export interface AlbGroup {
  /** `default/shop`, or the name that `group.name` gives. */
  readonly id: string
  readonly name: string
  readonly scope: Scope
  /** By `group.order`, then by name. */
  readonly members: readonly Ingress[]
  readonly listeners: readonly AlbListener[]
  readonly targetGroups: ReadonlyMap<string, AlbTargetGroup>
  /** Why nothing can be made, in the controller's words. */
  readonly error?: string
  /** Annotations that are not simulated, each with the Ingress that has it. */
  readonly passedOver: readonly { readonly name: string; readonly ingress: Ingress }[]
}

export interface AlbListener {
  readonly port: number
  readonly protocol: 'HTTP' | 'HTTPS'
  /** ARNs, or `acm: HOST` where the controller would look one up. */
  readonly certificates: readonly { readonly arn: string; readonly hosts: readonly string[] }[]
  readonly rules: readonly AlbRule[]
  readonly defaultAction: AlbAction
  readonly defaultFrom?: AlbRule['object']
}

const made = new WeakMap<object, { readonly inputs: readonly unknown[]; readonly groups: readonly AlbGroup[] }>()
const NONE: readonly AlbGroup[] = []

/** Every group of the cluster, in the order of their ids. The same list while nothing changes that it is made of. */
export function albGroups(cluster: Cluster): readonly AlbGroup[] {
  const { Ingress: ingresses, IngressClass, Service, EndpointSlice, Pod, Node } = cluster.objects
  if (cluster.config.site.cloud !== 'aws') return NONE
  const inputs = [IngressClass, Service, EndpointSlice, Pod, Node]
  const known = made.get(ingresses)
  if (known?.inputs.every((each, i) => each === inputs[i])) return known.groups
  const controller = ingressControllers(cluster).find(({ implementation }) => implementation === 'alb')
  const groups = groupsOf(cluster, controller)
  made.set(ingresses, { inputs, groups })
  return groups
}

const GROUP_NAME = /^([a-z0-9][-a-z0-9.]*)?[a-z0-9]$/

type Controller = Pick<IngressController, 'flags' | 'rules'>
/** Who is gone, as it would have been installed. */
const GONE: Controller = { flags: new Map(), rules: { controllerName: 'ingress.k8s.aws/alb', annotation: 'alb', withoutClass: false } }

function groupsOf(cluster: Cluster, running: Controller | undefined): readonly AlbGroup[] {
  const controller = running ?? GONE
  const groups = new Map<string, Ingress[]>()
  for (const ingress of list(cluster, 'Ingress')) {
    if (!running && frontendAddresses(ingress).length === 0) continue
    if (takes(cluster, controller, ingress) === undefined) continue
    const { namespace = '', name, annotations = {} } = ingress.metadata
    const named = annotations[`${PREFIX}group.name`]
    if (named !== undefined && (!GROUP_NAME.test(named) || named.length > 63)) continue
    const id = named ?? `${namespace}/${name}`
    groups.set(id, [...(groups.get(id) ?? []), ingress])
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, members]) => new Builder(cluster, controller, id, sorted(members)).build())
}

const orderOf = ({ metadata }: Ingress): number => Number(metadata.annotations?.[`${PREFIX}group.order`] ?? 0)
const keyOf = ({ metadata }: Ingress): string => `${metadata.namespace ?? ''}/${metadata.name}`
const sorted = (members: readonly Ingress[]): readonly Ingress[] =>
  members.toSorted((a, b) => orderOf(a) - orderOf(b) || (keyOf(a) < keyOf(b) ? -1 : 1))

interface Port {
  readonly protocol: 'HTTP' | 'HTTPS'
  readonly certificates: AlbListener['certificates'][number][]
  readonly members: Ingress[]
}

class Builder {
  readonly #cluster: Cluster
  readonly #controller: Controller
  readonly #id: string
  readonly #members: readonly Ingress[]
  readonly #targetGroups = new Map<string, AlbTargetGroup>()

  constructor(cluster: Cluster, controller: Controller, id: string, members: readonly Ingress[]) {
    this.#cluster = cluster
    this.#controller = controller
    this.#id = id
    this.#members = members
  }

  build(): AlbGroup {
    const scheme = this.#scheme()
    const scope: Scope = scheme.ok && scheme.value === 'internet-facing' ? 'external' : 'internal'
    const name = this.#name(scheme.ok ? scheme.value : '')
    const listeners = scheme.ok ? (name.ok ? this.#listeners() : name) : scheme
    return {
      id: this.#id,
      name: name.ok ? name.value : '',
      scope,
      members: this.#members,
      listeners: listeners.ok ? listeners.value : [],
      targetGroups: this.#targetGroups,
      ...(!listeners.ok && { error: `Failed build model due to ${listeners.error}` }),
      passedOver: this.#members.flatMap((ingress) => notSimulated(ingress).map((each) => ({ name: each, ingress }))),
    }
  }

  /** Internal where nobody says otherwise. */
  #scheme(): Result<string, string> {
    const all = this.#said('scheme')
    if (all.length > 1) return fail(`conflicting scheme: map[${all.map((each) => `${each}:{}`).join(' ')}]`)
    const scheme = all[0] ?? 'internal'
    return scheme === 'internal' || scheme === 'internet-facing' ? ok(scheme) : fail(`unknown scheme: ${scheme}`)
  }

  #said(key: string): readonly string[] {
    return [...new Set(this.#members.flatMap(({ metadata }) => metadata.annotations?.[PREFIX + key] ?? []))].toSorted((a, b) =>
      a < b ? -1 : 1,
    )
  }

  #name(scheme: string): Result<string, string> {
    const [own, other] = this.#said('load-balancer-name')
    if (other !== undefined) return fail(`conflicting load balancer name: map[${own}:{} ${other}:{}]`)
    if (own !== undefined) return own.length > 32 ? fail('load balancer name cannot be longer than 32 characters') : ok(own)
    const hash = sha256Hex(`${this.#controller.flags.get('cluster-name') ?? ''}${this.#id}${scheme}`, 10)
    const plain = (text: string, length: number): string => text.replace(/[^A-Za-z0-9]/g, '').slice(0, length)
    const [namespace = '', name] = this.#id.split('/')
    return ok(name === undefined ? `k8s-${plain(this.#id, 17)}-${hash}` : `k8s-${plain(namespace, 8)}-${plain(name, 8)}-${hash}`)
  }

  #listeners(): Result<readonly AlbListener[], string> {
    const ports = this.#ports()
    if (!ports.ok) return ports
    const redirect = this.#sslRedirect(ports.value)
    if (!redirect.ok) return redirect
    const listeners: AlbListener[] = []
    for (const [port, { protocol, certificates, members }] of [...ports.value].toSorted(([a], [b]) => a - b)) {
      if (redirect.value !== undefined && protocol === 'HTTP') {
        listeners.push({ port, protocol, certificates, rules: [], defaultAction: sslRedirect(redirect.value) })
        continue
      }
      const fallback = this.#defaultAction(members)
      if (!fallback.ok) return fallback
      const rules = this.#rules(members)
      if (!rules.ok) return rules
      listeners.push({ port, protocol, certificates, rules: optimised(rules.value, { port, protocol }), ...fallback.value })
    }
    return ok(listeners)
  }

  #ports(): Result<ReadonlyMap<number, Port>, string> {
    const ports = new Map<number, Port>()
    for (const ingress of this.#members) {
      const own = listenPorts(ingress)
      if (!own.ok) return fail(`ingress: ${keyOf(ingress)}: ${own.error}`)
      for (const [port, protocol] of own.value) {
        const before = ports.get(port)
        if (before && before.protocol !== protocol)
          return fail(
            `failed to merge listenPort config for port: ${port}: conflicting protocol, ${keyOf(before.members[0] ?? ingress)}: ${before.protocol} | ${keyOf(ingress)}: ${protocol}`,
          )
        const merged = before ?? { protocol, certificates: [], members: [] }
        merged.members.push(ingress)
        if (protocol === 'HTTPS')
          merged.certificates.push(...certificatesOf(ingress).filter(({ arn }) => !merged.certificates.some((each) => each.arn === arn)))
        ports.set(port, merged)
      }
    }
    return ok(ports)
  }

  #sslRedirect(ports: ReadonlyMap<number, Port>): Result<number | undefined, string> {
    const [own, other] = this.#said('ssl-redirect')
    if (own === undefined) return ok(undefined)
    if (!/^-?\d+$/.test(own)) return fail(`failed to parse int32 annotation, ${PREFIX}ssl-redirect: ${own}`)
    if (other !== undefined) return fail(`conflicting sslRedirect port: [${own} ${other}]`)
    const port = ports.get(Number(own))
    if (!port) return fail(`listener does not exist for SSLRedirect port: ${own}`)
    return port.protocol === 'HTTPS' ? ok(Number(own)) : fail(`listener protocol non-SSL for SSLRedirect port: ${own}`)
  }

  #defaultAction(members: readonly Ingress[]): Result<Pick<AlbListener, 'defaultAction' | 'defaultFrom'>, string> {
    const own = members.filter(({ spec }) => spec.defaultBackend)
    const [first] = own
    if (!first?.spec.defaultBackend)
      return ok({ defaultAction: { type: 'fixed-response', contentType: 'text/plain', body: '', status: 404 } })
    if (own.length > 1) return fail(`multiple ingress defined default backend: [${own.map(keyOf).join(' ')}]`)
    const action = this.#action(first, first.spec.defaultBackend)
    if (!action.ok) return action
    return ok({ defaultAction: action.value, defaultFrom: refOf(first, 'spec.defaultBackend') })
  }

  #rules(members: readonly Ingress[]): Result<readonly Omit<AlbRule, 'priority'>[], string> {
    const rules: Omit<AlbRule, 'priority'>[] = []
    for (const ingress of members)
      for (const [i, { host, http }] of (ingress.spec.rules ?? []).entries()) {
        const paths = (http?.paths ?? []).map((path, j) => ({ path, field: `spec.rules[${i}].http.paths[${j}]` }))
        for (const { path, field } of sortedPaths(paths)) {
          const conditions = ruleConditions(ingress, host, path)
          const action = conditions.ok ? this.#action(ingress, path.backend) : conditions
          if (!conditions.ok || !action.ok) return fail(`ingress: ${keyOf(ingress)}: ${action.ok ? '' : action.error}`)
          rules.push({ conditions: conditions.value, action: action.value, object: refOf(ingress, field) })
        }
      }
    return ok(rules)
  }

  /** A port named `use-annotation` means the annotation `actions.SERVICE`; a Service that is not there is answered with 503. */
  #action(ingress: Ingress, { service }: IngressBackend): Result<AlbAction, string> {
    if (!service) return fail('missing required "service" field')
    const { name, port = {} } = service
    if (port.name !== 'use-annotation')
      return this.#resolved(ingress, {
        type: 'forward',
        groups: [{ service: name, port: port.name || String(port.number ?? 0), weight: 1, name: '' }],
      })
    const said = actionOf(ingress.metadata.annotations ?? {}, name)
    if (!said.ok) return said
    if (!said.value)
      return this.#tolerates('action') ? ok(unavailable('Backend action does not exist')) : fail(`missing actions.${name} configuration`)
    return this.#resolved(ingress, said.value)
  }

  #tolerates(what: 'service' | 'action'): boolean {
    return this.#controller.flags.get(`tolerate-non-existent-backend-${what}`) !== 'false'
  }

  #resolved(ingress: Ingress, action: AlbAction): Result<AlbAction, string> {
    if (action.type !== 'forward') return ok(action)
    const groups: AlbForward[] = []
    for (const each of action.groups) {
      if (each.service === '') {
        groups.push(each)
        continue
      }
      const service = get(this.#cluster, 'Service', ingress.metadata.namespace ?? '', each.service)
      if (!service) {
        if (action.groups.length === 1 && this.#tolerates('service')) return ok(unavailable('Backend service does not exist'))
        return fail(`Service "${each.service}" not found`)
      }
      const type = this.#controller.flags.get('default-target-type') ?? 'instance'
      const group = targetGroup(this.#cluster, this.#id, ingress, service, each.port, type)
      if (!group.ok) return group
      this.#targetGroups.set(group.value.name, group.value)
      groups.push({ ...each, name: group.value.name })
    }
    return ok({ ...action, groups })
  }
}

const refOf = ({ metadata }: Ingress, field: string): AlbRule['object'] => ({
  kind: 'Ingress',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  field,
})

const unavailable = (body: string): AlbAction => ({ type: 'fixed-response', contentType: 'text/plain', body, status: 503 })

const sslRedirect = (port: number): AlbAction => ({
  type: 'redirect',
  host: '#{host}',
  path: '/#{path}',
  port: String(port),
  protocol: 'HTTPS',
  query: '#{query}',
  status: 301,
})

/** `[{"HTTP": 80}, {"HTTPS": 443}]`; without it 443 where certificates are named, else 80. */
function listenPorts({ metadata }: Ingress): Result<readonly (readonly [number, 'HTTP' | 'HTTPS'])[], string> {
  const { annotations = {} } = metadata
  const said = annotations[`${PREFIX}listen-ports`]
  if (said === undefined) return ok([annotations[`${PREFIX}certificate-arn`] ? [443, 'HTTPS'] : [80, 'HTTP']])
  const entries = read(said)
  if (!entries) return fail(`failed to parse listen-ports configuration: \`${said}\``)
  if (entries.length === 0) return fail(`empty listen-ports configuration: \`${said}\``)
  const ports: (readonly [number, 'HTTP' | 'HTTPS'])[] = []
  for (const [protocol, port] of entries.flatMap((each) => Object.entries(each))) {
    if (typeof port !== 'number') return fail(`failed to parse listen-ports configuration: \`${said}\``)
    if (port < 1 || port > 65535) return fail(`listen port must be within [1, 65535]: ${port}`)
    if (protocol !== 'HTTP' && protocol !== 'HTTPS') return fail(`listen protocol must be within [HTTP, HTTPS]: ${protocol}`)
    ports.push([port, protocol])
  }
  return ok(ports)
}

function read(said: string): readonly Readonly<Record<string, unknown>>[] | undefined {
  try {
    const value = JSON.parse(said) as unknown
    return Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null)
      ? (value as Record<string, unknown>[])
      : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Those that are named, or what ACM is taken to have for the hosts. Secrets are nothing to this controller. */
function certificatesOf({ metadata, spec }: Ingress): AlbListener['certificates'] {
  const hosts = [
    ...new Set([...(spec.rules ?? []).flatMap(({ host }) => host || []), ...(spec.tls ?? []).flatMap((tls) => tls.hosts ?? [])]),
  ]
  const arns = (metadata.annotations?.[`${PREFIX}certificate-arn`] ?? '').split(',').flatMap((each) => each.trim() || [])
  if (arns.length > 0) return arns.map((arn) => ({ arn, hosts }))
  return hosts.map((host) => ({ arn: `acm: ${host}`, hosts: [host] }))
}

const READ =
  /^(group\.(name|order)|scheme|load-balancer-name|listen-ports|ssl-redirect|certificate-arn|target-type|backend-protocol(-version)?|target-group-attributes|target-node-labels|healthcheck-(path|port|protocol)|success-codes|use-regex-path-match|actions\..+|conditions\..+)$/
/** What changes nothing that is simulated here. */
const NEUTRAL =
  /^(tags|subnets|security-groups|ip-address-type|ssl-policy|manage-backend-security-group-rules|healthcheck-(interval|timeout)-seconds|(un)?healthy-threshold-count)$/

const notSimulated = ({ metadata }: Ingress): readonly string[] =>
  Object.keys(metadata.annotations ?? {}).filter((key) => {
    if (!key.startsWith(PREFIX)) return false
    const name = key.slice(PREFIX.length)
    return !READ.test(name) && !NEUTRAL.test(name)
  })
