import type { Origin } from '../../kernel/origin.ts'
import type { Ip } from '../../net/ip.ts'
import { clusterChain, externalChain, firewallChain, localChain } from './chain-names.ts'
import { categorize, type EndpointInfo, type NodeView } from './endpoints.ts'
import type { ServicePortInfo } from './service-port.ts'

/** Chains that all service ports share, as `table chain`. */
export const SHARED_CHAINS = [
  'nat KUBE-SERVICES',
  'nat KUBE-NODEPORTS',
  'filter KUBE-SERVICES',
  'filter KUBE-EXTERNAL-SERVICES',
  'filter KUBE-NODEPORTS',
  'filter KUBE-PROXY-FIREWALL',
] as const
export type SharedChain = (typeof SHARED_CHAINS)[number]

/**
 * One rule of a shared chain before it is text: there are tens of thousands, and a packet looks at a handful. `destination` is absent for rules that
 * match any local address (node ports).
 */
export interface DispatchRule {
  readonly chain: SharedChain
  readonly kind: 'cluster-ip' | 'external-ip' | 'load-balancer' | 'node-port' | 'firewall' | 'health-check'
  readonly port: ServicePortInfo
  readonly destination?: Ip
  readonly number: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  /** A packet that gets here is refused or dropped; undefined: it is sent on to a chain. */
  readonly verdict?: 'REJECT' | 'DROP' | 'ACCEPT'
}

/** Whether a port can be reached, by whom; decides which rules exist at all (variables of the same names in proxier.go's syncProxyRules). */
export interface Reach {
  readonly hasEndpoints: boolean
  readonly hasInternalEndpoints: boolean
  readonly hasExternalEndpoints: boolean
}

/** `any`: whether there is a usable endpoint somewhere. `endpoints` is asked only where a policy is Local. */
export function reachOf(port: ServicePortInfo, any: boolean, endpoints: () => readonly EndpointInfo[], node: NodeView | undefined): Reach {
  if (!any || (!port.internalLocal && !port.externalLocal)) return any ? ALL : NONE
  const here = categorize(endpoints(), port, node).local.length > 0
  return { hasEndpoints: true, hasInternalEndpoints: here || !port.internalLocal, hasExternalEndpoints: here || !port.externalLocal }
}

const ALL: Reach = { hasEndpoints: true, hasInternalEndpoints: true, hasExternalEndpoints: true }
const NONE: Reach = { hasEndpoints: false, hasInternalEndpoints: false, hasExternalEndpoints: false }

/** Everything that one port contributes to shared chains, in the order in which syncProxyRules writes it. */
export function dispatchRules(port: ServicePortInfo, reach: Reach): readonly DispatchRule[] {
  const { protocol } = port
  const rules: DispatchRule[] = []
  const internal = { kind: 'cluster-ip', port, destination: port.clusterIP, number: port.port, protocol } as const
  rules.push(
    reach.hasInternalEndpoints
      ? { chain: 'nat KUBE-SERVICES', ...internal }
      : { chain: 'filter KUBE-SERVICES', ...internal, verdict: reach.hasEndpoints ? 'DROP' : 'REJECT' },
  )
  for (const destination of port.externalIPs)
    external(rules, reach, { kind: 'external-ip', port, destination, number: port.port, protocol })
  const vips = port.loadBalancerVIPs.map(
    (destination) => ({ kind: 'load-balancer', port, destination, number: port.port, protocol }) as const,
  )
  for (const vip of vips) {
    if (reach.hasEndpoints) rules.push({ chain: 'nat KUBE-SERVICES', ...vip })
    if (usesFirewall(port, reach)) rules.push({ chain: 'filter KUBE-PROXY-FIREWALL', ...vip, kind: 'firewall', verdict: 'DROP' })
  }
  if (!reach.hasExternalEndpoints)
    for (const vip of vips) rules.push({ chain: 'filter KUBE-EXTERNAL-SERVICES', ...vip, verdict: refusal(reach) })
  if (port.nodePort !== 0) external(rules, reach, { kind: 'node-port', port, number: port.nodePort, protocol })
  if (port.healthCheckNodePort !== 0)
    rules.push({
      chain: 'filter KUBE-NODEPORTS',
      kind: 'health-check',
      port,
      number: port.healthCheckNodePort,
      protocol: 'tcp',
      verdict: 'ACCEPT',
    })
  return rules
}

