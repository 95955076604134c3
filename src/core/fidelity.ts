/**
 * The fidelity contract as data: what is exact (checked against recordings of a real kernel), what is approximate and how it differs, and what is
 * absent. Traces name entries by id; views show them per step. Texts live in the views' message catalogue under `fidelity.<id>`.
 */
export interface FidelityEntry {
  readonly id: string
  readonly level: 'exact' | 'approximate' | 'absent'
  readonly area: 'kernel' | 'netfilter' | 'overlay' | 'kube-proxy' | 'cluster' | 'dns' | 'application'
}

export const FIDELITY = [
  { id: 'routing', level: 'exact', area: 'kernel' },
  { id: 'ipv6', level: 'exact', area: 'kernel' },
  { id: 'bridge', level: 'exact', area: 'kernel' },
  { id: 'iptables', level: 'exact', area: 'netfilter' },
  { id: 'nftables', level: 'exact', area: 'netfilter' },
  { id: 'conntrack-nat', level: 'exact', area: 'netfilter' },
  { id: 'ipvs', level: 'exact', area: 'netfilter' },
  { id: 'vxlan', level: 'exact', area: 'overlay' },
  { id: 'kube-proxy-iptables', level: 'exact', area: 'kube-proxy' },
  { id: 'kube-proxy-ipvs', level: 'exact', area: 'kube-proxy' },
  { id: 'kube-proxy-nftables', level: 'exact', area: 'kube-proxy' },
  { id: 'kube-proxy-userspace', level: 'approximate', area: 'kube-proxy' },
  { id: 'host-port', level: 'exact', area: 'cluster' },
  { id: 'service-lb', level: 'exact', area: 'cluster' },
  { id: 'cloud-balancer', level: 'approximate', area: 'cluster' },
  { id: 'neighbour-discovery', level: 'approximate', area: 'kernel' },
  { id: 'later-fragments', level: 'approximate', area: 'kernel' },
  { id: 'limit-match', level: 'approximate', area: 'netfilter' },
  { id: 'nth-match', level: 'approximate', area: 'netfilter' },
  { id: 'ipvs-order', level: 'approximate', area: 'netfilter' },
  { id: 'ipvs-closing', level: 'approximate', area: 'netfilter' },
  { id: 'name-from-api', level: 'approximate', area: 'dns' },
  { id: 'application-data', level: 'approximate', area: 'application' },
  { id: 'echo-server', level: 'approximate', area: 'application' },
  { id: 'tls-sizes', level: 'approximate', area: 'application' },
  { id: 'http2-sizes', level: 'approximate', area: 'application' },
  { id: 'long-message', level: 'approximate', area: 'application' },
  { id: 'journey-limit', level: 'approximate', area: 'application' },
  { id: 'grpc-calls', level: 'approximate', area: 'application' },
  { id: 'datagram-sessions', level: 'approximate', area: 'application' },
  { id: 'gateway-api', level: 'approximate', area: 'application' },
  { id: 'instant-controllers', level: 'approximate', area: 'cluster' },
  { id: 'ipv6-configuration', level: 'absent', area: 'kernel' },
  { id: 'network-policy', level: 'absent', area: 'cluster' },
  { id: 'rbac', level: 'absent', area: 'cluster' },
  { id: 'gce-load-balancer', level: 'approximate', area: 'application' },
  { id: 'aws-load-balancer', level: 'approximate', area: 'application' },
  { id: 'application-gateway', level: 'approximate', area: 'application' },
  { id: 'ingress-nginx', level: 'approximate', area: 'application' },
  { id: 'haproxy', level: 'approximate', area: 'application' },
  { id: 'traefik', level: 'approximate', area: 'application' },
  { id: 'contour', level: 'approximate', area: 'application' },
  { id: 'kong', level: 'approximate', area: 'application' },
] as const satisfies readonly FidelityEntry[]

export type FidelityId = (typeof FIDELITY)[number]['id']
