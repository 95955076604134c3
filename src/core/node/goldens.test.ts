import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { ApiObject } from '../api/object.ts'
import { type Cluster, emptyCluster, list, transact } from '../cluster/cluster.ts'
import { type ClusterConfig, defaultConfig, type Profile } from '../cluster/config.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { saveRuleset } from '../kernel/netfilter/save.ts'
import type { NetworkNamespace, Route } from '../kernel/netns.ts'
import { printCidr } from '../net/cidr.ts'
import { network } from './network.ts'
import { restoreText, rulesetOf } from './ruleset.ts'

/** Recordings of the real agents on a real kernel, when a checkout of them lies beside this repository. */
const GOLDENS = fileURLToPath(new URL('../../../../shared/goldens/open/', import.meta.url))
const present = existsSync(GOLDENS)
if (!present) console.info(`node goldens: none at ${GOLDENS}, nothing compared`)

const ELSEWHERE = /^(ipvs|nftables|v6|hostport-v6)/
const folders = (path: string): readonly string[] =>
  present ? readdirSync(`${GOLDENS}${path}`, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])) : []
const text = (path: string): string => readFileSync(`${GOLDENS}${path}`, 'utf8')
const json = <T>(path: string): T => JSON.parse(text(path)) as T

interface Setup {
  readonly profile: Profile
  readonly flannel?: ClusterConfig['flannel']
  readonly proxy?: Partial<ClusterConfig['proxy']>
  readonly hairpinMode?: boolean
  readonly lb?: Readonly<Record<string, string>>
  readonly routes?: Readonly<Record<string, readonly string[]>>
  readonly sysctls?: ClusterConfig['admin']['sysctls']
  readonly extraRules?: ClusterConfig['admin']['rules']
  readonly objects: { readonly items: readonly ApiObject[] }
}

/** With the EndpointSlices as kube-proxy got them. */
function clusterOf(folder: string, file: string): Cluster {
  const setup = json<Setup>(`${folder}/${file}`)
  const slices = json<Setup['objects']>(`${folder}/endpointslices.json`)
  const config = defaultConfig(setup.profile)
  const objects = [...setup.objects.items.filter(({ kind }) => kind !== 'EndpointSlice'), ...slices.items]
  return transact(
    emptyCluster({
      ...config,
      flannel: setup.flannel ?? config.flannel,
      proxy: { ...config.proxy, ...setup.proxy },
      hairpinMode: setup.hairpinMode ?? true,
      site: { ...config.site, announcements: setup.lb ?? {} },
      admin: { sysctls: setup.sysctls ?? {}, rules: setup.extraRules ?? {}, routes: setup.routes ?? {} },
    }),
    objects.map((object) => ({ op: 'put', object })),
  )
}

const UNORDERED = /^-A KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL) /
/** The dump, with chains that kube-proxy fills in random order sorted. */
function ordered(dump: string): string {
  const lines = dump.split('\n')
  const loose = lines.filter((line) => UNORDERED.test(line)).sort()
  return [...lines.filter((line) => !UNORDERED.test(line)), ...loose].join('\n')
}
const declared = (dump: string): string => dump.split('\n').sort().join('\n')

interface IpRoute {
  readonly type?: string
  readonly dst: string
  readonly gateway?: string
  readonly dev?: string
  readonly table?: string
  readonly prefsrc?: string
  readonly scope?: string
  readonly flags: readonly string[]
}
const routeText = (r: IpRoute): string =>
  [r.type, r.dst, r.gateway, r.dev, r.table, r.prefsrc, r.scope, ...r.flags].map((part) => part ?? '-').join(' ')

function asIpRoute(route: Route, table: number): IpRoute {
  const { type, destination, via, dev, preferredSource, scope, onlink } = route
  return {
    ...(type !== 'unicast' && { type }),
    dst: destination.length === 0 ? 'default' : destination.length === 32 ? printCidr(destination).slice(0, -3) : printCidr(destination),
    ...(via && { gateway: via }),
    ...(dev !== undefined && { dev }),
    ...(table === 255 && { table: 'local' }),
    ...(preferredSource && { prefsrc: preferredSource }),
    ...(scope !== 'global' && { scope }),
    flags: onlink ? ['onlink'] : [],
  }
}
const routesOf = (netns: NetworkNamespace, tables: readonly number[]): readonly string[] =>
  tables.flatMap((table) => (netns.tables.get(table) ?? []).map((route) => routeText(asIpRoute(route, table)))).sort()

const netnsOf = (cluster: Cluster, name: string): NetworkNamespace => {
  const netns = network(cluster).netns(name as NetnsId)
  if (!netns) throw new Error(`no namespace ${name}`)
  return netns
}