function external(rules: DispatchRule[], reach: Reach, rule: Omit<DispatchRule, 'chain'>): void {
  if (reach.hasEndpoints) rules.push({ chain: rule.kind === 'node-port' ? 'nat KUBE-NODEPORTS' : 'nat KUBE-SERVICES', ...rule })
  if (!reach.hasExternalEndpoints) rules.push({ chain: 'filter KUBE-EXTERNAL-SERVICES', ...rule, verdict: refusal(reach) })
}

/** No endpoints anywhere: say so. Only not here: stay silent, so that a load balancer goes elsewhere. */
const refusal = (reach: Reach): 'REJECT' | 'DROP' => (reach.hasEndpoints ? 'DROP' : 'REJECT')

export const usesFirewall = (port: ServicePortInfo, reach: Reach): boolean =>
  reach.hasEndpoints && port.loadBalancerVIPs.length > 0 && port.sourceRanges.length > 0

/** The chain that a rule of a nat chain sends packets to. */
export function targetChain(rule: DispatchRule): string {
  if (rule.kind === 'cluster-ip') return rule.port.internalLocal ? localChain(rule.port) : clusterChain(rule.port)
  return rule.kind === 'load-balancer' && rule.port.sourceRanges.length > 0 ? firewallChain(rule.port) : externalChain(rule.port)
}

/** The line as kube-proxy writes it for iptables-restore. */
export function dispatchText(rule: DispatchRule): string {
  const chain = rule.chain.slice(rule.chain.indexOf(' ') + 1)
  const local = rule.kind === 'node-port' && rule.verdict ? '-m addrtype --dst-type LOCAL ' : ''
  const destination = rule.destination ? `-d ${rule.destination} ` : ''
  return `-A ${chain} -m comment --comment ${commentOf(rule)} ${local}-m ${rule.protocol} -p ${rule.protocol} ${destination}--dport ${rule.number} -j ${rule.verdict ?? targetChain(rule)}`
}

function commentOf({ kind, verdict, port }: DispatchRule): string {
  if (kind === 'firewall') return `"${port.name} traffic not accepted by ${firewallChain(port)}"`
  if (kind === 'health-check') return `"${port.name} health check node port"`
  if (verdict === 'REJECT') return `"${port.name} has no endpoints"`
  if (verdict === 'DROP') return `"${port.name} has no local endpoints"`
  switch (kind) {
    case 'cluster-ip':
      return `"${port.name} cluster IP"`
    case 'external-ip':
      return `"${port.name} external IP"`
    case 'load-balancer':
      return `"${port.name} loadbalancer IP"`
    case 'node-port':
      return port.name
  }
}

/** Which field of which object asked for a rule. */
export function dispatchOrigin({ kind, port, destination }: DispatchRule): Origin {
  return { agent: 'kube-proxy', object: objectOf(port), field: fieldOf(kind, port, destination) }
}

function fieldOf(kind: DispatchRule['kind'], port: ServicePortInfo, destination: Ip | undefined): string {
  switch (kind) {
    case 'cluster-ip':
      return `spec.ports[${port.index}]`
    case 'node-port':
      return `spec.ports[${port.index}].nodePort`
    case 'external-ip':
      return `spec.externalIPs[${port.service.spec.externalIPs?.indexOf(destination ?? '') ?? 0}]`
    case 'load-balancer':
      return `status.loadBalancer.ingress[${port.service.status?.loadBalancer?.ingress?.findIndex((ingress) => ingress.ip === destination) ?? 0}]`
    case 'firewall':
      return 'spec.loadBalancerSourceRanges'
    case 'health-check':
      return 'spec.healthCheckNodePort'
  }
}

export const objectOf = (port: ServicePortInfo): string =>
  `Service/${port.service.metadata.namespace ?? 'default'}/${port.service.metadata.name}`
