/** What Contour is told of Gateways: by a ContourConfiguration that its arguments name, or by the file that they name (pkg/config/parameters.go). */
import { isRecord } from '../api/schema.ts'
import { readSource } from '../api/yaml-source.ts'
import { type Cluster, get } from './cluster.ts'
import { fileSeen } from './files.ts'
import type { IngressController } from './ingress-controller.ts'

export const CONTOUR_GATEWAY_CONTROLLER = 'projectcontour.io/gateway-controller'

/** The Gateway that a Contour is for; undefined where it is told of none. */
export function contourGatewayRef(
  cluster: Cluster,
  { pod, container, flags }: IngressController,
): { readonly namespace: string; readonly name: string } | undefined {
  const own = pod.metadata.namespace ?? ''
  const name = flags.get('contour-config-name')
  if (name !== undefined) return get(cluster, 'ContourConfiguration', own, name)?.spec?.gateway?.gatewayRef
  const path = flags.get('config-path')
  const seen = path === undefined ? undefined : fileSeen(cluster, pod, container, path)
  const text = seen?.kind === 'unknown' ? inDefaultMap(cluster, own, path ?? '') : seen?.kind === 'text' ? seen.text : undefined
  const value = text === undefined ? undefined : readSource(text)?.documents[0]?.value
  const gateway = isRecord(value) ? value['gateway'] : undefined
  const ref = isRecord(gateway) ? gateway['gatewayRef'] : undefined
  if (!isRecord(ref) || typeof ref['name'] !== 'string' || typeof ref['namespace'] !== 'string') return undefined
  return { namespace: ref['namespace'], name: ref['name'] }
}

/** Manifests that leave volumes out still mean the ConfigMap that Contour's own have. */
const inDefaultMap = (cluster: Cluster, namespace: string, path: string): string | undefined =>
  get(cluster, 'ConfigMap', namespace, 'contour')?.data?.[path.replace(/^.*\//, '')]
