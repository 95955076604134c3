import type { Pod } from '../../api/pod.ts'
import { ipFamily } from '../../api/format.ts'

export type Family = 'IPv4' | 'IPv6'

/** One entry of the runtime's `portMappings`: what kubelet asks the portmap plugin for. */
export interface PortMapping {
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly hostPort: number
  readonly containerPort: number
  /** As the manifest has it; `0.0.0.0` and `::` mean any address of their family. */
  readonly hostIP?: string
}

/** In the order of containers and their ports (kubelet's makePortMappings). A hostPort of 0 is none. */
export const portMappings = ({ spec }: Pod): readonly PortMapping[] =>
  spec.containers.flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ protocol = 'TCP', hostPort, containerPort, hostIP }) =>
      hostPort ? [{ protocol: protocol.toLowerCase() as PortMapping['protocol'], hostPort, containerPort, ...(hostIP && { hostIP }) }] : [],
    ),
  )

export const hasPortMappings = ({ spec }: Pod): boolean =>
  spec.containers.some(({ ports }) => ports?.some(({ hostPort }) => Boolean(hostPort)) ?? false)

/** The pod's first address of a family. */
export const addressOf = ({ status }: Pod, family: Family): string | undefined =>
  [...(status.podIP ? [status.podIP] : []), ...(status.podIPs ?? []).map(({ ip }) => ip)].find((ip) => ipFamily(ip) === family)

const UNSPECIFIED = /^(0\.0\.0\.0|[0:]+)$/

/** What the rules of a family match of the destination address, as text behind a blank; empty for any, undefined when the entry is for the other family. */
export function hostMatch({ hostIP }: PortMapping, family: Family): string | undefined {
  if (hostIP === undefined) return ''
  if (ipFamily(hostIP) !== family) return undefined
  return UNSPECIFIED.test(hostIP) ? '' : ` -d ${hostIP}`
}
