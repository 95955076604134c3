/** pkg/controller/nodeipam (RangeAllocator): every node gets the lowest free block of each pod network, a /24 or a /64, in the order that nodes came. */
import type { Node } from '../api/node.ts'
import { type Change, list } from '../cluster/cluster.ts'
import { familiesOf, podCidrOf } from '../cluster/config.ts'
import { NODE_MASK, NODE_MASK6 } from '../cluster/nodes.ts'
import { type Cidr, cidr, contains, ipAt, maskedCidr, parseCidr, printCidr } from '../net/cidr.ts'
import { addWords, ipFromWords } from '../net/ip6.ts'
import type { Controller } from './controller.ts'

export const nodeIpam: Controller = {
  name: 'node-ipam',
  reads: ['Node'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const nodes = [...list(cluster, 'Node')]
    if (nodes.every(({ spec }) => spec.podCIDR)) return []
    const ranges = familiesOf(cluster.config).flatMap((family) => parseCidr(podCidrOf(cluster.config, family)) ?? [])
    const blocks = ranges.map((range) => new Blocks(range, nodes))
    const changes: Change[] = []
    for (const node of nodes) {
      if (node.spec.podCIDR) continue
      const podCIDRs = blocks.map((each) => each.next())
      // CIDRNotAvailable: the node stays without pods of its own until another leaves.
      const [podCIDR] = podCIDRs
      if (podCIDR === undefined || podCIDRs.includes(undefined)) break
      changes.push({ op: 'put', object: { ...node, spec: { ...node.spec, podCIDR, podCIDRs: podCIDRs.flatMap((each) => each ?? []) } } })
    }
    return changes
  },
}

/** The blocks of one pod network, lowest first. */
class Blocks {
  readonly #range: Cidr
  readonly #length: number
  readonly #taken = new Set<string>()
  readonly #larger: readonly Cidr[]
  #at = 0

  constructor(range: Cidr, nodes: readonly Node[]) {
    this.#range = range
    const length = (this.#length = range.wide ? NODE_MASK6 : NODE_MASK)
    const given = nodes
      .flatMap(({ spec }) => spec.podCIDRs ?? [spec.podCIDR ?? ''])
      .flatMap((text) => parseCidr(text) ?? [])
      .filter(({ wide }) => (wide === undefined) === (range.wide === undefined))
    for (const prefix of given) if (prefix.length >= length) this.#taken.add(printCidr(cidr(prefix.ip, length)))
    this.#larger = given.filter((prefix) => prefix.length < length).map(maskedCidr)
  }

  next(): string | undefined {
    const count = 2 ** (this.#length - this.#range.length)
    const step = this.#range.wide ? 2 ** (128 - this.#length) : 2 ** (32 - this.#length)
    while (this.#at < count) {
      const block = cidr(blockAt(this.#range, this.#length, this.#at++, step), this.#length)
      const text = printCidr(block)
      if (this.#taken.has(text) || this.#larger.some((prefix) => contains(prefix, block.ip))) continue
      this.#taken.add(text)
      return text
    }
    return undefined
  }
}

/** Blocks of IPv6 are further apart than numbers count exactly, and end on a word: there the word above is counted. */
function blockAt(range: Cidr, length: number, index: number, step: number): Cidr['ip'] {
  if (!range.wide) return ipAt(range, index * step)
  const [a, b, c, d] = range.wide.network
  const high = addWords([0, 0, a, b], index * 2 ** (64 - length))
  return ipFromWords([high[2], high[3], c, d])
}
