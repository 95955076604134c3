import { expect, test } from 'vitest'
import { emptyCluster, transact } from '../cluster/cluster.ts'
import { type ClusterConfig, defaultConfig } from '../cluster/config.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { configProblems } from './config-problems.ts'
import { network } from './network.ts'

const base = defaultConfig('kubeadm')
const [router, ...others] = base.site.hosts
const clusterOf = (config: Partial<ClusterConfig>) =>
  transact(emptyCluster({ ...base, ...config }), [
    {
      op: 'put',
      object: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node-1' },
        spec: { podCIDR: '10.244.0.0/24' },
        status: { addresses: [{ type: 'InternalIP', address: '192.168.1.11' }] },
      },
    },
  ])
const admin = (change: Partial<ClusterConfig['admin']>): Partial<ClusterConfig> => ({ admin: { sysctls: {}, rules: {}, ...change } })

test.each<[string, Partial<ClusterConfig>, string[]]>([
  ['nothing', {}, []],
  [
    'an unknown sysctl',
    admin({ sysctls: { 'node-1': { 'net.ipv4.conf.eth0.rp_filter': 1 } } }),
    ['admin.sysctls.node-1: sysctl net.ipv4.conf.eth0.rp_filter is not simulated'],
  ],
  [
    'a value that the kernel refuses',
    admin({ sysctls: { 'node-1': { 'net.ipv4.conf.all.rp_filter': 7 } } }),
    ['admin.sysctls.node-1: net.ipv4.conf.all.rp_filter: Invalid argument 7'],
  ],
  [
    'a balancer on a host that is not there',
    { loadBalancer: { kind: 'cloud', host: 'nowhere' } },
    ['loadBalancer.host: there is no host nowhere in the site'],
  ],
  [
    'a pool that is no prefix',
    { loadBalancer: { kind: 'cloud', pool: '10.0.0.1-9' } },
    ['loadBalancer.pool: "10.0.0.1-9" is not a prefix'],
  ],
  [
    'a node that is not there',
    admin({ sysctls: { 'node-7': {} }, rules: { 'node-8': [] } }),
    ['admin.sysctls.node-7: there is no node node-7', 'admin.rules.node-8: there is no node node-8'],
  ],
  ['the second of two rules', admin({ rules: { 'node-1': ['-P FORWARD DROP', '-A NOWHERE -j DROP'] } }), ['admin.rules.node-1[1]: ']],
  [
    'a route without device',
    admin({ routes: { 'node-1': ['10.0.0.0/8 via 172.16.0.1'] } }),
    ['admin.routes.node-1[0]: Nexthop has invalid gateway.'],
  ],
  ['a route of nobody', admin({ routes: { nobody: [] } }), ['admin.routes.nobody: there is no network namespace nobody']],
  [
    "a site's route and announcement",
    {
      site: {
        ...base.site,
        announcements: { '192.0.2.10': 'node-9', lb: 'node-1' },
        hosts: [{ ...(router as NonNullable<typeof router>), routes: ['default dev eth9'] }, ...others],
      },
    },
    [
      'site.hosts.router.routes[0]: Cannot find device "eth9"',
      'site.announcements.192.0.2.10: there is no node node-9',
      'site.announcements.lb: "lb" is not an address',
    ],
  ],
])('%s', (_, config, problems) => {
  const found = configProblems(clusterOf(config)).map(({ path, message }) => `${path}: ${message}`)
  expect(found.map((text, i) => text.slice(0, problems[i]?.length ?? 0))).toEqual(problems)
  expect(found.length).toBe(problems.length)
})

test('what is accepted is applied', () => {
  const net = network(
    clusterOf({
      admin: {
        sysctls: { 'node-1': { 'net.ipv4.ip_forward': 0, 'net/bridge/bridge-nf-call-iptables': 0, 'net.ipv4.ip_default_ttl': 32 } },
        rules: { 'node-1': ['-P FORWARD DROP', '-t raw -A PREROUTING -p udp -j NOTRACK'] },
        routes: { client: ['10.244.0.0/16 via 192.168.1.11'] },
      },
    }),
  )
  const node = net.netns('node-1' as NetnsId)
  expect(node?.sysctls).toMatchObject({ ipForward: false, bridgeNfCallIptables: false, defaultTtl: 32 })
  expect(node?.ruleset.tables.get('filter')?.chain('FORWARD')?.policy).toBe('DROP')
  expect(node?.ruleset.tables.get('raw')?.chain('PREROUTING')).toMatchObject({ length: 1, registered: true })
  expect(
    net
      .netns('client' as NetnsId)
      ?.tables.get(254)
      ?.map(({ via }) => via),
  ).toContain('192.168.1.11')
})
