import type { Origin } from '../../kernel/origin.ts'
import type { Ip } from '../../net/ip.ts'
import { clusterChain, externalChain, firewallChain, localChain } from './chain-names.ts'
import { categorize, type EndpointInfo, type NodeView } from './endpoints.ts'
import { RuleLine, type RuleParts, ruleText, savedText, toLocal } from './rule-line.ts'
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
 * One rule of a shared chain before it is text: there are tens of thousands, and a packet looks at a handful. All have the same shape, which is what
 * makes so many of them cheap.
 */
export interface DispatchRule {
  readonly chain: SharedChain
  readonly kind: 'cluster-ip' | 'external-ip' | 'load-balancer' | 'node-port' | 'firewall' | 'health-check'
  readonly port: ServicePortInfo
  /** Undefined for rules that match any local address: node ports. */
  readonly destination: Ip | undefined
  /** What happens to a packet that gets here; undefined: it is sent on to a chain. */
  readonly verdict: 'REJECT' | 'DROP' | 'ACCEPT' | undefined
  readonly number: number
  readonly protocol: ServicePortInfo['protocol']
}

type Verdict = DispatchRule['verdict']

function rule(
  chain: SharedChain,
  kind: DispatchRule['kind'],
  port: ServicePortInfo,
  destination: Ip | undefined,
  verdict: Verdict,
): DispatchRule {
  const number = kind === 'node-port' ? port.nodePort : kind === 'health-check' ? port.healthCheckNodePort : port.port
  return { chain, kind, port, destination, verdict, number, protocol: kind === 'health-check' ? 'tcp' : port.protocol }
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
  const internal = reach.hasInternalEndpoints
    ? rule('nat KUBE-SERVICES', 'cluster-ip', port, port.clusterIP, undefined)
    : rule('filter KUBE-SERVICES', 'cluster-ip', port, port.clusterIP, refusal(reach))
  if (!port.externallyAccessible && port.healthCheckNodePort === 0) return [internal]
  const rules = [internal]
  for (const ip of port.externalIPs) external(rules, reach, 'nat KUBE-SERVICES', 'external-ip', port, ip)
  const firewalled = usesFirewall(port, reach)
  for (const ip of port.loadBalancerVIPs) {
    if (reach.hasEndpoints) rules.push(rule('nat KUBE-SERVICES', 'load-balancer', port, ip, undefined))
    if (firewalled) rules.push(rule('filter KUBE-PROXY-FIREWALL', 'firewall', port, ip, 'DROP'))
  }
  if (!reach.hasExternalEndpoints)
    for (const ip of port.loadBalancerVIPs) rules.push(rule('filter KUBE-EXTERNAL-SERVICES', 'load-balancer', port, ip, refusal(reach)))
  if (port.nodePort !== 0) external(rules, reach, 'nat KUBE-NODEPORTS', 'node-port', port, undefined)
  if (port.healthCheckNodePort !== 0) rules.push(rule('filter KUBE-NODEPORTS', 'health-check', port, undefined, 'ACCEPT'))
  return rules
}

function external(
  rules: DispatchRule[],
  reach: Reach,
  chain: SharedChain,
  kind: DispatchRule['kind'],
  port: ServicePortInfo,
  ip: Ip | undefined,
): void {
  if (reach.hasEndpoints) rules.push(rule(chain, kind, port, ip, undefined))
  if (!reach.hasExternalEndpoints) rules.push(rule('filter KUBE-EXTERNAL-SERVICES', kind, port, ip, refusal(reach)))
}

/** No endpoints anywhere: say so. Only not here: stay silent, so that a load balancer goes elsewhere. */
const refusal = (reach: Reach): 'REJECT' | 'DROP' => (reach.hasEndpoints ? 'DROP' : 'REJECT')

export const usesFirewall = (port: ServicePortInfo, reach: Reach): boolean =>
  reach.hasEndpoints && port.loadBalancerVIPs.length > 0 && port.sourceRanges.length > 0

/** The chain that a rule of a nat chain sends packets to. */
export function targetChain({ kind, port }: DispatchRule): string {
  if (kind === 'cluster-ip') return port.internalLocal ? localChain(port) : clusterChain(port)
  return kind === 'load-balancer' && port.sourceRanges.length > 0 ? firewallChain(port) : externalChain(port)
}

/** The rule as its parts. */
const dispatchParts = (from: DispatchRule): RuleParts => ({
  comment: commentOf(from),
  match: from.kind === 'node-port' && from.verdict ? toLocal : undefined,
  protocol: from.protocol,
  destination: from.destination,
  port: from.number,
  source: undefined,
  outside: undefined,
  jump: from.verdict ?? targetChain(from),
  because: originOf(from),
})

const chainName = (chain: SharedChain): string => chain.slice(chain.indexOf(' ') + 1)

/** As a line that the kernel side reads, as kube-proxy writes it, and as iptables-save prints it. */
export const dispatchLine = (from: DispatchRule): RuleLine => new RuleLine(chainName(from.chain), dispatchParts(from), from.port.family)
export const dispatchText = (from: DispatchRule): string => ruleText(chainName(from.chain), dispatchParts(from))
export const savedDispatch = (from: DispatchRule): string => savedText(chainName(from.chain), dispatchParts(from), from.port.family)

function commentOf({ kind, verdict, port }: DispatchRule): string {
  if (kind === 'firewall') return `${port.name} traffic not accepted by ${firewallChain(port)}`
  if (kind === 'health-check') return `${port.name} health check node port`
  if (verdict === 'REJECT') return `${port.name} has no endpoints`
  if (verdict === 'DROP') return `${port.name} has no local endpoints`
  switch (kind) {
    case 'cluster-ip':
      return `${port.name} cluster IP`
    case 'external-ip':
      return `${port.name} external IP`
    case 'load-balancer':
      return `${port.name} loadbalancer IP`
    case 'node-port':
      return port.name
  }
}

/** Which field of which object asked for a rule. */
function originOf({ kind, port, destination }: DispatchRule): Origin {
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
