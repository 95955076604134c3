import type { Pod } from '../api/pod.ts'
import type { Socket } from '../kernel/netns.ts'
import type { SiteHost } from '../cluster/site.ts'
import { ANY } from '../net/ip.ts'
import type { Protocol } from '../net/packet.ts'
import { isKlipper } from './klipper-lb.ts'

/** Turns a pod's listeners off without removing its ports: a process that crashed, a wrong containerPort. */
const NO_LISTEN = 'lab/no-listen'

/** A pod listens on exactly its containerPorts, on all addresses; what its image would really do is unknown. klipper-lb listens on none. */
export function podSockets({ metadata, spec }: Pod): readonly Socket[] {
  if (metadata.annotations?.[NO_LISTEN] !== undefined && metadata.annotations[NO_LISTEN] !== '') return []
  const owner = `${metadata.namespace ?? 'default'}/${metadata.name}`
  return spec.containers
    .filter((container) => !isKlipper(container))
    .flatMap((container) =>
      (container.ports ?? []).map(({ protocol, containerPort }) => ({
        protocol: (protocol ?? 'TCP').toLowerCase() as Protocol,
        address: ANY,
        port: containerPort,
        owner,
      })),
    )
}

export const hostSockets = (host: SiteHost): readonly Socket[] =>
  host.listens.map(({ protocol, port }) => ({ protocol, address: ANY, port, owner: `external/${host.name}` }))
