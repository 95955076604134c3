/** Names of what GKE's ingress controller makes (ingress-gce pkg/utils/namer): frontends by scheme v2, NEGs by v1, instance groups as ever. Approximate: the cluster's ids are made up. */
import { sha256Hex } from '../../base/sha256.ts'
import { uidOf } from '../uid.ts'

const KUBE_SYSTEM = uidOf('Namespace', '', 'kube-system')
const CLUSTER_UID = sha256Hex(KUBE_SYSTEM, 16)

/** `um`, `fr`, `fs`, `tp`, `ts`, `rm`: URL map, forwarding rules, proxies, the map that redirects. */
export type Frontend = 'um' | 'fr' | 'fs' | 'tp' | 'ts' | 'rm'

export const frontendName = (kind: Frontend, namespace: string, name: string): string => `k8s2-${kind}-${balancerName(namespace, name)}`

export const certificateName = (namespace: string, name: string, hash: string): string =>
  `k8s2-cr-${SHORT_UID}-${sha256Hex(balancerName(namespace, name), 16)}-${hash}`

export function balancerName(namespace: string, name: string): string {
  const [ns = '', ing = ''] = trimEvenly(36, [namespace, name])
  return `${SHORT_UID}-${ns}-${ing}-${sha256Hex(`${KUBE_SYSTEM};${namespace};${name}`, 8)}`
}

const SHORT_UID = sha256Hex(KUBE_SYSTEM, 8)

export function negName(namespace: string, name: string, port: number): string {
  const uid = CLUSTER_UID.slice(0, 8)
  const trimmed = trimEvenly(38, [namespace, name, String(port)])
  return `k8s1-${uid}-${trimmed.join('-')}-${sha256Hex([uid, namespace, name, port].join(';'), 8)}`
}

export const instanceBackendName = (nodePort: number): string => `k8s-be-${nodePort}--${CLUSTER_UID}`
export const INSTANCE_GROUP = `k8s-ig--${CLUSTER_UID}`

/** Shortened in proportion to their length, so that all of them together fit. */
function trimEvenly(max: number, fields: readonly string[]): readonly string[] {
  const total = fields.reduce((sum, { length }) => sum + length, 0)
  if (total <= max) return fields
  const lengths = fields.map(({ length }) => length - Math.floor((length * (total - max)) / total) - 1)
  const left = max - lengths.reduce((sum, length) => sum + length, 0)
  return fields.map((field, i) => field.slice(0, (lengths[i] ?? 0) + (i < left ? 1 : 0)))
}
