import type { Pod } from '../api/pod.ts'
import type { FidelityId } from '../fidelity.ts'
import type { Absent, Socket } from '../kernel/netns.ts'
import type { SiteHost } from '../cluster/site.ts'
import { ANY, parseIp } from '../net/ip.ts'
import type { Protocol } from '../net/packet.ts'

/** Turns a pod's listeners off without removing its ports: a process that crashed, a wrong containerPort. */
const NO_LISTEN = 'lab/no-listen'

/** A pod listens on exactly its containerPorts, on all addresses; what its image would really do is unknown. */
export function podSockets({ metadata, spec }: Pod): readonly Socket[] {
  if (metadata.annotations?.[NO_LISTEN] !== undefined && metadata.annotations[NO_LISTEN] !== '') return []
  const owner = `${metadata.namespace ?? 'default'}/${metadata.name}`
  return spec.containers.flatMap((container) =>
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

/** Host ports are the portmap plugin's work, which is not simulated yet: what is sent to one ends as unsupported, by name. */
export const absentHostPorts = ({ metadata, spec }: Pod): readonly Absent[] =>
  spec.containers.flatMap((container) =>
    (container.ports ?? []).flatMap(({ protocol, hostPort, hostIP }) => {
      if (hostPort === undefined) return []
      const address = parseIp(hostIP ?? '')
      return {
        protocol: (protocol ?? 'TCP').toLowerCase() as Protocol,
        ...(address && address !== ANY && { address }),
        port: hostPort,
        what: 'host-port' satisfies FidelityId,
        object: `Pod/${metadata.namespace ?? 'default'}/${metadata.name}`,
      }
    }),
  )
