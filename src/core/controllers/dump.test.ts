import { describe, expect, it } from 'vitest'
import { type Cluster, emptyCluster, get, list } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from './apply.ts'
import { type Edit, editCluster } from './edit.ts'

const uid = (n: number): string => `${n}1111111-1111-4111-8111-111111111111`
const MANAGED = 'endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io'
const NODE = `{apiVersion: v1, kind: Node, metadata: {name: n1, uid: "${uid(1)}"}, spec: {podCIDR: 10.244.0.0/24}, status: {addresses: [{type: InternalIP, address: 192.168.1.11}]}}`
const SERVICE = `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default, uid: "${uid(2)}"}, spec: {selector: {app: web}, clusterIP: 10.96.1.1, ports: [{port: 80, targetPort: 8080}]}}`
const pod = (name: string, ip: string): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: default, uid: "${uid(3)}", labels: {app: web}}, spec: {nodeName: n1, containers: [{name: c, image: x, ports: [{containerPort: 8080}]}]}, status: {phase: Running, podIP: ${ip}, conditions: [{type: Ready, status: "True"}]}}`
const slice = (name: string, labels: string, ...endpoints: readonly (readonly [pod: string, ip: string])[]): string =>
  `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${name}, namespace: default, uid: "${uid(4)}", generateName: web-, labels: {kubernetes.io/service-name: web${labels}}}, addressType: IPv4, ports: [{name: "", port: 8080, protocol: TCP}], endpoints: [${endpoints.map(([each, ip]) => `{addresses: [${ip}], conditions: {ready: true}, nodeName: n1, targetRef: {kind: Pod, name: ${each}, namespace: default}}`).join(', ')}]}`
const endpoints = (...ips: readonly string[]): string =>
  `{apiVersion: v1, kind: Endpoints, metadata: {name: web, namespace: default, uid: "${uid(5)}"}, subsets: [{addresses: [${ips.map((ip) => `{ip: ${ip}, nodeName: n1}`).join(', ')}], ports: [{port: 8080, protocol: TCP}]}]}`

const [A, B] = [
  ['a', '10.244.0.5'],
  ['b', '10.244.0.6'],
] as const
const opened = (...documents: readonly string[]): Cluster =>
  applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'dump.yaml', text: documents.join('\n---\n') }], { nodes: 0 }).cluster
const without = (cluster: Cluster, name: string): Cluster => {
  const edits: readonly Edit[] = [{ op: 'delete', kind: 'Pod', namespace: 'default', name }]
  return editCluster(cluster, edits, {}).cluster
}
const slices = (cluster: Cluster): readonly string[] =>
  [...list(cluster, 'EndpointSlice')]
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web')
    .map((each) => `${each.metadata.name} ${each.endpoints?.map(({ addresses }) => addresses[0]).join(' ')}`)
const addresses = (cluster: Cluster) =>
  get(cluster, 'Endpoints', 'default', 'web')?.subsets?.flatMap((one) => one.addresses?.map(({ ip }) => ip))

const dump = [NODE, SERVICE, pod(...A), pod(...B)]

describe('slices and endpoints of a dump', () => {
  it('stay as they are while they are right', () => {
    const cluster = opened(...dump, slice('web-abcde', `, ${MANAGED}`, B, A), endpoints('10.244.0.6', '10.244.0.5'))
    expect(slices(cluster)).toEqual(['web-abcde 10.244.0.6 10.244.0.5'])
    expect(addresses(cluster)).toEqual(['10.244.0.6', '10.244.0.5'])
  })

  it('lose a pod that is deleted, under the same name and uid', () => {
    const cluster = without(opened(...dump, slice('web-abcde', `, ${MANAGED}`, A, B), endpoints('10.244.0.5', '10.244.0.6')), 'a')
    expect(slices(cluster)).toEqual(['web-abcde 10.244.0.6'])
    expect(get(cluster, 'EndpointSlice', 'default', 'web-abcde')?.metadata.uid).toBe(uid(4))
    expect(addresses(cluster)).toEqual(['10.244.0.6'])
    expect(get(cluster, 'Endpoints', 'default', 'web')?.metadata.uid).toBe(uid(5))
    expect(slices(without(cluster, 'b'))).toEqual([])
  })

  it('are kept up beside those whose pods are not in the dump', () => {
    const cluster = opened(...dump, slice('web-abcde', `, ${MANAGED}`, A, B), slice('web-fghij', `, ${MANAGED}`, ['c', '10.244.0.7']))
    expect(slices(without(cluster, 'a'))).toEqual(['web-abcde 10.244.0.6', 'web-fghij 10.244.0.7'])
  })

  it('written by hand are nobody else’s', () => {
    const cluster = without(opened(...dump, slice('by-hand', '', A, B)), 'a')
    expect(slices(cluster)).toEqual(['by-hand 10.244.0.5 10.244.0.6'])
  })
})
