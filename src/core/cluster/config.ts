import type { IpFamily } from '../net/ip.ts'
import { DEFAULT_SITE, type Site } from './site.ts'

/** How the cluster was installed: what no API object says. */
export interface ClusterConfig {
  readonly profile: Profile
  /** Families of pods and Services, the primary one first; absent: IPv4 alone. What is not among them does not exist on any machine. */
  readonly ipFamilies?: readonly IpFamily[]
  readonly podCIDR: string
  readonly serviceCIDR: string
  /** The same of IPv6; absent: `POD_CIDR6` and `SERVICE_CIDR6` of the profile. */
  readonly podCIDR6?: string
  readonly serviceCIDR6?: string
  readonly flannel: { readonly backend: 'vxlan' | 'host-gw' }
  readonly proxy: ProxyConfig
  /** kubelet's hairpinMode: whether bridge ports reflect. */
  readonly hairpinMode: boolean
  /** Gates that are not at v1.30's default, or that the API server would have opened for what a manifest asks. */
  readonly featureGates?: {
    /** KEP-4444. Closed, spec.trafficDistribution is dropped; absent counts as open, although it was alpha in v1.30. */
    readonly ServiceTrafficDistribution?: boolean
  }
  /** Absent: what the installer brings along (`loadBalancerOf`). */
  readonly loadBalancer?: LoadBalancerConfig
  readonly site: Site
  readonly admin: AdminChanges
}

export type Profile = 'kubeadm' | 'k3s'

/** KubeProxyConfiguration, the fields that change rules. */
export interface ProxyConfig {
  readonly mode: ProxyMode
  /** Nodes whose kube-proxy runs in another mode: what a cluster is while somebody changes it over. */
  readonly nodeModes?: Readonly<Record<string, ProxyMode>>
  /** Absent: `rr`, without strictARP. */
  readonly ipvs?: { readonly scheduler: IpvsScheduler; readonly strictARP: boolean }
  readonly masqueradeAll: boolean
  readonly masqueradeBit: number
  readonly localhostNodePorts: boolean
  /** Whether kube-proxy runs on to answer health checks of Services. Absent: it does. */
  readonly healthServers?: boolean
  readonly nodePortAddresses: readonly string[]
  /** Empty: kube-proxy cannot tell pods from others (`--cluster-cidr` unset). */
  readonly clusterCIDR: string
}

export type ProxyMode = 'iptables' | 'ipvs' | 'nftables' | 'userspace'
export const PROXY_MODES: readonly ProxyMode[] = ['iptables', 'ipvs', 'nftables', 'userspace']

export type IpvsScheduler = 'rr' | 'wrr' | 'lc' | 'wlc' | 'dh' | 'sh' | 'sed' | 'nq'

/** How kube-proxy of a node runs. */
export const proxyModeOf = ({ proxy }: Pick<ClusterConfig, 'proxy'>, nodeName: string): ProxyMode =>
  proxy.nodeModes?.[nodeName] ?? proxy.mode

/** What fulfils Services of type LoadBalancer. Addresses that a manifest's status or the site's `announcements` give need none of these. */
export type LoadBalancerConfig =
  /** Nobody: they stay pending. */
  | { readonly kind: 'none' }
  /** k3s' ServiceLB: pods on every node that forward from a host port. */
  | { readonly kind: 'service-lb' }
  /** A balancer outside the cluster, which forwards to node ports of healthy nodes. */
  | {
      readonly kind: 'cloud'
      /** The host of the site that balances; absent: the nodes' default gateway. */
      readonly host?: string
      /** A prefix that addresses are taken from; absent: the upper sixteenth of a network that the host is on and the nodes are not. */
      readonly pool?: string
      /** What the status says of the addresses. With `Proxy`, traffic from inside the cluster goes out to the balancer too. */
      readonly ipMode?: 'VIP' | 'Proxy'
    }

