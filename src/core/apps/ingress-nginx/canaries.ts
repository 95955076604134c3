/** mergeAlternativeBackends of internal/ingress/controller/controller.go: a canary's path has to be there already, of the same type, with another Service. */
import type { Ingress } from '../../api/ingress.ts'
import type { Annotations } from './annotations.ts'
import { DEFAULT_SERVER, DEFAULT_UPSTREAM, type Location, type Log, refOfIngress, type Server, type Upstream } from './model.ts'
import { type Translation, upstreamName } from './upstreams.ts'

interface Merging {
  readonly upstreams: Map<string, Upstream>
  readonly servers: ReadonlyMap<string, Server>
  readonly log: Log
}

export function mergeCanaries(
  { ingresses, log }: Translation,
  upstreams: Map<string, Upstream>,
  servers: ReadonlyMap<string, Server>,
  hostOfRule: (host: string | undefined) => string,
): void {
  if (!ingresses.some(({ annotations }) => !annotations.canary)) return
  const merging: Merging = { upstreams, servers, log }
  for (const { ingress, annotations } of ingresses) {
    if (!annotations.canary) continue
    const { defaultBackend, rules = [] } = ingress.spec
    const namespace = ingress.metadata.namespace ?? ''
    const merge = (service: Parameters<typeof upstreamName>[1], host: string, fits: (location: Location) => boolean): void =>
      mergeOne(merging, ingress, annotations, upstreamName(namespace, service), host, fits)
    if (defaultBackend?.service) merge(defaultBackend.service, DEFAULT_SERVER, () => true)
    for (const { host, http } of rules)
      for (const { path, pathType, backend } of http?.paths ?? [])
        if (backend.service) merge(backend.service, hostOfRule(host), (each) => each.path === path && each.pathType === pathType)
  }
}

function mergeOne(
  { upstreams, servers, log }: Merging,
  ingress: Ingress,
  annotations: Annotations,
  name: string,
  host: string,
  fits: (location: Location) => boolean,
): void {
  const object = refOfIngress(ingress)
  const canary = upstreams.get(name)
  if (!canary) return log.warn(`alternative backend ${name} has already been removed`, object)
  const server = servers.get(host)
  if (!server) return log.error(`cannot merge alternative backend ${name} into hostname ${host} that does not exist`, object)
  let merged = false
  for (const location of server.locations) {
    const primary = upstreams.get(location.backend)
    const place = `${server.hostname}${location.path}`
    if (!primary) {
      log.warn(`cannot find primary backend ${location.backend} for location ${place}`, object)
      continue
    }
    // Whatever its path is: one location that has the canary's Service as its own is enough.
    if (primary === canary) {
      const { namespace = '', name: own } = ingress.metadata
      log.warn(
        `alternative upstream ${name} in Ingress ${namespace}/${own} is primary upstream in Other Ingress for location ${place}!`,
        object,
      )
      return
    }
    if (primary.name === DEFAULT_UPSTREAM || primary.noServer || !fits(location)) continue
    merged = true
    if (primary.alternatives.includes(name)) continue
    primary.alternatives.push(name)
    if (annotations.affinity?.canaryBehavior === 'legacy') continue
    canary.affinity = primary.affinity
    for (const [key, paths] of primary.cookieLocations) canary.cookieLocations.set(key, paths)
  }
  if (merged) return
  log.warn(`unable to find real backend for alternative backend ${name}. Deleting.`, object)
  upstreams.delete(name)
}
