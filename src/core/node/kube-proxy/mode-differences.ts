import type { ProxyMode } from '../../cluster/config.ts'

/**
 * Where kube-proxy's modes do different things with the same Service, as data: each row names a situation in which a request does not end as in iptables
 * mode. In any other the same endpoints are reached with the same probabilities, which a test holds against random Services; that it is so on a real kernel is
 * shown by the recordings. Ways that differ without another end (who is masqueraded, what a hop costs) are not here.
 */
export interface ModeDifference {
  readonly id: string
  readonly mode: Exclude<ProxyMode, 'iptables'>
  /** What must all be so; a field that is absent may be anything. */
  readonly when: { readonly [K in keyof Situation]?: readonly Situation[K][] }
}

/** A request as far as the modes' differences can tell requests apart. */
export interface Situation {
  readonly from: 'pod' | 'node' | 'outside'
  readonly to: 'cluster-ip' | 'node-port' | 'load-balancer' | 'external-ip'
  /** Whether the port is one that the Service has. */
  readonly port: 'served' | 'other'
  /** Of node ports: the node's own address, another that it has, loopback. */
  readonly address: 'primary' | 'other' | 'localhost'
  /** internalTrafficPolicy or externalTrafficPolicy, whichever is about `to`. */
  readonly policy: 'Cluster' | 'Local'
  /** Where usable endpoints are, as seen from the node that translates. */
  readonly endpoints: 'none' | 'elsewhere' | 'here'
  /** loadBalancerSourceRanges; `everyone` has a prefix of length 0 among them. */
  readonly sourceRanges: 'absent' | 'some' | 'everyone'
  /** Whether the client is an endpoint of the Service and its EndpointSlice names no node. */
  readonly self: 'no' | 'node-unknown'
}

const VIRTUAL = ['load-balancer', 'external-ip'] as const
const EXTERNAL = ['node-port', ...VIRTUAL] as const

export const MODE_DIFFERENCES = [
  // What nobody translated is refused; iptables mode lets it go on to the default route.
  { id: 'nft-other-port', mode: 'nftables', when: { to: ['cluster-ip'], port: ['other'] } },
  { id: 'ipvs-other-port', mode: 'ipvs', when: { port: ['other'] } },
  // KEP-3866; IPVS has a virtual server for each address but loopback.
  { id: 'nft-node-port-address', mode: 'nftables', when: { to: ['node-port'], address: ['other', 'localhost'] } },
  { id: 'ipvs-node-port-localhost', mode: 'ipvs', when: { to: ['node-port'], address: ['localhost'] } },
  // filter-output comes before nat-output: the way round for a node's own processes is closed before they could take it.
  {
    id: 'nft-local-policy-from-node',
    mode: 'nftables',
    when: { from: ['node'], to: VIRTUAL, policy: ['Local'], endpoints: ['elsewhere'] },
  },
  // In iptables mode KUBE-EXTERNAL-SERVICES is not called from OUTPUT.
  { id: 'nft-no-endpoints-from-node', mode: 'nftables', when: { from: ['node'], to: VIRTUAL, endpoints: ['none'] } },
  { id: 'ipvs-no-endpoints-from-node', mode: 'ipvs', when: { from: ['node'], to: VIRTUAL, endpoints: ['none'] } },
  // Source ranges are looked at first, whether or not there is anybody to protect.
  {
    id: 'nft-ranges-before-endpoints',
    mode: 'nftables',
    when: { to: ['load-balancer'], endpoints: ['none'], sourceRanges: ['some', 'everyone'] },
  },
  {
    id: 'ipvs-ranges-before-endpoints',
    mode: 'ipvs',
    when: { to: ['load-balancer'], endpoints: ['none'], sourceRanges: ['some', 'everyone'] },
  },
  // Policy Local without a local endpoint means all endpoints in IPVS mode, and nothing is let through beside the policy.
  { id: 'ipvs-local-policy-elsewhere', mode: 'ipvs', when: { policy: ['Local'], endpoints: ['elsewhere'] } },
  { id: 'ipvs-local-policy-here', mode: 'ipvs', when: { from: ['pod', 'node'], to: EXTERNAL, policy: ['Local'], endpoints: ['here'] } },
  // ipset holds no prefix of length 0.
  { id: 'ipvs-range-of-everyone', mode: 'ipvs', when: { to: ['load-balancer'], sourceRanges: ['everyone'] } },
  // KUBE-LOOP-BACK knows endpoints of this node only.
  { id: 'ipvs-hairpin-without-node', mode: 'ipvs', when: { self: ['node-unknown'] } },
] as const satisfies readonly ModeDifference[]

export type ModeDifferenceId = (typeof MODE_DIFFERENCES)[number]['id']

/** Differences that a request may meet in a mode. */
export const differencesOf = (mode: ProxyMode, situation: Situation): readonly ModeDifference[] =>
  (MODE_DIFFERENCES as readonly ModeDifference[]).filter((row) => row.mode === mode && isSo(row.when, situation))

const isSo = (when: ModeDifference['when'], situation: Situation): boolean =>
  (Object.keys(when) as (keyof Situation)[]).every((key) => (when[key] as readonly string[]).includes(situation[key]))
