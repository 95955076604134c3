/** What Contour writes into the status of HTTPProxies (internal/status/proxystatus.go): valid, invalid with the reason, or orphaned. Only a Contour whose pod is ready writes. */
import type { HTTPProxy, HTTPProxyStatus } from '../api/http-proxy.ts'
import { type Change, type Cluster, get } from '../cluster/cluster.ts'
import { equal } from '../cluster/equal.ts'
import { type ProxyForest, proxyForest } from '../cluster/http-proxy.ts'
import { type IngressController, ingressControllers } from '../cluster/ingress-controller.ts'
import type { Controller } from './controller.ts'
import { ingressOf } from './load-balancer.ts'
import { isReady } from './pods.ts'

export const httpProxyStatus: Controller = {
  name: 'http-proxy-status',
  reads: ['HTTPProxy', 'Service', 'Secret', 'Pod'],
  scope: 'cluster',
  reconcile: (cluster) => {
    if (cluster.objects.HTTPProxy.size === 0) return []
    const controller = ingressControllers(cluster).find(({ implementation, pod }) => implementation === 'contour' && isReady(pod))
    return controller ? changesOf(cluster, controller) : []
  },
}

function changesOf(cluster: Cluster, controller: IngressController): readonly Change[] {
  const forest = proxyForest(cluster, controller)
  const [namespace = '', name = ''] = (controller.publishService ?? '').split('/')
  const service = get(cluster, 'Service', namespace, name)
  const addresses = service ? ingressOf(service) : []
  return forest.proxies.flatMap((proxy) => {
    const status: HTTPProxyStatus = {
      ...statusOf(forest, proxy),
      ...(addresses.length > 0 && {
        loadBalancer: {
          ingress: addresses.map(({ ip, hostname }) => (ip !== undefined ? { ip } : hostname !== undefined ? { hostname } : {})),
        },
      }),
    }
    return equal(proxy.status ?? {}, status) ? [] : [{ op: 'put', object: { ...proxy, status } } as const]
  })
}

function statusOf({ problems, orphans }: ProxyForest, proxy: HTTPProxy): HTTPProxyStatus {
  const errors = problems.get(proxy)
  const valid = (status: 'True' | 'False', reason: string, message: string): readonly unknown[] => [
    { type: 'Valid', status, reason, message, ...(errors && { errors: errors.map((each) => ({ status: 'True', ...each })) }) },
  ]
  if (errors) {
    const description = 'At least one error present, see Errors for details'
    return { currentStatus: 'invalid', description, conditions: valid('False', 'ErrorPresent', description) }
  }
  if (orphans.has(proxy)) {
    const description = 'this HTTPProxy is not part of a delegation chain from a root HTTPProxy'
    return { currentStatus: 'orphaned', description, conditions: valid('False', 'Orphaned', description) }
  }
  return { currentStatus: 'valid', description: 'Valid HTTPProxy', conditions: valid('True', 'Valid', 'Valid HTTPProxy') }
}
