import type { Problem } from '../../core/api/problem.ts'
import { type Cluster, emptyCluster } from '../../core/cluster/cluster.ts'
import { type ClusterConfig, defaultConfig, PROXY_MODES } from '../../core/cluster/config.ts'
import { SCHEDULERS } from '../../core/kernel/ipvs/ipvs.ts'
import { applyManifests } from '../../core/controllers/apply.ts'
import type { Scenario } from './format.ts'

type Setup = Omit<Scenario, 'probes'>

/** The settled cluster of a scenario or rules case, with all that its author changed by hand. */
export function clusterOf(scenario: Setup): { readonly cluster: Cluster; readonly problems: readonly Problem[] } {
  const file = { name: `${scenario.name}/objects`, text: JSON.stringify({ apiVersion: 'v1', kind: 'List', ...scenario.objects }) }
  return applyManifests(emptyCluster(configOf(scenario)), [file])
}

function configOf(scenario: Setup): ClusterConfig {
  const config = defaultConfig(scenario.profile ?? 'kubeadm')
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
