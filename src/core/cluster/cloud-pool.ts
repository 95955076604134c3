/** Where a cloud's balancer stands and which addresses it has to give. */
import { type Cidr, cidr, contains, parseCidr } from '../net/cidr.ts'
import { ipFromNumber } from '../net/ip.ts'
import { type ClusterConfig, loadBalancerOf } from './config.ts'
import type { SiteHost } from './site.ts'

export interface CloudPool {
  readonly host: SiteHost
  readonly range: Cidr
  readonly ipMode: 'VIP' | 'Proxy'
}

/** Undefined where there is no cloud, no such host, or no network outside that addresses could be of. */
export function cloudPool(config: ClusterConfig): CloudPool | undefined {
  const cloud = loadBalancerOf(config)
  if (cloud.kind !== 'cloud') return undefined
  const { site } = config
  const host = site.hosts.find(({ name, interfaces }) =>
    cloud.host === undefined ? interfaces.some(({ address }) => address === site.nodeGateway) : name === cloud.host,
  )
  const range = cloud.pool === undefined ? host && defaultRange(config, host) : parseCidr(cloud.pool)
  return host && range && { host, range, ipMode: cloud.ipMode ?? 'VIP' }
}

/** Of a network of the host that the nodes are not on; of theirs when there is no other. */
function defaultRange({ site }: ClusterConfig, { interfaces }: SiteHost): Cidr | undefined {
  const networks = interfaces.map(({ network }) => network)
  const name = networks.find((each) => each !== site.nodeNetwork) ?? networks[0]
  const prefix = parseCidr(site.networks.find((network) => network.name === name)?.cidr ?? '')
  if (!prefix) return undefined
  const length = Math.min(30, prefix.length + 4)
  return cidr(ipFromNumber(prefix.network + 2 ** (32 - prefix.length) - 2 ** (32 - length)), length)
}

/** Addresses of the range that may be given, lowest first; the last one may be a broadcast address, and those that hosts of the site have are theirs. */
export function* poolAddresses({ site }: Pick<ClusterConfig, 'site'>, { range }: Pick<CloudPool, 'range'>): Generator<string> {
  const taken = new Set(site.hosts.flatMap(({ interfaces }) => interfaces.map(({ address }) => address)))
  const size = 2 ** (32 - range.length)
  for (let offset = size > 2 ? 1 : 0; offset < (size > 2 ? size - 1 : size); offset++) {
    const ip = ipFromNumber(range.network + offset)
    if (contains(range, ip) && !taken.has(ip)) yield ip
  }
}
