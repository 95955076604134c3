/**
 * A cloud's controller manager, as far as Services show it: every Service of type LoadBalancer gets an address of the balancer outside, which stays with it.
 * What the balancer then does is in node/cloud-balancer.ts.
 */
import { ipFamily } from '../api/format.ts'
import type { Service } from '../api/service.ts'
import type { Change } from '../cluster/cluster.ts'
import { cloudPool, poolAddresses } from '../cluster/cloud-pool.ts'
import { list } from '../cluster/cluster.ts'
import type { Controller } from './controller.ts'
import { contains } from '../net/cidr.ts'
import { parseIp } from '../net/ip.ts'
import { fulfilled, ingressOf, wantedServices } from './load-balancer.ts'

export const cloudLoadBalancer: Controller = {
  name: 'cloud-load-balancer',
  reads: ['Service'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const pool = cloudPool(cluster.config)
    if (!pool) return []
    const isOfPool = (text: string | undefined): boolean => {
      const ip = parseIp(text ?? '')
      return ip !== undefined && ipFamily(ip) === 'IPv4' && contains(pool.range, ip)
    }
    const taken = new Set([...list(cluster, 'Service')].flatMap((service) => ingressOf(service).flatMap(({ ip }) => ip ?? [])))
    const free = poolAddresses(cluster.config, pool)
    const next = (): string | undefined => {
      for (const ip of free) if (!taken.has(ip)) return ip
      return undefined
    }
    const changes: Change[] = []
    for (const service of wantedServices(cluster, 'cloud')) {
      const kept = ingressOf(service).find(({ ip }) => isOfPool(ip))?.ip
      const ip = asked(service, isOfPool, taken, kept) ?? kept ?? next()
      if (ip !== undefined) taken.add(ip)
      changes.push(...fulfilled(service, ip === undefined ? [] : [{ ip, ipMode: pool.ipMode }]))
    }
    return changes
  },
}

/** spec.loadBalancerIP, when it is the pool's and nobody else has it. */
function asked(
  { spec }: Service,
  isOfPool: (text: string | undefined) => boolean,
  taken: ReadonlySet<string>,
  kept: string | undefined,
): string | undefined {
  const { loadBalancerIP } = spec
  if (loadBalancerIP === undefined || !isOfPool(loadBalancerIP)) return undefined
  return loadBalancerIP === kept || !taken.has(loadBalancerIP) ? loadBalancerIP : undefined
}
