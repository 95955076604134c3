/** Which pods are Kong's gateways, what they listen on, and which controller configures each. */
import type { Pod } from '../api/pod.ts'
import type { Cluster } from './cluster.ts'
import { type IngressController, ingressControllers } from './ingress-controller.ts'

export interface KongPlace {
  readonly http: number
  readonly https: number
  /** In the same pod, else in one of the namespace. */
  readonly controller: (cluster: Cluster) => IngressController | undefined
}

const KONG_IMAGE = /(^|\/)(kong|kong-gateway)([:@]|$)/

export function kongFor(pod: Pod): KongPlace | undefined {
  const container = pod.spec.containers.find(({ image = '' }) => KONG_IMAGE.test(image))
  if (!container) return undefined
  const listen = container.env?.find(({ name }) => name === 'KONG_PROXY_LISTEN')?.value ?? '0.0.0.0:8000, 0.0.0.0:8443 http2 ssl'
  const each = listen.split(',').map((text) => text.trim())
  const portOf = (secure: boolean): number => Number(/:(\d+)/.exec(each.find((text) => /\bssl\b/.test(text) === secure) ?? '')?.[1] ?? 0)
  const controller = (cluster: Cluster): IngressController | undefined => {
    const all = ingressControllers(cluster).filter(
      ({ implementation, pod: other }) => implementation === 'kong' && other.metadata.namespace === pod.metadata.namespace,
    )
    return all.find(({ pod: other }) => other === pod) ?? all[0]
  }
  return { http: portOf(false), https: portOf(true), controller }
}
