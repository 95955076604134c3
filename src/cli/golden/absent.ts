import type { Scenario } from './format.ts'

/** What a scenario needs that the simulator does not have yet, by name; empty when it can be run. */
export function absent(scenario: Omit<Scenario, 'probes'>): string[] {
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
