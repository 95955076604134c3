/**
 * Envoy's choices: a cluster by weight, a host of it by policy (upstream/load_balancer_impl.cc). Approximate: one worker thread stands for all, each of which goes round by itself; no request
 * is in flight when the next one comes, so least request draws; the ring is another function than xxHash's.
 */
import { hash } from '../../base/choose.ts'
import { joinHostPort } from '../../net/ip.ts'
import { cookiesOf, type HttpRequest } from '../http.ts'
import type { Balance, Moment, Remember } from '../program.ts'
import { headerValue, queryValue } from './match.ts'
import type { Cluster, WeightedCluster } from './model.ts'

const PROGRAM = 'envoy'

export interface Picked {
  readonly index: number
  readonly balance: Balance
  readonly remember: Remember
  /** A session cookie that it makes up, where it hashes by one that is not there. */
  readonly cookie?: string
}

/** By weight; one with weight 0 gets nothing. Undefined where all have none. */
export function clusterOf(clusters: readonly WeightedCluster[], { choose }: Moment): WeightedCluster | undefined {
  const usable = clusters.filter(({ weight }) => weight > 0)
  const [only] = usable
  if (!only || usable.length === 1) return only
  const total = usable.reduce((sum, { weight }) => sum + weight, 0)
  const endpoints = usable.map(({ cluster }) => cluster)
  const why = { kind: 'upstream', program: PROGRAM, upstream: 'weighted_clusters', endpoints } as const
  return usable[choose({ kind: 'branch', weights: usable.map(({ weight }) => weight / total), why })]
}

export function pick(cluster: Cluster, request: HttpRequest | undefined, source: string, moment: Moment): Picked {
  const nodes = cluster.endpoints.map(({ address, port }) => joinHostPort(address, port))
  const endpoints = cluster.endpoints.map(({ object }, i) => ({ address: nodes[i] ?? '', ...(object && { object }) }))
  const made = (index: number, remember: Remember = [], why?: string): Picked => ({
    index,
    balance: { algorithm: cluster.lbPolicy, upstream: cluster.name, endpoints, chosen: index, ...(why !== undefined && { why }) },
    remember,
  })
  const draw = (): number => {
    const why = { kind: 'upstream', program: PROGRAM, upstream: cluster.name, endpoints: nodes } as const
    return nodes.length === 1 ? 0 : moment.choose({ kind: 'branch', weights: nodes.map(() => 1 / nodes.length), why })
  }
  switch (cluster.lbPolicy) {
    case 'ROUND_ROBIN': {
      const key = `rr ${cluster.name}`
      const [before, count] = String(moment.memory.get(key) ?? '').split('#')
      const all = nodes.join(' ')
      const index = before === all ? (Number(count) + 1) % nodes.length : draw()
      return made(index, [[key, `${all}#${index}`]])
    }
    case 'LEAST_REQUEST':
    case 'RANDOM':
      return made(draw())
    case 'RING_HASH': {
      const { key, cookie } = keyOf(cluster, request, source, moment.now)
      if (key === undefined) return made(draw())
      return { ...made(onRing(nodes, key), [], key), ...(cookie && { cookie }) }
    }
  }
}

/** The node with the highest hash of key and node: it moves as few keys as a ring does when nodes come and go. */
function onRing(nodes: readonly string[], key: string): number {
  let [best, index] = [-1, 0]
  nodes.forEach((node, i) => {
    const weight = hash(`${key} ${node}`)
    if (weight > best) [best, index] = [weight, i]
  })
  return index
}

function keyOf(
  cluster: Cluster,
  request: HttpRequest | undefined,
  source: string,
  now: number,
): { readonly key?: string; readonly cookie?: string } {
  const parts: string[] = []
  let cookie: string | undefined
  for (const { kind, name, terminal } of cluster.hash) {
    let value = kind === 'source' ? source : undefined
    if (request && kind === 'header') value = headerValue(request, name)
    if (request && kind === 'query') value = queryValue(request, name)
    if (request && kind === 'cookie') {
      value = cookiesOf(request).get(name)
      if (value === undefined) {
        value = [1, 2].map((seed) => hash(`${source} ${now}`, seed).toString(16).padStart(8, '0')).join('')
        cookie = `${name}="${value}"; HttpOnly; Path=/`
      }
    }
    if (value !== undefined) parts.push(value)
    if (value !== undefined && terminal) break
  }
  return { ...(parts.length > 0 && { key: parts.join(' ') }), ...(cookie !== undefined && { cookie }) }
}
