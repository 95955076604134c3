import type { Problem } from '../../core/api/problem.ts'
import { type Cluster, emptyCluster } from '../../core/cluster/cluster.ts'
import { type ClusterConfig, defaultConfig, PROXY_MODES, withFamilies } from '../../core/cluster/config.ts'
import type { Site } from '../../core/cluster/site.ts'
import { SCHEDULERS } from '../../core/kernel/ipvs/ipvs.ts'
import { applyManifests } from '../../core/controllers/apply.ts'
import { contains, hostCidr, parseCidr } from '../../core/net/cidr.ts'
import { ANY6, type Ip, parseIp } from '../../core/net/ip.ts'
import { ipFromWords, ipWords } from '../../core/net/ip6.ts'
import type { Scenario } from './format.ts'

type Setup = Omit<Scenario, 'probes'>

/** The settled cluster of a scenario or rules case, with all that its author changed by hand. */
export function clusterOf(scenario: Setup): { readonly cluster: Cluster; readonly problems: readonly Problem[] } {
  const file = { name: `${scenario.name}/objects`, text: JSON.stringify({ apiVersion: 'v1', kind: 'List', ...scenario.objects }) }
  return applyManifests(emptyCluster(configOf(scenario)), [file])
}

function configOf(scenario: Setup): ClusterConfig {
  const config = configOfFamilies(scenario)
  const { mode: asked, scheduler: wanted, strictARP = false, ...proxy } = scenario.proxy ?? {}
  const mode = PROXY_MODES.find((each) => each === asked) ?? config.proxy.mode
  const scheduler = SCHEDULERS.find((each) => each === wanted) ?? 'rr'
  return {
    ...config,
    flannel: { backend: scenario.flannel?.backend === 'host-gw' ? 'host-gw' : 'vxlan' },
    proxy: { ...config.proxy, ...proxy, mode, ipvs: { scheduler, strictARP }, healthServers: false },
    hairpinMode: scenario.hairpinMode ?? config.hairpinMode,
    loadBalancer: { kind: 'none' },
    featureGates: { ServiceTrafficDistribution: false },
    site: { ...config.site, announcements: { ...config.site.announcements, ...scenario.lb } },
    admin: { sysctls: scenario.sysctls ?? {}, rules: scenario.extraRules ?? {}, routes: scenario.routes ?? {} },
  }
}

/** The site's and the profile's own networks, unless the scenario names others. */
function configOfFamilies({ profile = 'kubeadm', ipFamilies, network6 }: Setup): ClusterConfig {
  const config = defaultConfig(profile)
  const families = (ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6')
  if (!families.includes('IPv6')) return config
  const { podCIDR: podCIDR6, svcCIDR: serviceCIDR6, lan, inet } = network6 ?? {}
  const ranges = { ...(podCIDR6 !== undefined && { podCIDR6 }), ...(serviceCIDR6 !== undefined && { serviceCIDR6 }) }
  return withFamilies({ ...config, ...ranges, site: siteOf(config.site, { fabric: lan, uplink: inet }) }, families)
}

/** The site on other IPv6 networks: hosts keep what is theirs of an address. */
function siteOf(site: Site, prefixes: Readonly<Record<string, string | undefined>>): Site {
  const moved = (network: string, address: string | undefined): string | undefined => {
    const [base, own] = [parseCidr(`${prefixes[network] ?? ''}/64`), parseIp(address ?? '')]
    if (!base?.wide || !own) return address
    const [, , high, low] = ipWords(own)
    return ipFromWords([base.wide.network[0], base.wide.network[1], high, low])
  }
  const replaced = (text: string): string => {
    const [before = '', via] = text.split(' via ')
    const network = site.networks.find(({ cidr6 }) => via !== undefined && contains(parseCidr(cidr6 ?? '') ?? NOWHERE, via as Ip))?.name
    return network === undefined || via === undefined ? text : `${before} via ${moved(network, via) ?? via}`
  }
  const nodeGateway6 = moved(site.nodeNetwork, site.nodeGateway6)
  return {
    ...site,
    networks: site.networks.map((one) => ({ ...one, ...(prefixes[one.name] && { cidr6: `${prefixes[one.name]}/64` }) })),
    hosts: site.hosts.map((host) => ({
      ...host,
      interfaces: host.interfaces.map((port) => {
        const address6 = moved(port.network, port.address6)
        return { ...port, ...(address6 !== undefined && { address6 }) }
      }),
      routes: host.routes.map(replaced),
    })),
    ...(nodeGateway6 !== undefined && { nodeGateway6 }),
  }
}

const NOWHERE = hostCidr(ANY6)
