import { sha256Base32 } from '../../base/sha256.ts'
import type { EndpointInfo } from './endpoints.ts'
import type { ServicePortInfo } from './service-port.ts'

const hashes = new WeakMap<ServicePortInfo, string>()

/** The hash that the chains of one service port share; KUBE-SVC, KUBE-SVL, KUBE-EXT and KUBE-FW differ in the prefix only. */
function hashOf(port: ServicePortInfo): string {
  let hash = hashes.get(port)
  if (hash === undefined) {
    hash = sha256Base32(port.name + port.protocol)
    hashes.set(port, hash)
  }
  return hash
}

/** Endpoints under policy Cluster. */
export const clusterChain = (port: ServicePortInfo): string => `KUBE-SVC-${hashOf(port)}`
/** Endpoints under policy Local. */
export const localChain = (port: ServicePortInfo): string => `KUBE-SVL-${hashOf(port)}`
/** Traffic to NodePorts, external and load balancer addresses: masquerade and short-circuit decisions. */
export const externalChain = (port: ServicePortInfo): string => `KUBE-EXT-${hashOf(port)}`
/** loadBalancerSourceRanges. */
export const firewallChain = (port: ServicePortInfo): string => `KUBE-FW-${hashOf(port)}`
export const endpointChain = (port: ServicePortInfo, endpoint: EndpointInfo): string =>
  `KUBE-SEP-${sha256Base32(port.name + port.protocol + endpoint.address)}`
