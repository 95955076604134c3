/**
 * The part of the facade that makes and changes clusters. It knows no packet and imports no kernel, so a page can draw its first map before it has loaded what
 * packets need (`engine.ts`).
 */
import type { Pod } from './api/pod.ts'
import type { Problem } from './api/problem.ts'
import type { Source } from './api/yaml-source.ts'
import { type Cluster, emptyCluster, list } from './cluster/cluster.ts'
import { type ClusterConfig, defaultConfig, type LoadBalancerConfig, type Profile } from './cluster/config.ts'
import { PROXY_MODES, type ProxyMode, proxyModeOf, withFamilies } from './cluster/config.ts'
import type { IpFamily } from './net/ip.ts'
import { CLOUD_SITES } from './cluster/cloud/sites.ts'
import type { Cloud, Site } from './cluster/site.ts'
import { applyManifests, type ObjectChange } from './controllers/apply.ts'
import { type Edit, type EditChange, editCluster } from './controllers/edit.ts'
import { settle } from './controllers/settle.ts'
import { FRESH, type Runtime, withoutProgram } from './kernel/runtime.ts'

export interface Simulation {
  readonly cluster: Cluster
  readonly runtime: Runtime
  readonly seed: number
  /** How often each request was sent: the n-th of the same flow draws the same chance whatever else was sent before it. */
  readonly sent?: ReadonlyMap<string, number>
  /** Pods that edits removed: their names and addresses are not the next to be given again. */
  readonly gone?: readonly Pod[]
}

/** A file as a person gave it. */
export interface InputFile {
  readonly name: string
  readonly text: string
  /** What it says, where the full reader of YAML was needed. */
  readonly source?: Source
}

export interface StartOptions {
  readonly profile?: Profile
  readonly backend?: ClusterConfig['flannel']['backend']
  readonly mode?: ClusterConfig['proxy']['mode']
  /** Of IPVS mode. */
  readonly ipvs?: ClusterConfig['proxy']['ipvs']
  readonly masqueradeAll?: boolean
  /** What fulfils Services of type LoadBalancer; absent: what the installer of the profile brings along. */
  readonly loadBalancer?: LoadBalancerConfig['kind']
  /** Absent: IPv4 alone. */
  readonly ipFamilies?: readonly IpFamily[]
  readonly site?: Site
  /** A site of this cloud, with its balancers; `site` comes first. */
  readonly cloud?: Cloud
  readonly seed?: number
}

/** An empty cluster as an installer leaves it. */
export function start(options: StartOptions = {}): Simulation {
  const installed = defaultConfig(options.profile ?? 'kubeadm')
  const base = options.ipFamilies ? withFamilies(installed, options.ipFamilies) : installed
  const site = options.site ?? (options.cloud ? CLOUD_SITES[options.cloud] : base.site)
  const loadBalancer = options.loadBalancer ?? (site.cloud ? 'cloud' : undefined)
  const config: ClusterConfig = {
    ...base,
    flannel: { backend: options.backend ?? base.flannel.backend },
    proxy: {
      ...base.proxy,
      mode: options.mode ?? base.proxy.mode,
      masqueradeAll: options.masqueradeAll ?? base.proxy.masqueradeAll,
      ...(options.ipvs && { ipvs: options.ipvs }),
    },
    site,
    ...(loadBalancer && { loadBalancer: { kind: loadBalancer } }),
  }
  return { cluster: emptyCluster(config), runtime: FRESH, seed: options.seed ?? 1 }
}

/** Another configuration for the running cluster: controllers and agents act on it, and what packets left behind stays but for `become`. */
export const configure = (simulation: Simulation, config: ClusterConfig): Simulation =>
  become(simulation, settle({ ...simulation.cluster, config }))

/**
 * The same simulation with another cluster. Where kube-proxy is in another mode now it was restarted, and what its former mode kept in the kernel is
 * gone: affinity, connections of IPVS. Conntrack stays. Left out: v1.30 cleans up after itself between nftables and the others alone
 * (platformCleanup); between iptables and IPVS this is as after `kube-proxy --cleanup`.
 */
export function become(simulation: Simulation, cluster: Cluster): Simulation {
  const { config } = simulation.cluster
  const nodes = config.proxy === cluster.config.proxy ? [] : [...list(cluster, 'Node')].map(({ metadata }) => metadata.name)
  let { runtime } = simulation
  for (const mode of PROXY_MODES) {
    const left = new Set(nodes.filter((node) => proxyModeOf(config, node) === mode && proxyModeOf(cluster.config, node) !== mode))
    if (left.size > 0) runtime = withoutMode(runtime, mode, left)
  }
  return { ...simulation, cluster, runtime }
}

function withoutMode(runtime: Runtime, mode: ProxyMode, nodes: ReadonlySet<string>): Runtime {
  const at = (key: string, state: string): boolean => {
    const [netns = ''] = key.split(' ', 1)
    return nodes.has(netns) && key.slice(netns.length).startsWith(state)
  }
  switch (mode) {
    case 'iptables':
      return withoutProgram(runtime, 'recent', (key) => at(key, ' KUBE-'))
    case 'ipvs':
      return withoutProgram(runtime, 'ipvs', (key) => nodes.has(key))
    case 'userspace':
      return withoutProgram(runtime, 'relays', (key) => at(key, ' '))
    case 'nftables':
      return withoutProgram(runtime, 'nftSets', (key) => at(key, ' ip kube-proxy ') || at(key, ' ip6 kube-proxy '))
  }
}

export interface Applied {
  readonly simulation: Simulation
  readonly problems: readonly Problem[]
  readonly changes: readonly ObjectChange[]
}

/** Applies manifests, all or nothing: with an error among the problems the simulation is the one that came in. `nodes`: how many to make where there are none. */
export function apply(simulation: Simulation, files: readonly InputFile[], options: { readonly nodes?: number } = {}): Applied {
  const { cluster, problems, changes } = applyManifests(simulation.cluster, files, { nodes: options.nodes ?? 3 })
  return { simulation: { ...simulation, cluster }, problems, changes }
}

export type { Edit }

export interface Edited {
  readonly simulation: Simulation
  readonly problems: readonly Problem[]
  readonly changes: readonly EditChange[]
}

/** Changes, deletes and moves objects as a person with kubectl would, all or nothing. What packets left behind stays. */
export function edit(simulation: Simulation, edits: readonly Edit[], options: { readonly nodes?: number } = {}): Edited {
  const { cluster, problems, changes, gone } = editCluster(simulation.cluster, edits, {
    nodes: options.nodes ?? 3,
    ...(simulation.gone && { gone: simulation.gone }),
  })
  return { simulation: { ...simulation, cluster, gone }, problems, changes }
}
