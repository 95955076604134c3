/** Findings that only a controller can tell, in its own words: annotations that it does not take or that are not simulated, plugins, and what its proxy would refuse the configuration for. */
import type { IngressPath } from '../api/ingress.ts'
import type { Kind } from '../api/object.ts'
import type { Pod } from '../api/pod.ts'
import { isController, processOf } from '../apps/programs.ts'
import type { LogLine } from '../apps/program.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { type IngressController, ingressControllers } from '../cluster/ingress-controller.ts'
import { TRAEFIK_IMAGE } from '../cluster/traefik.ts'
import { type Finding, finding, type Severity } from '../findings/finding.ts'
import { findings as clusterFindings } from '../findings/findings.ts'
import { unreachedPaths } from './unreached-paths.ts'

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }
const NONE: readonly Finding[] = []
const known = new WeakMap<Cluster, readonly Finding[]>()

/** All findings, the gravest first. The same list for the same cluster value. */
export function findings(cluster: Cluster): readonly Finding[] {
  let found = known.get(cluster)
  if (!found) {
    const own = programFindings(cluster)
    const others = clusterFindings(cluster)
    found = own.length === 0 ? others : [...others, ...own].sort((a, b) => RANK[a.severity] - RANK[b.severity])
    known.set(cluster, found)
  }
  return found
}

const remembered = new WeakMap<Cluster['objects']['Ingress'], { readonly inputs: readonly unknown[]; readonly found: readonly Finding[] }>()

/** Nothing of this depends on endpoints, so that their coming and going asks no controller; but Traefik has no router to a Service without any, and exact paths are about routers. */
function programFindings(cluster: Cluster): readonly Finding[] {
  const { Ingress, IngressClass, ConfigMap, Secret, KongPlugin, KongClusterPlugin, KongConsumer } = cluster.objects
  const { IngressRoute, IngressRouteTCP, IngressRouteUDP, Middleware, TraefikService, Service } = cluster.objects
  if ([Ingress, IngressRoute, IngressRouteTCP, IngressRouteUDP].every(({ size }) => size === 0)) return NONE
  const controllers = speakers(cluster)
  const pods = controllers.map(({ pod }) => pod)
  const own = [IngressRoute, IngressRouteTCP, IngressRouteUDP, Middleware, TraefikService, Service]
  const inputs = [
    IngressClass,
    ConfigMap,
    Secret,
    KongPlugin,
    KongClusterPlugin,
    KongConsumer,
    ...own,
    ...pods,
    ...(exactInTraefik(cluster, controllers) ? [cluster.objects.EndpointSlice] : []),
  ]
  const before = remembered.get(Ingress)
  if (before?.inputs.length === inputs.length && before.inputs.every((each, i) => each === inputs[i])) return before.found
  const found = oneOfEach(controllers).flatMap((controller) => saidBy(cluster, controller))
  remembered.set(Ingress, { inputs, found })
  return found
}

const exactIn = new WeakMap<Cluster['objects']['Ingress'], boolean>()

function exactInTraefik(cluster: Cluster, controllers: readonly Speaker[]): boolean {
  if (!controllers.some(({ implementation }) => implementation === 'traefik')) return false
  let found = exactIn.get(cluster.objects.Ingress)
  if (found === undefined) {
    found = [...list(cluster, 'Ingress')].some(({ spec }) => spec.rules?.some(({ http }) => http?.paths.some(isExact)))
    exactIn.set(cluster.objects.Ingress, found)
  }
  return found
}

const isExact = ({ pathType }: IngressPath): boolean => pathType === 'Exact'

type Speaker = Pick<IngressController, 'implementation' | 'pod'>
const traefiksOf = new WeakMap<ReadonlyMap<string, Pod>, readonly Speaker[]>()

