import { type EndpointSlice, SERVICE_NAME_LABEL } from '../../core/api/endpointslice.ts'
import type { Node } from '../../core/api/node.ts'
import type { ApiObject } from '../../core/api/object.ts'
import type { Pod } from '../../core/api/pod.ts'
import type { Service } from '../../core/api/service.ts'
import { type Cluster, emptyCluster, transact } from '../../core/cluster/cluster.ts'
import { defaultConfig, type ProxyMode } from '../../core/cluster/config.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { ipFromNumber, ipNumber, parseIp } from '../../core/net/ip.ts'

const NODES = 10
const PODS_PER_NODE = 100
const PORT = 8080
const CLIENT = 'client'
export const CLIENT_NETNS = `p-default-${CLIENT}` as NetnsId

/**
 * A settled cluster of `services` Services with `endpoints` endpoints each. Endpoints are spread over 1,000 pods on 10 nodes, so that a packet to any of
 * them arrives; the rules are those of as many pods as there are endpoints. Every call makes new objects, which no cache knows.
 */
export function bigCluster(services: number, endpoints: number, mode: ProxyMode = 'iptables'): Cluster {
  const objects: ApiObject[] = []
  for (let i = 0; i < NODES; i++) objects.push(node(i))
  for (let i = 0; i < NODES * PODS_PER_NODE; i++) objects.push(pod(`pod-${i}`, i % NODES, Math.floor(i / NODES)))
  objects.push(pod(CLIENT, 0, PODS_PER_NODE))
  for (let i = 0; i < services; i++) objects.push(service(i), slice(i, endpoints, 0))
  const config = defaultConfig('kubeadm')
  return transact(
    emptyCluster({ ...config, proxy: { ...config.proxy, mode } }),
    objects.map((object) => ({ op: 'put', object })),
  )
}

/** The same cluster after one Service lost an endpoint and got another. */
export function withOneEndpointChanged(cluster: Cluster, index: number, endpoints: number, shift: number): Cluster {
  return transact(cluster, [{ op: 'put', object: slice(index, endpoints, shift) }])
}

const SERVICE_BASE = ipNumber(parseIp('10.96.1.0') ?? fault())
function fault(): never {
  throw new Error('not an address')
}

export const serviceIp = (index: number) => ipFromNumber(SERVICE_BASE + index)

function node(index: number): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${index}` },
    spec: { podCIDR: `10.244.${index}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `192.168.1.${11 + index}` }] },
  }
}

const podIp = (node: number, ordinal: number): string => `10.244.${node}.${2 + ordinal}`

function pod(name: string, node: number, ordinal: number): Pod {
  const ip = podIp(node, ordinal)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName: `node-${node}`, containers: [{ name: 'main', ports: [{ containerPort: PORT, protocol: 'TCP' }] }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function service(index: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `service-${index}`, namespace: 'default' },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceIp(index),
      clusterIPs: [serviceIp(index)],
      ports: [{ name: 'http', port: 80, targetPort: PORT, protocol: 'TCP' }],
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
    },
  }
}

function slice(index: number, endpoints: number, shift: number): EndpointSlice {
  const first = index * endpoints + shift
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `service-${index}-slice`, namespace: 'default', labels: { [SERVICE_NAME_LABEL]: `service-${index}` } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: PORT, protocol: 'TCP' }],
    endpoints: Array.from({ length: endpoints }, (_, i) => {
      const at = (first + i) % (NODES * PODS_PER_NODE)
      return {
        addresses: [podIp(at % NODES, Math.floor(at / NODES))],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: `node-${at % NODES}`,
        targetRef: { kind: 'Pod', namespace: 'default', name: `pod-${at}` },
      }
    }),
  }
}
