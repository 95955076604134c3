import type { ManifestFile } from '../api/manifest.ts'
import type { Problem } from '../api/problem.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { type NodesOptions, withNodes } from '../cluster/nodes.ts'
import { type ObjectChange, storeManifests } from '../cluster/store.ts'
import { settle } from './settle.ts'

export interface ApplyOptions extends NodesOptions {
  /** How many nodes to make when there are none, in the cluster or in the manifests. Without it none are made. */
  readonly nodes?: number
}

export interface Applied {
  /** Settled; the cluster that came in when any problem is an error. */
  readonly cluster: Cluster
  readonly problems: readonly Problem[]
  readonly changes: readonly ObjectChange[]
}

/** `kubectl apply -f`, and everything that the control plane does about it until nothing is left to do. */
export function applyManifests(cluster: Cluster, files: readonly ManifestFile[], options: ApplyOptions = {}): Applied {
  const stored = storeManifests(cluster, files)
  if (stored.problems.some(({ severity }) => severity === 'error')) return { ...stored, cluster }
  return { ...stored, cluster: settle(withNodes(stored.cluster, options.nodes ?? 0, options)) }
}

export type { ObjectChange }
