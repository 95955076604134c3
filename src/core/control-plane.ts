/**
 * The part of the facade that makes and changes clusters. It knows no packet and imports no kernel, so a page can draw its first map before it has loaded what
 * packets need (`engine.ts`).
 */
import type { Pod } from './api/pod.ts'
import type { Problem } from './api/problem.ts'
import type { Source } from './api/yaml-source.ts'
import { type Cluster, emptyCluster } from './cluster/cluster.ts'
import { type ClusterConfig, defaultConfig, withFamilies, type LoadBalancerConfig, type Profile } from './cluster/config.ts'
import type { IpFamily } from './net/ip.ts'
import type { Site } from './cluster/site.ts'
import { applyManifests, type ObjectChange } from './controllers/apply.ts'
import { type Edit, type EditChange, editCluster } from './controllers/edit.ts'
import { settle } from './controllers/settle.ts'
import { FRESH, type Runtime } from './kernel/runtime.ts'

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
  readonly seed?: number
}

/** An empty cluster as an installer leaves it. */
export function start(options: StartOptions = {}): Simulation {
  const installed = defaultConfig(options.profile ?? 'kubeadm')
  const base = options.ipFamilies ? withFamilies(installed, options.ipFamilies) : installed
  const config: ClusterConfig = {
    ...base,
    flannel: { backend: options.backend ?? base.flannel.backend },
    proxy: {
      ...base.proxy,
      mode: options.mode ?? base.proxy.mode,
      masqueradeAll: options.masqueradeAll ?? base.proxy.masqueradeAll,
      ...(options.ipvs && { ipvs: options.ipvs }),
    },
    site: options.site ?? base.site,
    ...(options.loadBalancer && { loadBalancer: { kind: options.loadBalancer } }),
  }
  return { cluster: emptyCluster(config), runtime: FRESH, seed: options.seed ?? 1 }
}

/** Another configuration for the running cluster: controllers and agents act on it, what packets left behind stays. */
export function configure(simulation: Simulation, config: ClusterConfig): Simulation {
  return { ...simulation, cluster: settle({ ...simulation.cluster, config }) }
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
