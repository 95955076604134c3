import { cloudPool } from '../cluster/cloud-pool.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import { familiesOf, hasFamily } from '../cluster/config.ts'
import { loadBalancerOf } from '../cluster/config.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { applyCommands } from '../kernel/netfilter/apply.ts'
import { DEFAULT_SYSCTLS } from '../kernel/sysctl.ts'
import { parseCidr } from '../net/cidr.ts'
import { type IpFamily, parseIp } from '../net/ip.ts'
import { applySysctls } from './admin.ts'
import { network } from './network.ts'
import { nftProblem } from './nft-ruleset.ts'
import { parseRouteArguments, routeFrom } from './routes.ts'
import { adminCommands, rulesetOf } from './ruleset.ts'

/** What of a configuration no kernel would take: where it stands, and the words that sysctl, iptables or ip would use. */
export interface ConfigProblem {
  /** `admin.rules.node-1`, `site.hosts.router.routes`. */
  readonly path: string
  readonly message: string
  /** It is for a node or namespace that is not there; nothing is wrong with it. */
  readonly absent?: true
}

/** Compiling asserts that there are none of these, so whoever accepts a configuration must ask first. */
export function configProblems(cluster: Cluster): readonly ConfigProblem[] {
  return [
    ...sysctlProblems(cluster),
    ...ruleProblems(cluster),
    ...routeProblems(cluster),
    ...announcementProblems(cluster),
    ...balancerProblems(cluster),
  ]
}

const isNode = (cluster: Cluster, name: string): boolean => get(cluster, 'Node', '', name) !== undefined

function* sysctlProblems(cluster: Cluster): Generator<ConfigProblem> {
  for (const [node, changes] of Object.entries(cluster.config.admin.sysctls)) {
    const path = `admin.sysctls.${node}`
    const applied = applySysctls(DEFAULT_SYSCTLS, changes)
    if (!isNode(cluster, node)) yield { path, message: `there is no node ${node}`, absent: true }
    else if (!applied.ok) yield { path, message: applied.error }
  }
}

function* ruleProblems(cluster: Cluster): Generator<ConfigProblem> {
  for (const node of Object.keys(cluster.config.admin.rules)) {
    const path = `admin.rules.${node}`
    if (!isNode(cluster, node)) yield { path, message: `there is no node ${node}`, absent: true }
    else {
      for (const family of familiesOf(cluster.config)) yield* familyProblems(cluster, node, path, family)
      const found = get(cluster, 'Node', '', node)
      const refused = found && nftProblem(cluster, found)
      if (refused) yield { path: `${path}[${refused.index}]`, message: refused.message }
    }
  }
}

function* familyProblems(cluster: Cluster, node: string, path: string, family: IpFamily): Generator<ConfigProblem> {
  const given = cluster.config.admin.rules[node] ?? []
  const commands = adminCommands(cluster.config, node, family)
  const applied = applyCommands(rulesetOf(cluster, node, ['kube-proxy', 'flannel', 'cni'], family), commands, { agent: 'admin' })
  if (applied.ok) return
  const at = given.findIndex((text) => text.endsWith(commands[applied.error.line - 1] ?? ''))
  yield { path: `${path}[${at}]`, message: applied.error.message }
}

function* routeProblems(cluster: Cluster): Generator<ConfigProblem> {
  const { config } = cluster
  const site = { ...config.site, hosts: config.site.hosts.map((host) => ({ ...host, routes: [] })) }
  const bare = network({ ...cluster, config: { ...config, site, admin: { sysctls: {}, rules: {} } } })
  const hosts = config.site.hosts.map(({ name, routes }) => [`site.hosts.${name}.routes`, name, routes] as const)
  const others = Object.entries(config.admin.routes ?? {}).map(([name, routes]) => [`admin.routes.${name}`, name, routes] as const)
  for (const [path, name, routes] of [...hosts, ...others]) {
    const netns = bare.netns(name as NetnsId)
    if (!netns) yield { path, message: `there is no network namespace ${name}`, absent: true }
    for (const [i, text] of netns ? routes.entries() : []) {
      const parsed = parseRouteArguments(text)
      // Routes of a family that is off do not exist either.
      if (parsed.ok && !hasFamily(config, parsed.value.destination.wide ? 'IPv6' : 'IPv4')) continue
      const route = parsed.ok && netns ? routeFrom(parsed.value, netns.interfaces, { agent: 'admin' }) : parsed
      if (!route.ok) yield { path: `${path}[${i}]`, message: route.error }
    }
  }
}

function* balancerProblems({ config }: Cluster): Generator<ConfigProblem> {
  const cloud = loadBalancerOf(config)
  if (cloud.kind !== 'cloud') return
  if (cloud.pool !== undefined && !parseCidr(cloud.pool)) yield { path: 'loadBalancer.pool', message: `"${cloud.pool}" is not a prefix` }
  else if (!cloudPool(config))
    yield { path: 'loadBalancer.host', message: `there is no host ${cloud.host ?? config.site.nodeGateway} in the site` }
}

function* announcementProblems(cluster: Cluster): Generator<ConfigProblem> {
  for (const [address, node] of Object.entries(cluster.config.site.announcements)) {
    const path = `site.announcements.${address}`
    if (!parseIp(address)) yield { path, message: `"${address}" is not an address` }
    else if (!isNode(cluster, node)) yield { path, message: `there is no node ${node}`, absent: true }
  }
}
