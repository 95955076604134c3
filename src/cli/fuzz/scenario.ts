import type { ApiObject } from '../../core/api/object.ts'
import type { ProxyMode } from '../../core/cluster/config.ts'
import type { Scenario } from '../golden/format.ts'
import { draw } from './draw.ts'
import { machines } from './machines.ts'
import { setup } from './mistakes.ts'
import { type FuzzProbe, probes } from './probes.ts'
import { servicesOf } from './services.ts'

export interface FuzzScenario extends Omit<Scenario, 'probes' | 'objects'> {
  readonly topic: 'fuzz'
  readonly description: string
  readonly objects: { readonly items: readonly ApiObject[] }
  readonly probes: readonly FuzzProbe[]
}

/** Building a network costs a second or two, a probe a fraction: enough of them share one. */
export const PROBES_EACH = 20

/** Random clusters and packets in the format of the recordings, the same for the same seed. */
export function fuzzScenarios(seed: number, count: number, mode: ProxyMode = 'iptables'): FuzzScenario[] {
  return Array.from({ length: Math.ceil(count / PROBES_EACH) }, (_, index) =>
    fuzzScenario(`fuzz-${seed}-${index + 1}`, Math.min(PROBES_EACH, count - index * PROBES_EACH), mode),
  )
}

/** A scenario depends on nothing but its name, so that one can be made again alone. */
export function fuzzScenario(name: string, count: number, mode: ProxyMode = 'iptables'): FuzzScenario {
  const ground = machines(draw(`${name}/machines`))
  const services = servicesOf(draw(`${name}/services`), ground)
  const how = setup(draw(`${name}/setup`), ground, mode)
  const backend = how.flannel?.backend === 'host-gw' ? 'host-gw' : 'vxlan'
  return {
    name,
    topic: 'fuzz',
    description: 'a random cluster',
    profile: ground.profile,
    ...how,
    objects: {
      items: [...ground.nodes, ...ground.pods, ...services.services, ...services.endpoints, ...services.slices],
    },
    lb: services.lb,
    probes: probes(draw(`${name}/probes`), ground, services, backend, count),
  }
}
