import { describe, expect, it } from 'vitest'
import { type Cluster, emptyCluster, get, list } from '../cluster/cluster.ts'
import { defaultConfig, type Profile, withFamilies } from '../cluster/config.ts'
import type { IpFamily } from '../net/ip.ts'
import { applyManifests } from './apply.ts'

const POD =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: c, image: nginx, ports: [{containerPort: 8080}]}]}\n'
const service = (rest: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]${rest}}\n`

const applied = (families: readonly IpFamily[], text: string, profile: Profile = 'kubeadm', nodes = 2) =>
  applyManifests(emptyCluster(withFamilies(defaultConfig(profile), families)), [{ name: 'm', text: `${POD}---\n${text}` }], { nodes })

const specOf = (cluster: Cluster) => get(cluster, 'Service', 'default', 'web')?.spec
const slicesOf = (cluster: Cluster) =>
  [...list(cluster, 'EndpointSlice')]
    .filter(({ metadata }) => metadata.name.startsWith('web-'))
    .map((slice) => [slice.addressType, slice.endpoints?.[0]?.addresses[0]])

describe('families of a Service', () => {
  it.each<[string, readonly IpFamily[], string, readonly IpFamily[], string]>([
    ['the only one of the cluster', ['IPv6'], '', ['IPv6'], 'SingleStack'],
    ['the first one of the cluster', ['IPv6', 'IPv4'], '', ['IPv6'], 'SingleStack'],
    ['both when preferred', ['IPv4', 'IPv6'], ', ipFamilyPolicy: PreferDualStack', ['IPv4', 'IPv6'], 'PreferDualStack'],
    ['one when only that exists', ['IPv4'], ', ipFamilyPolicy: PreferDualStack', ['IPv4'], 'PreferDualStack'],
    [
      'the given one first',
      ['IPv4', 'IPv6'],
      ', ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6]',
      ['IPv6', 'IPv4'],
      'RequireDualStack',
    ],
    ['that of the address', ['IPv4', 'IPv6'], ", clusterIP: 'fd00:10:96::77'", ['IPv6'], 'SingleStack'],
  ])('%s', (_, families, rest, ipFamilies, policy) => {
    const { cluster, problems } = applied(families, service(rest))
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    const spec = specOf(cluster)
    expect([spec?.ipFamilies, spec?.ipFamilyPolicy]).toEqual([ipFamilies, policy])
    expect(spec?.clusterIPs?.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'))).toEqual(ipFamilies)
    expect(new Set(slicesOf(cluster).map(([family]) => family))).toEqual(new Set(ipFamilies))
    expect(slicesOf(cluster)).toHaveLength(ipFamilies.length)
  })

  it.each([
    [', ipFamilyPolicy: RequireDualStack', 'this cluster is not configured for dual-stack services'],
    [', ipFamilies: [IPv6]', 'not configured on this cluster'],
  ])('%s is more than a cluster of IPv4 has, which is said', (rest, message) => {
    expect(
      applied(['IPv4'], service(rest)).problems.some((problem) => problem.severity === 'warning' && problem.message.includes(message)),
    ).toBe(true)
  })
})

it('gives nodes and pods an address of each family', () => {
  const { cluster } = applied(['IPv4', 'IPv6'], service(''))
  const nodes = [...list(cluster, 'Node')]
  expect(nodes.map(({ spec }) => spec.podCIDRs)).toEqual([
    ['10.244.0.0/24', 'fd00:10:244::/64'],
    ['10.244.1.0/24', 'fd00:10:244:1::/64'],
  ])
  expect(nodes[0]?.status.addresses?.map(({ address }) => address)).toEqual(['192.168.1.11', 'fd00:192:168:1::b', 'node-1'])
  const pod = get(cluster, 'Pod', 'default', 'web')
  expect(pod?.status.podIPs?.map(({ ip }) => ip.includes(':'))).toEqual([false, true])
  expect(pod?.status.podIP).toBe(pod?.status.podIPs?.[0]?.ip)
})

it('has nothing of IPv4 in a cluster of IPv6', () => {
  const { cluster } = applied(['IPv6'], service(''), 'k3s')
  expect(get(cluster, 'Service', 'default', 'kubernetes')?.spec.clusterIP).toBe('2001:cafe:43::1')
  const texts = [...list(cluster, 'Node'), ...list(cluster, 'Pod'), ...list(cluster, 'EndpointSlice')].map((object) =>
    JSON.stringify(object),
  )
  expect(texts.filter((text) => /\d+\.\d+\.\d+\.\d+/.test(text))).toEqual([])
})

it('widens the pod network for more nodes than a /56 holds', () => {
  const { cluster } = applied(['IPv6'], service(''), 'kubeadm', 300)
  const nodes = [...list(cluster, 'Node')]
  expect(cluster.config.podCIDR6).toBe('fd00:10:244::/55')
  expect(new Set(nodes.map(({ spec }) => spec.podCIDR)).size).toBe(300)
  expect(nodes.at(-1)?.spec.podCIDR).toBe('fd00:10:244:12b::/64')
})
