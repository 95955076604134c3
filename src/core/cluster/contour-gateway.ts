/**
 * What Contour makes of the Gateway that it is for (internal/dag/gatewayapi_processor.go, v1.30 and what came until v1.33): which routes its listeners take, as which rules, and what it says of all
 * of them. A Contour is for one Gateway. Two ways of its own are not imitated: a parentRef without a namespace means the route's own (to Contour it is any), and headers of filters are not
 * validated again.
 */
import type { Gateway, GatewayRoute, GRPCRoute, HTTPRoute, ParentReference } from '../api/gateway.ts'
import { matchesSelector } from '../api/selector.ts'
import { type Cluster, get, list } from './cluster.ts'
import { type CheckedListener, checkListener, Conditions, type EnvoyPort, isHostname, validateListeners } from './contour-listeners.ts'
import { backendRefs, type ContourBackend, type ContourRule, rulesOf, Taken } from './contour-rules.ts'
import type { Attached, AttachedListener, AttachedParent, Attachment } from './gateway.ts'
import type { GatewayController } from './gateway-controller.ts'
import { fails, holds, isParent, isSection, within } from './gateway-references.ts'
import { PolicyUses } from './policy-uses.ts'

/** Connections that are passed on: of one server name, or all of a port. */
export interface ContourStream {
  readonly on: ContourListener
  readonly hosts: readonly string[]
  readonly route: GatewayRoute
  readonly backends: readonly ContourBackend[]
}

export interface ContourListener extends AttachedListener {
  readonly secret: CheckedListener['secret']
}

export interface ContourAttached extends Attached {
  readonly gateway: Gateway | undefined
  readonly ports: readonly EnvoyPort[]
  readonly rules: readonly ContourRule[]
  readonly streams: readonly ContourStream[]
}

const NOTHING: ContourAttached = {
  gateway: undefined,
  ports: [],
  listeners: [],
  attachments: [],
  parents: new Map(),
  counts: new Map(),
  conditions: new Map(),
  policies: new Map(),
  rules: [],
  streams: [],
}

export function contourAttach(cluster: Cluster, controller: GatewayController): ContourAttached {
  const { namespace = '', name = '' } = controller.only ?? {}
  const gateway = get(cluster, 'Gateway', namespace, name)
  // Without its class Contour leaves the Gateway alone, whoever the class names as its controller.
  if (!gateway || !get(cluster, 'GatewayClass', '', gateway.spec.gatewayClassName)) return NOTHING
  const valid = validateListeners(gateway.spec.listeners)
  const listeners = gateway.spec.listeners.map((listener): ContourListener => {
    const { envoy, kinds, conditions, ready, secret } = checkListener(cluster, gateway, listener, valid)
    return {
      gateway,
      listener,
      entryPoint: envoy,
      kinds: kinds.map((kind) => ({ group: 'gateway.networking.k8s.io', kind })),
      problems: ready ? [] : conditions.filter(({ status, type }) => (type === 'Conflicted') === (status === 'True')),
      conditions,
      certificates: secret ? [secret] : [],
      secret,
    }
  })
  const state = new State(cluster, gateway, listeners, isAddressed(gateway))
  const routes = [
    ...inOrder(list(cluster, 'HTTPRoute')),
    ...list(cluster, 'TLSRoute'),
    ...inOrder(list(cluster, 'GRPCRoute')),
    ...list(cluster, 'TCPRoute'),
  ]
  for (const route of routes) state.take(route)
  const { attachments, parents, counts, rules, streams } = state
  const conditions = new Map([[gateway, gatewayConditions(gateway, listeners)]])
  return { gateway, ports: valid.ports, listeners, attachments, parents, counts, conditions, policies: state.policies.all, rules, streams }
}

/** By age, then by name. */
function inOrder<R extends HTTPRoute | GRPCRoute>(routes: Iterable<R>): readonly R[] {
  const key = ({ metadata }: R): string => `${metadata.namespace ?? ''}/${metadata.name}`
  return [...routes].toSorted((a, b) => {
    const [before, after] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
    if (before !== after && before !== '' && after !== '') return before < after ? -1 : 1
    return key(a) < key(b) ? -1 : 1
  })
}

/** Of the addresses that it asks for one has to be among those that it has. */
function isAddressed({ spec: { addresses = [] }, status }: Gateway): boolean {
  const type = (each: { readonly type?: string }): string => each.type ?? 'IPAddress'
  return (
    addresses.length === 0 ||
    addresses.some((wanted) => status?.addresses?.some((each) => each.value === wanted.value && type(each) === type(wanted)))
  )
}

function gatewayConditions(gateway: Gateway, listeners: readonly ContourListener[]) {
  const accepted = holds('Accepted', 'Accepted', 'Gateway is accepted')
  if (!isAddressed(gateway))
    return [
      accepted,
      fails('Programmed', 'AddressNotAssigned', 'None of the addresses in Spec.Addresses have been assigned to the Gateway'),
    ]
  const bad = listeners.some(({ conditions }) => conditions.some(({ type, status }) => type === 'Programmed' && status === 'False'))
  return [
    accepted,
    bad ? fails('Programmed', 'ListenersNotValid', 'Listeners are not valid') : holds('Programmed', 'Programmed', 'Gateway is programmed'),
  ]
}

class State {
  readonly attachments: Attachment[] = []
  readonly parents = new Map<GatewayRoute, readonly AttachedParent[]>()
  readonly counts = new Map<AttachedListener, number>()
  readonly rules: ContourRule[] = []
  readonly streams: ContourStream[] = []
  readonly policies = new PolicyUses()
  readonly #taken = new Taken()
  readonly #cluster: Cluster
  readonly #gateway: Gateway
  readonly #all: readonly ContourListener[]
  readonly #addressed: boolean

