import type { Kind, OfKind } from '../core/api/object.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import type { NetnsId } from '../core/kernel/interface.ts'
import type { Simulation } from '../core/engine.ts'
import type { Origin } from '../core/kernel/origin.ts'
import { network } from '../core/node/network.ts'
import { lookupRows } from '../core/walk/lookup-rows.ts'
import type { Because, BecauseRule } from './protocol.ts'
import { objectById, slicesOf } from './tree.ts'

/** Rules looked at before giving up: an answer in time is worth more than all of a very big cluster's. */
const LOOKED_AT = 60_000
const LISTED = 40

/** What a kernel looks things up in because of Services, in the order in which it is shown. */
const TABLES = ['ipvs', 'nft', 'nft-set', 'chain', 'ipset'] as const

/** Rules, map elements and virtual servers of one node that exist because of an object, or that speak of its address. Undefined for what none is about. */
export function because({ cluster, runtime }: Simulation, target: string): Because | undefined {
  const object = objectById(cluster, target)
  const node = object && nodeFor(cluster, object)
  const isAbout = object && aboutness(cluster, object)
  const netns = node === undefined ? undefined : network(cluster).netns(node as NetnsId)
  if (!netns || node === undefined || !isAbout) return undefined
  const rules: BecauseRule[] = []
  let found = 0
  let looked = 0
  for (const table of TABLES)
    for (const { cells, origin } of lookupRows(table, netns, network(cluster), runtime)) {
      if (looked++ >= LOOKED_AT) break
      if (!isAbout(cells.join(' '), origin)) continue
      found++
      if (rules.length < LISTED) rules.push({ table, cells, ...(origin && { origin }) })
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

type IsAbout = (rule: string, origin: Origin | undefined) => boolean

function aboutness(cluster: Cluster, object: OfKind<Kind>): IsAbout | undefined {
  const namespace = object.metadata.namespace ?? ''
  const self = `${object.kind}/${namespace}/${object.metadata.name}`
  switch (object.kind) {
    case 'Service': {
      const slices = [...slicesOf(cluster, namespace, object.metadata.name)].map(
        (slice) => `EndpointSlice/${namespace}/${slice.metadata.name}`,
      )
      const ids = new Set([self, ...slices])
      const { clusterIP, clusterIPs = clusterIP === undefined ? [] : [clusterIP], externalIPs = [] } = object.spec
      const speaks = speaksOf([...clusterIPs, ...externalIPs].filter((ip) => ip !== 'None'))
      // Members of an ipset have no origin.
      return (rule, origin) => (origin ? origin.object !== undefined && ids.has(origin.object) : speaks(rule))
    }
    case 'Pod': {
      const { podIP, podIPs } = object.status
      if (podIP === undefined || object.spec.hostNetwork) return undefined
      return speaksOf(podIPs?.map(({ ip }) => ip) ?? [podIP])
    }
    case 'EndpointSlice':
      return (_, origin) => origin?.object === self
    default:
      return undefined
  }
}

/** Whole addresses only: `10.0.0.1` is not part of `10.0.0.11`. */
function speaksOf(addresses: readonly string[]): (text: string) => boolean {
  const patterns = addresses.map((ip) => new RegExp(`(?<![\\d.a-f:])${ip.replaceAll('.', '\\.')}(?![\\d.]*\\d|[a-f\\d]*:[a-f\\d:]*:)`))
  return (text) => patterns.some((pattern) => pattern.test(text))
}
