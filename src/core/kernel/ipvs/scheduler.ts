import { unreachable } from '../../base/assert.ts'
import { type Ip, ipNumber, isIpv6 } from '../../net/ip.ts'
import { ipWords } from '../../net/ip6.ts'
import type { SchedulerName } from './ipvs.ts'
import type { ServerState, ServiceState } from './state.ts'

/**
 * The schedulers of net/netfilter/ipvs: each picks one of a service's real servers, in the order of the kernel's list, or nobody. Left out: thresholds
 * (overloaded servers), the options of sh.
 */
export interface Scheduled {
  readonly server: ServerState
  /** What the scheduler remembers; absent: nothing. */
  readonly moved?: Pick<ServiceState, 'last' | 'currentWeight'>
}

export function schedule(
  scheduler: SchedulerName,
  service: ServiceState,
  packet: { readonly source: Ip; readonly destination: Ip },
): Scheduled | undefined {
  switch (scheduler) {
    case 'rr':
      return roundRobin(service)
    case 'wrr':
      return weightedRoundRobin(service)
    case 'lc':
      return unmoved(least(service.servers, overhead, () => 1))
    case 'wlc':
      return unmoved(least(service.servers, overhead, weightOf))
    case 'sed':
      return unmoved(least(service.servers, expectedDelay, weightOf))
    case 'nq':
      return unmoved(
        service.servers.find(({ weight, active }) => weight > 0 && active === 0) ?? least(service.servers, expectedDelay, weightOf),
      )
    case 'dh':
      return unmoved(usable(service.servers[bucketOf(packet.destination) % service.servers.length]))
    case 'sh':
      return unmoved(usable(sourceBucket(service.servers, bucketOf(packet.source))))
    default:
      return unreachable(scheduler)
  }
}

const unmoved = (server: ServerState | undefined): Scheduled | undefined => server && { server }
const weightOf = ({ weight }: ServerState): number => weight
const usable = (server: ServerState | undefined): ServerState | undefined => (server && server.weight > 0 ? server : undefined)

/** ip_vs_dest_conn_overhead: an active connection weighs 256 times an inactive one. */
const overhead = ({ active, inactive }: ServerState): number => active * 256 + inactive
/** ip_vs_sed_dest_overhead: as if the new connection were there already. */
const expectedDelay = ({ active }: ServerState): number => active + 1

/** The first with the smallest load for its weight. */
function least(
  servers: readonly ServerState[],
  load: (server: ServerState) => number,
  weight: (server: ServerState) => number,
): ServerState | undefined {
  let best: ServerState | undefined
  for (const server of servers) {
    if (server.weight <= 0) continue
    if (!best || load(best) * weight(server) > load(server) * weight(best)) best = server
  }
  return best
}

/** ip_vs_rr.c: the next behind the last one, round the list. */
function roundRobin({ servers, last }: ServiceState): Scheduled | undefined {
  const start = servers.findIndex(({ name }) => name === last)
  for (let i = 1; i <= servers.length; i++) {
    const server = servers[(start + i) % servers.length]
    if (server && server.weight > 0) return { server, moved: { last: server.name } }
  }
  return undefined
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** ip_vs_wrr.c: rounds with a falling threshold; each serves those whose weight reaches it. */
function weightedRoundRobin({ servers, last, currentWeight }: ServiceState): Scheduled | undefined {
  const weights = servers.map(weightOf).filter((weight) => weight > 0)
  if (weights.length === 0) return undefined
  const step = weights.reduce(gcd)
  const top = Math.max(...weights) - (step - 1)
  let threshold = currentWeight === undefined || currentWeight <= 0 || currentWeight > top ? top : currentWeight
  let from = servers.findIndex(({ name }) => name === last) + 1
  // From where it stands to the end of the list, then down through all thresholds: after that it has seen each server at its own.
  for (let round = 0; round <= top / step + 1; round++) {
    for (const server of servers.slice(from))
      if (server.weight >= threshold) return { server, moved: { last: server.name, currentWeight: threshold } }
    from = 0
    threshold -= step
    if (threshold <= 0) threshold = top
  }
  return undefined
}

/** hash_32 with GOLDEN_RATIO_32: the upper eight bits choose one of 256 buckets. IPv6 addresses are folded. Ports do not count. */
export function bucketOf(ip: Ip): number {
  return Math.imul(folded(ip), 0x61c88647) >>> 24
}

const folded = (ip: Ip): number => (isIpv6(ip) ? ipWords(ip).reduce((fold, word) => fold ^ word, 0) : ipNumber(ip) | 0)

/** ip_vs_sh_reassign: buckets are dealt round the list, to each server as many in a row as it has weight (at least one). */
function sourceBucket(servers: readonly ServerState[], bucket: number): ServerState | undefined {
  const turns = servers.map(({ weight }) => Math.max(weight, 1))
  const round = turns.reduce((sum, turn) => sum + turn, 0)
  let place = round === 0 ? 0 : bucket % round
  for (const [i, server] of servers.entries()) {
    place -= turns[i] ?? 1
    if (place < 0) return server
  }
  return undefined
}
