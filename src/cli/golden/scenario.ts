import type { Problem } from '../../core/api/problem.ts'
import { type Cluster, emptyCluster } from '../../core/cluster/cluster.ts'
import { type ClusterConfig, defaultConfig } from '../../core/cluster/config.ts'
import type { Site } from '../../core/cluster/site.ts'
import { applyManifests } from '../../core/controllers/apply.ts'
import type { Scenario } from './format.ts'

type Setup = Omit<Scenario, 'probes'>

/** What a scenario needs that the simulator does not have yet, by name; empty when it can be run. */
export function absent(scenario: Setup): string[] {
  const mode = scenario.proxy?.mode ?? 'iptables'
  const backend = scenario.flannel?.backend ?? 'vxlan'
  const containers = scenario.objects.items.flatMap(containersOf)
  return [
    ...(mode === 'iptables' ? [] : [`proxy mode ${mode}`]),
    ...(backend === 'vxlan' || backend === 'host-gw' ? [] : [`flannel backend ${backend}`]),
    ...(scenario.ipFamilies?.includes('IPv6') ? ['IPv6'] : []),
    ...(containers.some((container) => container.image?.startsWith('rancher/klipper-lb')) ? ['ServiceLB'] : []),
    ...(containers.some((container) => container.ports?.some((port) => port.hostPort)) ? ['hostPort'] : []),
  ]
}

interface ContainerShape {
  readonly image?: string
  readonly ports?: readonly { readonly hostPort?: number }[]
}

/** Containers of a pod that has its own namespace: in a node's, a hostPort is nothing but the port itself. */
function containersOf(object: unknown): readonly ContainerShape[] {
  const { kind, spec } = object as { kind?: string; spec?: { hostNetwork?: boolean; containers?: readonly ContainerShape[] } }
  return kind === 'Pod' && !spec?.hostNetwork ? (spec?.containers ?? []) : []
}

/** The settled cluster of a scenario or rules case, with all that its author changed by hand. */
export function clusterOf(scenario: Setup): { readonly cluster: Cluster; readonly problems: readonly Problem[] } {
  const file = { name: `${scenario.name}/objects`, text: JSON.stringify(scenario.objects) }
  return applyManifests(emptyCluster(configOf(scenario)), [file])
}

export function configOf(scenario: Setup): ClusterConfig {
  const config = defaultConfig(scenario.profile ?? 'kubeadm')
  const { mode: _, ...proxy } = scenario.proxy ?? {}
  return {
    ...config,
    flannel: { backend: scenario.flannel?.backend === 'host-gw' ? 'host-gw' : 'vxlan' },
    proxy: { ...config.proxy, ...proxy },
    hairpinMode: scenario.hairpinMode ?? config.hairpinMode,
    site: {
      ...config.site,
      announcements: { ...config.site.announcements, ...scenario.lb },
      hosts: hostsWith(config.site, scenario.routes ?? {}),
    },
    admin: {
      sysctls: scenario.sysctls ?? {},
      rules: scenario.extraRules ?? {},
      routes: routesElsewhere(config.site, scenario.routes ?? {}),
    },
  }
}

/** `ip route replace` on site hosts: a route to the same prefix gives way. */
function hostsWith(site: Site, routes: Readonly<Record<string, readonly string[]>>): Site['hosts'] {
  return site.hosts.map((host) => {
    const added = routes[host.name] ?? []
    const replaced = new Set(added.map(prefixOf))
    return { ...host, routes: [...host.routes.filter((route) => !replaced.has(prefixOf(route))), ...added] }
  })
}

const prefixOf = (route: string): string => route.split(' ').find((word) => /^(default|\d[\d.]*(\/\d+)?)$/.test(word)) ?? route

function routesElsewhere(site: Site, routes: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> {
  const hosts = new Set(site.hosts.map((host) => host.name))
  return Object.fromEntries(Object.entries(routes).filter(([netns]) => !hosts.has(netns)))
}

/** Ports that the scenario or the site names: a port that the kernel draws should be none of them. */
export function namedPorts(scenario: Scenario, site: Site): ReadonlySet<number> {
  const ports = new Set<number>()
  const visit = (value: unknown) => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (value && typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) {
        if (typeof inner === 'number' && key.toLowerCase().endsWith('port')) ports.add(inner)
        else visit(inner)
      }
  }
  visit(scenario.objects)
  for (const host of site.hosts) for (const { port } of host.listens) ports.add(port)
  for (const [index, probe] of scenario.probes.entries()) {
    ports.add(probe.sport ?? FIRST_SOURCE_PORT + index)
    const port = probe.to.split(':')[1]
    if (port !== undefined) ports.add(Number(port))
  }
  return ports
}

/** Source port of the first probe that does not name one; the next has the next. */
export const FIRST_SOURCE_PORT = 40001
