import type { ApiObject } from '../../src/core/api/object.ts'
import type { Pod } from '../../src/core/api/pod.ts'
import { type Cluster, emptyCluster, transact } from '../../src/core/cluster/cluster.ts'
import { defaultConfig } from '../../src/core/cluster/config.ts'
import { type Ip, ipFromNumber, ipNumber } from '../../src/core/net/ip.ts'
import { buildScene } from '../../src/scene/build.ts'
import { patched } from '../../src/scene/patch.ts'
import { patchOf } from '../../src/scene/touched-rooms.ts'

const RUNS = 15

/** Times of laying out a large cluster: from nothing, and from the scene before after one pod became not ready, at both ends of the line. */
export function layouts(nodes: number, podsPerNode: number, clock: () => number): { again: readonly number[]; changed: readonly number[] } {
  let cluster = clusterOf(nodes, podsPerNode)
  const again: number[] = []
  const changed: number[] = []
  let previous = buildScene(cluster)
  for (let run = 0; run < RUNS; run++) {
    let start = clock()
    buildScene(cluster)
    again.push(clock() - start)
    const before = cluster
    cluster = transact(cluster, [{ op: 'put', object: pod(run % nodes, 0, podsPerNode, 'False') }])
    start = clock()
    const patch = patchOf(previous, before, cluster)
    previous = patch ? patched(previous, patch) : buildScene(cluster, { previous })
    changed.push(clock() - start)
  }
  return { again, changed }
}

export function clusterOf(nodes: number, podsPerNode: number): Cluster {
  const objects: ApiObject[] = []
  for (let n = 0; n < nodes; n++) objects.push(node(n))
  for (let k = 0; k < podsPerNode; k++) for (let n = 0; n < nodes; n++) objects.push(pod(n, k, podsPerNode, 'True'))
  return transact(
    emptyCluster(defaultConfig('kubeadm')),
    objects.map((object) => ({ op: 'put', object })),
  )
}

const address = (base: string, offset: number): Ip => ipFromNumber(ipNumber(base as Ip) + offset)

function node(n: number): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${n}` },
    spec: {},
    status: { addresses: [{ type: 'InternalIP', address: address('172.16.0.1', n) }] },
  }
}

function pod(n: number, k: number, podsPerNode: number, ready: 'True' | 'False'): Pod {
  const index = n * podsPerNode + k
  const app = `app-${index % 300}`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: `team-${index % 20}`, name: `${app}-${(index * 7919).toString(36)}-x${k}`, labels: { app } },
    spec: { nodeName: `node-${n}`, containers: [{ name: 'main' }] },
    status: { phase: 'Running', podIP: address('10.0.0.0', n * 256 + 2 + k), conditions: [{ type: 'Ready', status: ready }] },
  }
}
