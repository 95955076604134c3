import type { Ip } from '../../../net/ip.ts'
import type { Reach } from '../dispatch.ts'
import type { ServicePortInfo } from '../service-port.ts'
import { portChain } from './names.ts'

/** Maps, and the one set, that all service ports share. */
export const SHARED_SETS = [
  'cluster-ips',
  'no-endpoint-services',
  'no-endpoint-nodeports',
  'firewall-ips',
  'service-ips',
  'service-nodeports',
] as const
export type SharedSet = (typeof SHARED_SETS)[number]

/**
 * One element of a shared map before it is text: there are tens of thousands, and a packet looks up a handful. The name of the chain that it leads to
 * costs a hash, so that it is asked for last.
 */
export interface ServiceElement {
  readonly set: SharedSet
  readonly port: ServicePortInfo
  /** Undefined for node ports. */
  readonly address: Ip | undefined
  readonly to: 'internal' | 'external' | 'firewall' | 'reject' | 'drop' | undefined
}

/** In the order in which syncProxyRules writes them (proxier.go, v1.30). */
export function serviceElements(port: ServicePortInfo, reach: Reach): readonly ServiceElement[] {
  const refusal = reach.hasEndpoints ? 'drop' : 'reject'
  const of = (set: SharedSet, address: Ip | undefined, to: ServiceElement['to']): ServiceElement => ({ set, port, address, to })
  const clusterIP = of('cluster-ips', port.clusterIP, undefined)
  const internal = reach.hasInternalEndpoints
    ? of('service-ips', port.clusterIP, 'internal')
    : of('no-endpoint-services', port.clusterIP, refusal)
  if (!port.externallyAccessible) return [clusterIP, internal]
  const elements = [clusterIP, internal]
  for (const ip of port.externalIPs) {
    if (reach.hasEndpoints) elements.push(of('service-ips', ip, 'external'))
    if (!reach.hasExternalEndpoints) elements.push(of('no-endpoint-services', ip, refusal))
  }
  for (const ip of port.loadBalancerVIPs) {
    if (reach.hasEndpoints) elements.push(of('service-ips', ip, 'external'))
    if (usesFirewall(port)) elements.push(of('firewall-ips', ip, 'firewall'))
  }
  if (!reach.hasExternalEndpoints) for (const ip of port.loadBalancerVIPs) elements.push(of('no-endpoint-services', ip, refusal))
  if (port.nodePort !== 0) {
    if (reach.hasEndpoints) elements.push(of('service-nodeports', undefined, 'external'))
    if (!reach.hasExternalEndpoints) elements.push(of('no-endpoint-nodeports', undefined, refusal))
  }
  return elements
}

/** Whatever the endpoints, unlike in iptables mode. */
export const usesFirewall = (port: ServicePortInfo): boolean => port.loadBalancerVIPs.length > 0 && port.sourceRanges.length > 0

/** `10.96.0.10 . tcp . 80`, `tcp . 30080`, `10.96.0.10`: its key as text. */
export function elementKey({ set, address, port }: ServiceElement): string {
  if (address === undefined) return `${port.protocol} . ${port.nodePort}`
  return set === 'cluster-ips' ? address : `${address} . ${port.protocol} . ${port.port}`
}

/** The element as kube-proxy writes it, which is as nft lists it. */
export function elementText(element: ServiceElement): string {
  const key = elementKey(element)
  const { set, to, port } = element
  if (to === undefined) return key
  const comment = set === 'service-ips' || set === 'service-nodeports' ? '' : ` comment "${port.name}"`
  return `${key}${comment} : ${verdictOf(to, port)}`
}

function verdictOf(to: NonNullable<ServiceElement['to']>, port: ServicePortInfo): string {
  switch (to) {
    case 'internal':
      return `goto ${internalChain(port)}`
    case 'external':
    case 'firewall':
      return `goto ${portChain(to, port)}`
    case 'reject':
      return 'goto reject-chain'
    case 'drop':
      return 'drop'
  }
}

/** Where traffic to the cluster IP goes. */
export const internalChain = (port: ServicePortInfo): string => portChain(port.internalLocal ? 'local' : 'service', port)
