/** Which pods are Contour's Envoys, and which Contour each asks for its configuration: what `contour bootstrap` writes for it. */
import type { Pod } from '../api/pod.ts'
import { type Cluster, get } from './cluster.ts'
import { flagsOf, type IngressController, ingressControllers } from './ingress-controller.ts'

export interface Contour {
  /** The Contour behind its xDS address; undefined where there is none. */
  readonly controller: IngressController | undefined
  readonly httpPort: number
  readonly httpsPort: number
}

const ENVOY_IMAGE = /(^|\/)envoy(proxy\/envoy)?(-distroless)?([:@]|$)/
const CONTOUR_IMAGE = /(^|\/)(projectcontour|bitnami)\/contour([:@]|$)/

/** An Envoy whose bootstrap is not Contour's is somebody else's: undefined. */
export function contourFor(cluster: Cluster, { metadata, spec }: Pod): Contour | undefined {
  if (!spec.containers.some(({ image = '' }) => ENVOY_IMAGE.test(image))) return undefined
  const bootstrap = [...(spec.initContainers ?? []), ...spec.containers].find(
    ({ image = '', command = [], args = [] }) => CONTOUR_IMAGE.test(image) && [...command, ...args].includes('bootstrap'),
  )
  if (!bootstrap) return undefined
  const [service = '', given] = (flagsOf(bootstrap).get('xds-address') ?? 'contour').split('.')
  const namespace = given ?? metadata.namespace ?? ''
  const selector = get(cluster, 'Service', namespace, service)?.spec.selector ?? {}
  const controller = ingressControllers(cluster).find(
    (each) =>
      each.implementation === 'contour' &&
      (each.pod.metadata.namespace ?? '') === namespace &&
      Object.entries(selector).every(([key, value]) => each.pod.metadata.labels?.[key] === value),
  )
  const port = (flag: string, otherwise: number): number => Number(controller?.flags.get(flag) ?? otherwise)
  return { controller, httpPort: port('envoy-service-http-port', 8080), httpsPort: port('envoy-service-https-port', 8443) }
}
