import { type Cluster, transact } from '../../core/cluster/cluster.ts'
import { start } from '../../core/engine.ts'

/** A node, and pods `many-0` and on, with addresses from 10.0.0.0 and on. */
export function bigCluster(pods: number): Cluster {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: {}, status: {} } as const
  const address = (index: number) => `10.0.${index >> 8}.${index & 255}`
  return transact(start().cluster, [
    { op: 'put', object: node },
    ...Array.from({ length: pods }, (_, index) => ({
      op: 'put' as const,
      object: {
        apiVersion: 'v1' as const,
        kind: 'Pod' as const,
        metadata: { name: `many-${index}`, namespace: 'default' },
        spec: { containers: [] },
        status: { phase: 'Running' as const, podIP: address(index) },
      },
    })),
  ])
}
