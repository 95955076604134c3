import { assert } from '../../base/assert.ts'
import { type Ip, ipFromNumber, ipNumber, isIpv6 } from '../../net/ip.ts'
import { andWords, ipFromWords, ipWords } from '../../net/ip6.ts'
import type { Match } from './rule.ts'

/**
 * The memory of `-m recent` (net/netfilter/xt_recent.c): per list, addresses and when they were seen, oldest first. A mutable layer over
 * immutable lists; `lists()` gives the next value. Left out: /proc/net/xt_recent and --rttl.
 */
export interface RecentLists {
  in(netns: string, now: number): RecentMemory
  /** By `netns name`, address and time in seconds; the map that came in when nothing changed. */
  lists(): Lists
}

/** The lists of one namespace at one moment. */
export interface RecentMemory {
  /** Whether the match holds for an address; remembers and forgets as its action says. */
  check(match: RecentMatch, ip: Ip): boolean
}

export type RecentMatch = Match & { readonly kind: 'recent' }
type Lists = ReadonlyMap<string, ReadonlyMap<Ip, readonly number[]>>
type List = Map<Ip, readonly number[]>

/** Module parameter ip_list_tot: how many addresses a list holds; the one least recently updated makes room. */
export const MAX_ADDRESSES = 100
/** XT_RECENT_MAX_NSTAMPS. */
const MAX_STAMPS = 256

export function recentLists(base: Lists): RecentLists {
  let current: Lists = base
  const own = new Map<string, List>()
  const writable = (key: string): List => {
    let list = own.get(key)
    if (!list) {
      list = new Map(current.get(key))
      own.set(key, list)
      current = new Map(current).set(key, list)
    }
    return list
  }
  return {
    in: (netns, now) => ({
      check: (match, ip) => {
        const key = `${netns} ${match.name}`
        return check(
          match,
          masked(match.mask, ip),
          now,
          () => current.get(key),
          () => writable(key),
        )
      },
    }),
    lists() {
      own.clear()
      return current
    },
  }
}

/** recent_mt: the order of its steps matters, reaping included. */
function check(
  match: RecentMatch,
  ip: Ip,
  now: number,
  read: () => ReadonlyMap<Ip, readonly number[]> | undefined,
  write: () => List,
): boolean {
  const stamps = read()?.get(ip)
  const no = match.not === true
  if (!stamps) {
    if (match.action !== 'set') return no
    remember(write(), ip, [now])
    return !no
  }
  let matched = no
  if (match.action === 'set') matched = !no
  else if (match.action === 'remove') {
    write().delete(ip)
    matched = !no
  } else {
    const since = now - (match.seconds ?? 0)
    if (isHit(stamps, match, since)) matched = !no
    if (match.reap) reap(read, write, since)
  }
  if (match.action === 'set' || (match.action === 'update' && matched)) remember(write(), ip, [...stamps, now].slice(-MAX_STAMPS))
  return matched
}

function isHit(stamps: readonly number[], match: RecentMatch, since: number): boolean {
  let hits = 0
  for (const stamp of stamps) {
    if (match.seconds && since > stamp) continue
    hits++
    if (!match.hitcount || hits >= match.hitcount) return true
  }
  return false
}

/** recent_entry_reap looks at the least recently updated address only. */
function reap(read: () => ReadonlyMap<Ip, readonly number[]> | undefined, write: () => List, since: number): void {
  const [oldest] = read() ?? []
  if (!oldest) return
  const [ip, stamps] = oldest
  if (since > (stamps.at(-1) ?? 0)) write().delete(ip)
}

/** Puts the address last, as list_move_tail does. */
function remember(list: List, ip: Ip, stamps: readonly number[]): void {
  if (!list.delete(ip) && list.size >= MAX_ADDRESSES) {
    const [oldest] = list.keys()
    if (oldest !== undefined) list.delete(oldest)
  }
  list.set(ip, stamps)
}

const ALL_ONES = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'

function masked(mask: string, ip: Ip): Ip {
  if (mask === '255.255.255.255' || mask === ALL_ONES) return ip
  assert(mask !== '', 'recent has a mask')
  if (isIpv6(ip)) return ipFromWords(andWords(ipWords(ip), ipWords(mask as Ip)))
  return ipFromNumber((ipNumber(ip) & ipNumber(mask as Ip)) >>> 0)
}