  constructor(cluster: Cluster, gateway: Gateway, all: readonly ContourListener[], addressed: boolean) {
    this.#cluster = cluster
    this.#gateway = gateway
    this.#all = all
    this.#addressed = addressed
  }

  take(route: GatewayRoute): void {
    const own = (route.spec.parentRefs ?? []).filter((ref) => isParent(ref, route, this.#gateway))
    if (own.length > 0)
      this.parents.set(
        route,
        own.map((parentRef) => ({ parentRef, conditions: this.#attach(route, parentRef) })),
      )
  }

  #attach(route: GatewayRoute, parentRef: ParentReference): AttachedParent['conditions'] {
    const said = new Conditions()
    if (!this.#addressed) {
      said.add(fails('Accepted', 'InvalidGateway', 'Invalid Gateway'))
      return said.all
    }
    const allowed = this.#allowed(route, parentRef, said)
    if (allowed.length === 0) backendRefs(this.#cluster, route, said)
    const others = this.#all.flatMap((each) => (!allowed.includes(each) && each.listener.hostname ? [each.listener.hostname] : []))
    let count = 0
    for (const on of allowed) {
      const hosts = route.kind === 'TCPRoute' ? [] : hostsOf(route.spec.hostnames ?? [], on.listener.hostname ?? '', others, said)
      if (route.kind !== 'TCPRoute' && hosts.length === 0) continue
      count += hosts.length
      this.attachments.push({ route, on, hostnames: hosts.filter((host) => host !== '*') })
      if (route.kind === 'HTTPRoute' || route.kind === 'GRPCRoute')
        this.rules.push(...rulesOf(this.#cluster, route, on, hosts, { taken: this.#taken, policies: this.policies, parentRef, said }))
      else this.#stream(route, on, hosts, said)
    }
    if (route.kind !== 'TCPRoute' && count === 0 && !said.has('Accepted'))
      said.add(fails('Accepted', 'NoMatchingListenerHostname', 'No intersecting hostnames were found between the listener and the route.'))
    if (!said.has('ResolvedRefs')) said.add(holds('ResolvedRefs', 'ResolvedRefs', 'References resolved'))
    if (!said.has('Accepted')) said.add(holds('Accepted', 'Accepted', `Accepted ${route.kind}`))
    return said.all
  }

  /** Listeners that the reference means, and that let the route in. */
  #allowed(route: GatewayRoute, parentRef: ParentReference, said: Conditions): readonly ContourListener[] {
    const selected = this.#all.filter(({ listener }) => isSection(parentRef, listener))
    const letting = selected.filter((on) => on.kinds.some(({ kind }) => kind === route.kind) && this.#namespace(on, route))
    for (const on of letting) this.counts.set(on, (this.counts.get(on) ?? 0) + 1)
    const isReady = ({ problems }: ContourListener): boolean => problems.length === 0
    const allowed = letting.filter(isReady)
    if (!selected.some(isReady)) said.add(fails('Accepted', 'NoMatchingParent', 'No listeners match this parent ref'))
    else if (allowed.length === 0)
      said.add(fails('Accepted', 'NotAllowedByListeners', 'No listeners included by this parent ref allowed this attachment.'))
    return allowed
  }

  #namespace({ gateway, listener }: ContourListener, { metadata }: GatewayRoute): boolean {
    const { from = 'Same', selector } = listener.allowedRoutes?.namespaces ?? {}
    if (from === 'Same') return metadata.namespace === gateway.metadata.namespace
    if (from !== 'Selector') return from === 'All'
    const labels = get(this.#cluster, 'Namespace', '', metadata.namespace ?? '')?.metadata.labels
    return selector !== undefined && matchesSelector(selector, labels)
  }

  #stream(route: Exclude<GatewayRoute, HTTPRoute | GRPCRoute>, on: ContourListener, hosts: readonly string[], said: Conditions): void {
    const { rules } = route.spec
    if (route.kind === 'TCPRoute' && rules.length !== 1)
      return said.add(fails('Accepted', 'InvalidRouteRules', 'TCPRoute must have only a single rule defined'))
    for (const rule of rules) {
      if ((rule.backendRefs ?? []).length === 0) {
        said.add(fails('ResolvedRefs', 'Degraded', 'At least one Spec.Rules.BackendRef must be specified.'))
        continue
      }
      const backends = backendRefs(this.#cluster, { ...route, spec: { ...route.spec, rules: [rule] } } as GatewayRoute, said)
      if (backends.length === 0) continue
      if (backends.every(({ weight }) => weight === 0))
        said.add(
          fails('ValidBackendRefs', 'AllBackendRefsHaveZeroWeights', 'At least one Spec.Rules.BackendRef must have a non-zero weight.'),
        )
      else this.streams.push({ on, hosts, route, backends })
    }
    return undefined
  }
}

/** computeHosts: names that listener and route have in common, but for those that a narrower listener has; `*` for all. */
function hostsOf(wanted: readonly string[], listener: string, others: readonly string[], said: Conditions): readonly string[] {
  if (wanted.length === 0) return [listener || '*']
  const elsewhere = (name: string): boolean =>
    others.some((other) => other === name || (other.startsWith('*') && other.length > listener.length && within(name, other)))
  const hosts = wanted.flatMap((name) => {
    if (!isHostname(name)) said.add(fails('ResolvedRefs', 'Degraded', `invalid hostname "${name}"`))
    else if (listener === name) return [name]
    else if (listener === '') return elsewhere(name) ? [] : [name]
    else if (listener.startsWith('*')) return within(name, listener) && !elsewhere(name) ? [name] : []
    else if (name.startsWith('*') && within(listener, name)) return [listener]
    return []
  })
  return [...new Set(hosts)]
}