/** kubeadm installs none, k3s its own. */
export const loadBalancerOf = ({ loadBalancer, profile }: Pick<ClusterConfig, 'loadBalancer' | 'profile'>): LoadBalancerConfig =>
  loadBalancer ?? { kind: profile === 'k3s' ? 'service-lb' : 'none' }

/** What a person changed by hand on nodes: mistakes, experiments. */
export interface AdminChanges {
  /** Per node, sysctl names as in sysctl(8). */
  readonly sysctls: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Per node, arguments of iptables(8): `-I INPUT -p udp -m udp --dport 8472 -j DROP`, `-P FORWARD DROP`; or `nft` and what nft(8) reads: `nft add table ip mine`. */
  readonly rules: Readonly<Record<string, readonly string[]>>
  /** Per namespace, arguments of `ip route replace`: `10.9.0.0/16 via 192.168.1.12`. Site hosts have their own `routes`. */
  readonly routes?: Readonly<Record<string, readonly string[]>>
}

export const POD_CIDR: Readonly<Record<Profile, string>> = { kubeadm: '10.244.0.0/16', k3s: '10.42.0.0/16' }
export const SERVICE_CIDR: Readonly<Record<Profile, string>> = { kubeadm: '10.96.0.0/12', k3s: '10.43.0.0/16' }

/** A /56 of pods, of which each node gets a /64, and as many Services as fit 16 bits: k3s' documented ranges, and ours for kubeadm, which has no default. */
export const POD_CIDR6: Readonly<Record<Profile, string>> = { kubeadm: 'fd00:10:244::/56', k3s: '2001:cafe:42::/56' }
export const SERVICE_CIDR6: Readonly<Record<Profile, string>> = { kubeadm: 'fd00:10:96::/112', k3s: '2001:cafe:43::/112' }

const IPV4_ONLY: readonly IpFamily[] = ['IPv4']
export const familiesOf = ({ ipFamilies }: Pick<ClusterConfig, 'ipFamilies'>): readonly IpFamily[] =>
  ipFamilies && ipFamilies.length > 0 ? ipFamilies : IPV4_ONLY
export const hasFamily = (config: Pick<ClusterConfig, 'ipFamilies'>, family: IpFamily): boolean => familiesOf(config).includes(family)

/** The pod network of a family. */
export const podCidrOf = ({ podCIDR, podCIDR6, profile }: ClusterConfig, family: IpFamily): string =>
  family === 'IPv4' ? podCIDR : (podCIDR6 ?? POD_CIDR6[profile])
export const serviceCidrOf = ({ serviceCIDR, serviceCIDR6, profile }: ClusterConfig, family: IpFamily): string =>
  family === 'IPv4' ? serviceCIDR : (serviceCIDR6 ?? SERVICE_CIDR6[profile])

/** The configuration with these families, pods of all of them known to kube-proxy as `--cluster-cidr`. */
export function withFamilies(config: ClusterConfig, ipFamilies: readonly IpFamily[]): ClusterConfig {
  const next = { ...config, ipFamilies }
  const usual = familiesOf(config)
    .map((family) => podCidrOf(config, family))
    .join(',')
  if (config.proxy.clusterCIDR !== usual) return next
  return { ...next, proxy: { ...config.proxy, clusterCIDR: ipFamilies.map((family) => podCidrOf(next, family)).join(',') } }
}

/** A cluster as its installer leaves it: vxlan, iptables mode, nothing changed by hand. */
export function defaultConfig(profile: Profile): ClusterConfig {
  return {
    profile,
    podCIDR: POD_CIDR[profile],
    serviceCIDR: SERVICE_CIDR[profile],
    flannel: { backend: 'vxlan' },
    proxy: {
      mode: 'iptables',
      masqueradeAll: false,
      masqueradeBit: 14,
      localhostNodePorts: true,
      nodePortAddresses: [],
      clusterCIDR: POD_CIDR[profile],
    },
    hairpinMode: true,
    site: DEFAULT_SITE,
    admin: { sysctls: {}, rules: {} },
  }
}
