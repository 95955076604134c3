import type { Pod } from '../../core/api/pod.ts'
import type { ApiObject } from '../../core/api/object.ts'
import { type Cluster, emptyCluster, transact } from '../../core/cluster/cluster.ts'
import type { ClusterConfig } from '../../core/cluster/config.ts'
import type { Site } from '../../core/cluster/site.ts'

/** A cluster in a few words: per node, its pods; `=` after a name puts the pod on the host's network, `!` makes it not ready, `~` terminating. */
export interface SmallCluster {
  readonly nodes: Readonly<Record<string, string>>
  readonly pending?: string
  readonly backend?: 'vxlan' | 'host-gw'
  readonly proxy?: Pick<ClusterConfig['proxy'], 'mode' | 'nodeModes'>
  readonly site?: Site
}

export function smallCluster({ nodes, pending = '', backend = 'vxlan', proxy = { mode: 'iptables' }, site = OFFICE }: SmallCluster): Cluster {
  const objects: ApiObject[] = []
  for (const [index, [name, pods]] of Object.entries(nodes).entries()) {
    const address = `192.168.1.${11 + index}`
    objects.push({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {}, status: { addresses: [{ type: 'InternalIP', address }] } })
    for (const [k, word] of words(pods).entries()) objects.push(pod(word, name, word.endsWith('=') ? address : `10.244.${index}.${2 + k}`))
  }
  for (const word of words(pending)) objects.push(pod(word, undefined, undefined))
  const config = { profile: 'kubeadm', flannel: { backend }, proxy, site } as unknown as ClusterConfig
  return transact(emptyCluster(config), objects.map((object) => ({ op: 'put', object })))
}

const words = (text: string): readonly string[] => text.split(' ').filter(Boolean)

function pod(word: string, nodeName: string | undefined, podIP: string | undefined): Pod {
  const name = word.replace(/[=!~]$/, '')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, labels: { app: name.replace(/-\w+$/, '') }, ...(word.endsWith('~') ? { deletionTimestamp: '2024-01-01T00:00:00Z' } : {}) },
    spec: { ...(nodeName === undefined ? {} : { nodeName }), hostNetwork: word.endsWith('='), containers: [{ name: 'main' }] },
    status: { phase: nodeName === undefined ? 'Pending' : 'Running', ...(podIP === undefined ? {} : { podIP }), conditions: [{ type: 'Ready', status: word.endsWith('!') || nodeName === undefined ? 'False' : 'True' }] },
  }
}

const host = (name: string, role: 'router' | 'client', ports: readonly (readonly [string, string, string])[]): Site['hosts'][number] => ({
  name,
  role,
  interfaces: ports.map(([dev, network, address]) => ({ name: dev, network, address })),
  routes: [],
  forwards: role === 'router',
  listens: [],
})

/** A client and a router on the node network, a server behind the router. */
export const OFFICE: Site = {
  name: 'office',
  networks: [
    { name: 'lan', cidr: '192.168.1.0/24', mtu: 1500 },
    { name: 'wan', cidr: '203.0.113.0/24', mtu: 1500 },
  ],
  hosts: [
    host('gate', 'router', [['eth0', 'lan', '192.168.1.1'], ['eth1', 'wan', '203.0.113.1']]),
    host('desk', 'client', [['eth0', 'lan', '192.168.1.100']]),
    host('far', 'client', [['eth0', 'wan', '203.0.113.10']]),
  ],
  nodeNetwork: 'lan',
  nodeGateway: '192.168.1.1',
  announcements: {},
  announceTo: [],
}
