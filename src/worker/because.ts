import type { Kind, OfKind } from '../core/api/object.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import type { NetnsId } from '../core/kernel/interface.ts'
import { printRule } from '../core/kernel/netfilter/print.ts'
import type { Origin } from '../core/kernel/origin.ts'
import { network } from '../core/node/network.ts'
import type { Because, BecauseRule } from './protocol.ts'
import { objectById, slicesOf } from './tree.ts'

/** Rules looked at before giving up: an answer in time is worth more than all of a very big cluster's. */
const LOOKED_AT = 60_000
const LISTED = 40

/** The iptables rules of one node that exist because of an object, or that speak of its address. Undefined for what no rule is about. */
export function because(cluster: Cluster, target: string): Because | undefined {
  const object = objectById(cluster, target)
  const node = object && nodeFor(cluster, object)
  const isAbout = object && aboutness(cluster, object)
  const tables = node === undefined ? undefined : network(cluster).netns(node as NetnsId)?.ruleset.tables
  if (!tables || node === undefined || !isAbout) return undefined
  const rules: BecauseRule[] = []
  let found = 0
  let looked = 0
  for (const table of tables.values())
    for (const name of table.chainNames()) {
      const chain = table.chain(name)
      for (let index = 0; chain && index < chain.length && looked < LOOKED_AT; index++) {
        looked++
        const rule = chain.rule(index)
        const text = printRule(name, rule)
        if (!isAbout(text, rule.origin)) continue
        found++
        if (rules.length < LISTED) rules.push({ table: table.name, text, origin: rule.origin })
      }
    }
  return { node, rules, more: found - rules.length, complete: looked < LOOKED_AT }
}

/** A pod's own node; for what is the same on every node, the first. */
function nodeFor(cluster: Cluster, object: OfKind<Kind>): string | undefined {
  if (object.kind === 'Node') return object.metadata.name
  const own = object.kind === 'Pod' ? object.spec.nodeName : undefined
  if (own !== undefined) return own
  for (const node of list(cluster, 'Node')) return node.metadata.name
  return undefined
}

type IsAbout = (rule: string, origin: Origin) => boolean

function aboutness(cluster: Cluster, object: OfKind<Kind>): IsAbout | undefined {
  const namespace = object.metadata.namespace ?? ''
  const self = `${object.kind}/${namespace}/${object.metadata.name}`
  switch (object.kind) {
    case 'Service': {
      const slices = [...slicesOf(cluster, namespace, object.metadata.name)].map(
        (slice) => `EndpointSlice/${namespace}/${slice.metadata.name}`,
      )
      const ids = new Set([self, ...slices])
      return (_, origin) => origin.object !== undefined && ids.has(origin.object)
    }
    case 'Pod': {
      const ip = object.status.podIP
      if (ip === undefined || object.spec.hostNetwork) return undefined
      const address = new RegExp(`(?<![\\d.])${ip.replaceAll('.', '\\.')}(?![\\d.])`)
      return (rule) => address.test(rule)
    }
    case 'EndpointSlice':
      return (_, origin) => origin.object === self
    default:
      return undefined
  }
}
