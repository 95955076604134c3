import { PROXY_MODES } from '../../core/cluster/config.ts'
import type { Scenario } from './format.ts'

/** What a scenario needs that the simulator does not have yet, by name; empty when it can be run. */
export function absent(scenario: Omit<Scenario, 'probes'>): string[] {
  const mode = scenario.proxy?.mode ?? 'iptables'
  const backend = scenario.flannel?.backend ?? 'vxlan'
  return [
    ...(PROXY_MODES.some((known) => known === mode) ? [] : [`proxy mode ${mode}`]),
    ...(backend === 'vxlan' || backend === 'host-gw' ? [] : [`flannel backend ${backend}`]),
  ]
}
