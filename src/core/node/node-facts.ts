import type { Node } from '../api/node.ts'
import { type Cidr, parseCidr } from '../net/cidr.ts'
import { type Ip, ipFromNumber, parseIp } from '../net/ip.ts'

/** What agents read from a Node object. */
export interface NodeFacts {
  readonly name: string
  /** First IPv4 InternalIP; without one the node has no cable. */
  readonly ip: Ip | undefined
  readonly pods: PodNetwork | undefined
  readonly zone: string | undefined
}

/** The node's share of the pod network, as flannel and the bridge plugin use it. */
export interface PodNetwork {
  readonly cidr: Cidr
  /** `10.244.1.0`: flannel.1's own address. */
  readonly base: Ip
  /** `10.244.1.1`: cni0's address, the pods' gateway. */
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
  const addresses = status.addresses
    ?.filter((address) => address.type === 'InternalIP')
    .flatMap((address) => parseIp(address.address) ?? [])
  const cidr = (spec.podCIDRs ?? [spec.podCIDR ?? '']).map(parseCidr).find((prefix) => prefix !== undefined)
  return {
    name: metadata.name,
    ip: addresses?.[0],
    pods: cidr && { cidr, base: ipFromNumber(cidr.network), gateway: ipFromNumber(cidr.network + 1) },
    zone: metadata.labels?.['topology.kubernetes.io/zone'],
  }
}
