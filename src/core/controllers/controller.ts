import type { Kind } from '../api/object.ts'
import type { Change, Cluster } from '../cluster/cluster.ts'

/**
 * Brings what it is responsible for to where it should be, from the state of the cluster alone. Pure: the same cluster gives the same changes, and none
 * when there is nothing to do. (Controllers that depend on time will get `now` as a further argument.)
 */
export interface Controller {
  readonly name: string
  /** Kinds whose objects decide the outcome. When none of them changed, it need not run: what is read but not named here goes stale. */
  readonly reads: readonly Kind[]
  /** Whether one namespace can be reconciled without looking at the others (cluster-scoped kinds count as a whole). */
  readonly scope: 'namespace' | 'cluster'
  /** `namespace` is the one to look at; empty where the scope is the cluster. */
  readonly reconcile: (cluster: Cluster, namespace: string) => readonly Change[]
}