/** Those that watch Ingresses, and each Traefik that only reads kinds of its own. */
function speakers(cluster: Cluster): readonly Speaker[] {
  const watching: readonly Speaker[] = ingressControllers(cluster)
  const { IngressRoute, IngressRouteTCP, IngressRouteUDP, Pod } = cluster.objects
  if ([IngressRoute, IngressRouteTCP, IngressRouteUDP].every(({ size }) => size === 0)) return watching
  const traefiks = [...Pod.values()].flatMap(traefiksIn).filter(({ pod }) => !watching.some((each) => each.pod === pod))
  return [...watching, ...traefiks]
}

function traefiksIn(pods: ReadonlyMap<string, Pod>): readonly Speaker[] {
  let found = traefiksOf.get(pods)
  if (!found) {
    found = [...pods.values()]
      .filter(({ spec }) => spec.containers.some(({ image = '' }) => TRAEFIK_IMAGE.test(image)))
      .map((pod) => ({ implementation: 'traefik', pod }))
    traefiksOf.set(pods, found)
  }
  return found
}

/** Replicas say the same. */
function oneOfEach(controllers: readonly Speaker[]): readonly Speaker[] {
  const seen = new Set<string>()
  return controllers.filter(({ implementation, pod }) => {
    const key = `${implementation} ${pod.metadata.namespace ?? ''} ${pod.metadata.ownerReferences?.[0]?.name ?? pod.metadata.name}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** Kong's and Contour's proxies may run in pods of their own, and it is they who have the configuration. */
function saidBy(cluster: Cluster, { implementation, pod }: Speaker): readonly Finding[] {
  const apart = implementation === 'kong' || implementation === 'contour'
  const pods = apart ? [pod, ...(cluster.objects.Pod.get(pod.metadata.namespace ?? '')?.values() ?? [])] : [pod]
  const speaker = pods.find((each) => isController({ cluster, place: { kind: 'pod', pod: each } }))
  if (!speaker) return NONE
  const { log, tables } = processOf({ cluster, place: { kind: 'pod', pod: speaker } }).running.configured
  const routers = implementation === 'traefik' ? tables.find(({ id }) => id === 'routers') : undefined
  return [...log.flatMap((line) => foundIn(cluster, implementation, line)), ...(routers ? unreachedPaths(cluster, routers) : [])]
}

const KINDS: ReadonlySet<string> = new Set<Kind>([
  'Ingress',
  'Service',
  'KongPlugin',
  'KongClusterPlugin',
  'KongConsumer',
  'IngressRoute',
  'IngressRouteTCP',
  'IngressRouteUDP',
  'Middleware',
  'TraefikService',
])
/** What Traefik says of its own kinds; of a Service without endpoints the Service has a finding. */
const TELLING_OF_ROUTES =
  / is not simulated|does not exist( routerName=|$)|^error while parsing rule|^Unsupported match kind|^Empty match rule|(service|port) not found: |^service not found|^Failed to create middleware|not in the parent resource|not allowed: |^Error configuring TLS/
const ROUTES = /^(IngressRoute(TCP|UDP)?|Middleware|TraefikService)$/
/** Other lines have findings of their own, or are about what is not there yet. */
const TELLING =
  /is not simulated$|^Unexpected failure reloading|^path regex is not valid|^invalid paths|does not exist$|^failed to get backend/

function foundIn(cluster: Cluster, controller: string, { level, text, object }: LogLine): readonly Finding[] {
  if (!object || level === 'info' || !KINDS.has(object.kind)) return NONE
  const telling = ROUTES.test(object.kind) ? TELLING_OF_ROUTES : TELLING
  if (object.field !== 'metadata.annotations' && !object.kind.startsWith('Kong') && !telling.test(text)) return NONE
  const kind = object.kind as Kind
  if (!get(cluster, kind, object.namespace ?? '', object.name)) return NONE
  const severity: Severity = / is not simulated(:|$)/.test(text) ? 'info' : 'warning'
  const ref = { kind, namespace: object.namespace ?? '', name: object.name }
  return [
    finding(
      'controller-says',
      severity,
      ref,
      { controller, words: text.replace(/ routerName=.*$/, '') },
      object.field === undefined ? {} : { field: object.field },
    ),
  ]
}
