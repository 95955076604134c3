import type { Node } from '../api/node.ts'
import { type Cidr, ipAt, networkIp, parseCidr } from '../net/cidr.ts'
import { type Ip, type IpFamily, isIpv6, parseIp } from '../net/ip.ts'

/** What agents read from a Node object. */
export interface NodeFacts {
  readonly name: string
  /** First IPv4 InternalIP; without one the node has no cable. */
  readonly ip: Ip | undefined
  readonly pods: PodNetwork | undefined
  /** The same of IPv6. */
  readonly ip6: Ip | undefined
  readonly pods6: PodNetwork | undefined
  readonly zone: string | undefined
}

/** The node's share of the pod network, as flannel and the bridge plugin use it. */
export interface PodNetwork {
  readonly cidr: Cidr
  /** `10.244.1.0`, `fd00:10:244:1::`: flannel's own address. */
  readonly base: Ip
  /** `10.244.1.1`, `fd00:10:244:1::1`: cni0's address, the pods' gateway. */
  readonly gateway: Ip
}

const known = new WeakMap<Node, NodeFacts>()

export function nodeFacts(node: Node): NodeFacts {
  let facts = known.get(node)
  if (!facts) {
    facts = read(node)
    known.set(node, facts)
  }
  return facts
}

function read({ metadata, spec, status }: Node): NodeFacts {
  const addresses = (status.addresses ?? [])
    .filter((address) => address.type === 'InternalIP')
    .flatMap((address) => parseIp(address.address) ?? [])
  const cidrs = (spec.podCIDRs ?? [spec.podCIDR ?? '']).flatMap((text) => parseCidr(text) ?? [])
  return {
    name: metadata.name,
    ip: addresses.find((ip) => !isIpv6(ip)),
    pods: podNetwork(cidrs.find(({ wide }) => !wide)),
    ip6: addresses.find(isIpv6),
    pods6: podNetwork(cidrs.find(({ wide }) => wide)),
    zone: metadata.labels?.['topology.kubernetes.io/zone'],
  }
}

const podNetwork = (cidr: Cidr | undefined): PodNetwork | undefined => cidr && { cidr, base: networkIp(cidr), gateway: ipAt(cidr, 1) }

/** One family of a node. */
export interface Stack {
  readonly family: IpFamily
  readonly ip: Ip | undefined
  readonly pods: PodNetwork | undefined
}

export const stackOf = ({ ip, pods, ip6, pods6 }: NodeFacts, family: IpFamily): Stack =>
  family === 'IPv4' ? { family, ip, pods } : { family, ip: ip6, pods: pods6 }
