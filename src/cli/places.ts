import { type Cluster, get } from '../core/cluster/cluster.ts'
import type { NetnsId } from '../core/kernel/interface.ts'
import { type Owner, netnsOfPod, ownerOf } from '../core/node/netns-of.ts'
import { line } from './messages.ts'
import { UsageError } from './terminal.ts'

/** How people call a namespace: `default/web-1` for a pod's, else its own name. */
export function placeOf(cluster: Cluster, netns: NetnsId): string {
  const owner = ownerOf(cluster, netns)
  return owner?.kind === 'pod' ? `${owner.namespace}/${owner.name}` : netns
}

/** `node/N`, `pod/NS/NAME`, `external/H`, or the short forms `N`, `NS/NAME`, `H`. Throws UsageError when there is no such place. */
export function findPlace(cluster: Cluster, name: string): NetnsId {
  const owner = findOwner(cluster, name)
  const netns = owner.kind === 'pod' ? netnsOfPod(cluster, owner.namespace, owner.name) : (owner.name as NetnsId)
  if (netns === undefined) throw new UsageError(line('error.place', { name }))
  return netns
}

/** The same, where pods that share their node's namespace must be told from it. */
export function findOwner(cluster: Cluster, name: string): Owner {
  const parts = name.split('/')
  const [first = '', second = ''] = parts
  const long = parts.length === 3 && first === 'pod' ? parts.slice(1) : parts
  const found =
    parts.length === 2 && first === 'node'
      ? node(cluster, second)
      : parts.length === 2 && first === 'external'
        ? host(cluster, second)
        : long.length === 2
          ? pod(cluster, long[0] ?? '', long[1] ?? '')
          : (node(cluster, first) ?? host(cluster, first) ?? pod(cluster, 'default', first))
  if (!found) throw new UsageError(line('error.place', { name }))
  return found
}

const node = (cluster: Cluster, name: string): Owner | undefined => (get(cluster, 'Node', '', name) ? { kind: 'node', name } : undefined)

function host(cluster: Cluster, name: string): Owner | undefined {
  return cluster.config.site.hosts.some((each) => each.name === name) ? { kind: 'host', name } : undefined
}

/** One that runs: a pod without a sandbox is no place. */
function pod(cluster: Cluster, namespace: string, name: string): Owner | undefined {
  return netnsOfPod(cluster, namespace, name) === undefined ? undefined : { kind: 'pod', namespace, name }
}
