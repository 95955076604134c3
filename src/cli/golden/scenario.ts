import type { Problem } from '../../core/api/problem.ts'
import { type Cluster, emptyCluster } from '../../core/cluster/cluster.ts'
import { type ClusterConfig, defaultConfig } from '../../core/cluster/config.ts'
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
  const { mode: _, ...proxy } = scenario.proxy ?? {}
  return {
    ...config,
    flannel: { backend: scenario.flannel?.backend === 'host-gw' ? 'host-gw' : 'vxlan' },
    proxy: { ...config.proxy, ...proxy, healthServers: false },
    hairpinMode: scenario.hairpinMode ?? config.hairpinMode,
    loadBalancer: { kind: 'none' },
    site: { ...config.site, announcements: { ...config.site.announcements, ...scenario.lb } },
    admin: { sysctls: scenario.sysctls ?? {}, rules: scenario.extraRules ?? {}, routes: scenario.routes ?? {} },
  }
}
