/** pkg/controller/nodeipam (RangeAllocator): every node gets the lowest free /24 of the pod network, in the order that nodes came. */
import type { Node } from '../api/node.ts'
import { type Change, list } from '../cluster/cluster.ts'
import { NODE_MASK } from '../cluster/nodes.ts'
import { cidr, parseCidr, printCidr } from '../net/cidr.ts'
import { ipFromNumber } from '../net/ip.ts'
import type { Controller } from './controller.ts'

const size = 2 ** (32 - NODE_MASK)

export const nodeIpam: Controller = {
  name: 'node-ipam',
  reads: ['Node'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const range = parseCidr(cluster.config.podCIDR)
    const nodes = [...list(cluster, 'Node')]
    if (!range || nodes.every(({ spec }) => spec.podCIDR)) return []
    const taken = takenBlocks(nodes)
    const end = range.network + 2 ** (32 - range.length)
    const changes: Change[] = []
    let block = range.network
    for (const node of nodes) {
      if (node.spec.podCIDR) continue
      while (taken.has(block)) block += size
      // CIDRNotAvailable: the node stays without pods of its own until another leaves.
      if (block + size > end) break
      taken.add(block)
      const podCIDR = printCidr(cidr(ipFromNumber(block), NODE_MASK))
      changes.push({ op: 'put', object: { ...node, spec: { ...node.spec, podCIDR, podCIDRs: [podCIDR] } } })
    }
    return changes
  },
}

/** Blocks that given pod CIDRs cover, larger ones all of theirs. */
function takenBlocks(nodes: readonly Node[]): Set<number> {
  const taken = new Set<number>()
  for (const { spec } of nodes) {
    const given = parseCidr(spec.podCIDR ?? '')
    if (!given) continue
    const first = given.network - (given.network % size)
    const last = given.network + 2 ** (32 - given.length)
    for (let block = first; block < last; block += size) taken.add(block)
  }
  return taken
}
