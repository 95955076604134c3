/**
 * Addresses of layer 7 load balancers: given from the pool of the host that balances, kept in the status of their Ingresses. AWS names its balancers and gives them addresses that no
 * object holds; the number that ends such a name stands for the address here, so that a name says where it leads.
 */
import type { Ingress } from '../../api/ingress.ts'
import { contains, parseCidr } from '../../net/cidr.ts'
import { type Ip, ipFromNumber, ipNumber, parseIpv4 } from '../../net/ip.ts'
import { poolAddresses } from '../cloud-pool.ts'
import { type Cluster, list } from '../cluster.ts'
import type { Site, SiteHost } from '../site.ts'

export type Scope = NonNullable<SiteHost['balances']>['scope']

/** The host whose load balancers are of a scope; undefined where the site has none. */
export const balancerHost = (site: Site, scope: Scope): SiteHost | undefined =>
  site.cloud && site.hosts.find(({ balances }) => balances?.scope === scope)

const DOMAIN = 'elb.amazonaws.com'
const REGION = 'us-east-1'

/** `k8s-default-shop-0123456789-3405803649.us-east-1.elb.amazonaws.com`. */
export const hostnameOf = (name: string, scope: Scope, address: Ip): string =>
  `${scope === 'internal' ? 'internal-' : ''}${name}-${ipNumber(address)}.${REGION}.${DOMAIN}`

function addressOfHostname(hostname: string): Ip | undefined {
  const number = new RegExp(`-(\\d{1,10})\\.[a-z0-9-]+\\.${DOMAIN.replaceAll('.', '\\.')}$`).exec(hostname)?.[1]
  return number !== undefined && Number(number) < 2 ** 32 ? ipFromNumber(Number(number)) : undefined
}

/** What the status says, as addresses. */
export const frontendAddresses = ({ status }: Ingress): readonly Ip[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => parseIpv4(ip ?? '') ?? addressOfHostname(hostname ?? '') ?? [])

/** Whether an address is of the pool of a host. */
export function isFrontend({ balances }: SiteHost, address: Ip): boolean {
  const range = parseCidr(balances?.pool ?? '')
  return range !== undefined && contains(range, address)
}

const NONE: readonly Ip[] = []
const known = new WeakMap<Cluster['objects']['Ingress'], Map<SiteHost, readonly Ip[]>>()

/** Every load balancer's address on a host, each once. The same list for the same Ingresses. */
export function frontendsOf(cluster: Cluster, host: SiteHost): readonly Ip[] {
  if (!host.balances || !cluster.config.site.cloud) return NONE
  const ingresses = cluster.objects.Ingress
  let ofHost = known.get(ingresses)
  if (!ofHost) known.set(ingresses, (ofHost = new Map()))
  let found = ofHost.get(host)
  if (!found) {
    const all = [...list(cluster, 'Ingress')].flatMap(frontendAddresses).filter((ip) => isFrontend(host, ip))
    ofHost.set(host, (found = [...new Set(all)]))
  }
  return found
}

/** Where a name of a load balancer leads, as the cloud's DNS says. */
export function resolvedName(cluster: Cluster, name: string): Ip | undefined {
  if (!name.endsWith(DOMAIN)) return undefined
  for (const { status } of list(cluster, 'Ingress'))
    for (const { hostname } of status?.loadBalancer?.ingress ?? []) if (hostname === name) return addressOfHostname(hostname)
  return undefined
}

/** Gives addresses of a host's pool that nobody has, lowest first. */
export class Frontends {
  readonly #taken: Set<string>
  readonly #site: Site

  constructor(cluster: Cluster) {
    this.#site = cluster.config.site
    const services = [...list(cluster, 'Service')].flatMap(({ status }) =>
      (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
    )
    this.#taken = new Set([...services, ...[...list(cluster, 'Ingress')].flatMap(frontendAddresses)])
  }

  next({ balances }: SiteHost): Ip | undefined {
    const range = parseCidr(balances?.pool ?? '')
    if (!range) return undefined
    for (const text of poolAddresses({ site: this.#site }, { range })) {
      const ip = parseIpv4(text)
      if (!ip || this.#taken.has(ip)) continue
      this.#taken.add(ip)
      return ip
    }
    return undefined
  }
}