test.each(folders('rules'))("rules/%s: kube-proxy's own rules", (name) => {
  const cluster = clusterOf(`rules/${name}`, 'case.json')
  for (const node of folders(`rules/${name}`)) {
    expect(declared(restoreText(cluster, node))).toBe(declared(text(`rules/${name}/${node}/iptables-restore.txt`)))
    expect(ordered(saveRuleset(rulesetOf(cluster, node, ['kube-proxy'])))).toBe(ordered(text(`rules/${name}/${node}/iptables-save.txt`)))
  }
})

const scenarios = folders('').filter((name) => name !== 'rules' && !ELSEWHERE.test(name))

test('all recordings are compared, or none is there', () => {
  expect([folders('rules').length > 40, scenarios.length > 40]).toEqual([present, present])
})

test.each(scenarios)('%s: rules, routes and neighbours of every node', (name) => {
  const cluster = clusterOf(name, 'scenario.json')
  for (const { metadata } of list(cluster, 'Node')) {
    const folder = `${name}/nodes/${metadata.name}`
    const netns = netnsOf(cluster, metadata.name)
    expect(ordered(saveRuleset(netns.ruleset))).toBe(ordered(text(`${folder}/iptables-save.txt`)))
    expect(routesOf(netns, [254, 255])).toEqual(json<IpRoute[]>(`${folder}/routes.json`).map(routeText).sort())
    const fdb = [...netns.interfaces.values()]
      .flatMap((iface) => (iface.kind === 'vxlan' ? iface.fdb : []))
      .map(({ mac, remote }) => `${mac} ${remote}`)
    const recordedFdb = json<{ mac: string; dst?: string }[]>(`${folder}/fdb.json`).flatMap(({ mac, dst }) =>
      dst === undefined ? [] : [`${mac} ${dst}`],
    )
    expect(fdb.sort()).toEqual(recordedFdb.sort())
    const neighbours = netns.neighbours.map(({ ip, dev, mac }) => `${ip} ${dev} ${mac}`)
    expect(neighbours.sort()).toEqual(
      json<{ dst: string; dev: string; lladdr: string }[]>(`${folder}/neigh.json`)
        .map((n) => `${n.dst} ${n.dev} ${n.lladdr}`)
        .sort(),
    )
    const sysctls = json<Record<string, number>>(`${folder}/sysctls.json`)
    expect(netns.sysctls).toMatchObject({
      ipForward: sysctls['net/ipv4/ip_forward'] === 1,
      bridgeNfCallIptables: sysctls['net/bridge/bridge-nf-call-iptables'] === 1,
      routeLocalnet: sysctls['net/ipv4/conf/all/route_localnet'] === 1,
      rpFilter: sysctls['net/ipv4/conf/eth0/rp_filter'],
    })
  }
})

interface Topology {
  readonly namespaces: Readonly<
    Record<
      string,
      {
        readonly kind: string
        readonly interfaces: readonly { name: string; mac: string; mtu: number; master: string | null; addrs: readonly string[] }[]
      }
    >
  >
}

test.each(scenarios)('%s: devices of every namespace, routes of pods and hosts', (name) => {
  const cluster = clusterOf(name, 'scenario.json')
  for (const [id, { kind, interfaces }] of Object.entries(json<Topology>(`${name}/topology.json`).namespaces)) {
    if (kind === 'fabric') continue
    // A host veth's MAC is anybody's choice; its name is not, as it follows from the pod.
    const recorded = interfaces.map((i) => [i.name, i.master ? '-' : i.mac, i.mtu, i.master ?? '-', ...i.addrs].join(' '))
    const ours = [...netnsOf(cluster, id).interfaces.values()].map((i) =>
      [
        i.name,
        i.master === undefined ? i.mac : '-',
        i.mtu,
        i.master ?? '-',
        ...i.addresses.map(({ prefix }) => `${prefix.ip}/${prefix.length}`),
      ].join(' '),
    )
    expect(ours.sort()).toEqual(recorded.sort())
  }
  const pods = Object.entries(json<Record<string, { route: IpRoute[] }>>(`${name}/pods.json`)).map(
    ([pod, state]) => [`p-${pod.replace('/', '-')}`.slice(0, 48), state] as const,
  )
  const hosts = Object.entries(json<Record<string, { route: IpRoute[] }>>(`${name}/external.json`))
  for (const [id, { route }] of [...pods, ...hosts]) expect(routesOf(netnsOf(cluster, id), [254])).toEqual(route.map(routeText).sort())
})
