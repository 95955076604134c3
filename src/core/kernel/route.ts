import { type Ip, ipNumber, isIpv6 } from '../net/ip.ts'
import { isMulticast6 } from '../net/ip6.ts'
import { ipHeaderLength } from '../net/packet.ts'
import { addressType, type Found, isLocal, lookup, rejected, routeSource } from './fib.ts'
import type { NetworkNamespace } from './netns.ts'
import type { Destination, Host, SkBuff } from './session.ts'
import type { RouteStep } from './step.ts'

/** Routing decisions with the checks around them (net/ipv4/route.c), told as steps. Left out: multicast, IPv4 options, source routes. */
export type InputRoute =
  | { readonly kind: 'local'; readonly destination: Destination }
  | { readonly kind: 'forward'; readonly destination: Destination }
  /** `silent`: the kernel says nothing (blackhole, forwarding off). */
  | { readonly kind: 'error'; readonly why: 'no-route' | 'forwarding-off' | 'unreachable' | 'prohibit' | 'blackhole' }
  | { readonly kind: 'invalid'; readonly why: 'martian' | 'rp-filter' }
  | { readonly kind: 'unsupported'; readonly what: string }

export type OutputRoute =
  | { readonly kind: 'found'; readonly destination: Destination; readonly source: Ip }
  | { readonly kind: 'error'; readonly errno: 'ENETUNREACH' | 'EHOSTUNREACH' | 'EACCES' | 'EINVAL' }

const NONE: RouteStep['rejected'] = []
const isLoopback = (ip: Ip): boolean => ipNumber(ip) >>> 24 === 127

/** IN_DEV_NET_ROUTE_LOCALNET */
const routesLocalnet = ({ sysctls }: NetworkNamespace, dev: string): boolean =>
  sysctls.routeLocalnet || (sysctls.routeLocalnetDevices?.includes(dev) ?? false)

/** ip_route_input_slow. */
export function routeInput(host: Host, skb: SkBuff, dev: string): InputRoute {
  const { ns } = host
  const { destination, source } = skb.packet.ip
  if (skb.v6) return routeInput6(host, skb, dev)
  const type = addressType(ns, destination)
  if (type === 'MULTICAST') return { kind: 'unsupported', what: `multicast destination ${destination}` }
  if ((isLoopback(destination) || isLoopback(source)) && !routesLocalnet(ns, dev)) return { kind: 'invalid', why: 'martian' }
  const key = { destination, source, mark: skb.mark, in: dev }
  const found = lookup(ns, key)
  const result = type === 'BROADCAST' ? 'broadcast' : inputResult(found)
  step(host, 'input', key, found, result)
  if (result === 'local' || result === 'broadcast' || (result === 'forward' && ns.sysctls.ipForward)) {
    const invalid = validateSource(host, skb, dev)
    if (invalid) return { kind: 'invalid', why: invalid }
  }
  if (result === 'local' && found) return { kind: 'local', destination: { dev: 'lo', local: true, found } }
  if (result === 'broadcast') return { kind: 'local', destination: { dev: 'lo', local: true, broadcast: true } }
  if (!ns.sysctls.ipForward) return { kind: 'error', why: 'forwarding-off' }
  if (result === 'forward' && found?.route.dev !== undefined) return { kind: 'forward', destination: outwards(found, found.route.dev) }
  if (result === 'blackhole' || result === 'prohibit') return { kind: 'error', why: result }
  return { kind: 'error', why: found ? 'unreachable' : 'no-route' }
}

/** ip6_route_input. There is no check of the source, and whether the host forwards matters only when it would have to (ip6_forward). */
function routeInput6(host: Host, skb: SkBuff, dev: string): InputRoute {
  const { ns } = host
  const { destination, source } = skb.packet.ip
  if (isMulticast6(destination)) return { kind: 'unsupported', what: `multicast destination ${destination}` }
  const key = { destination, source, mark: skb.mark, in: dev }
  const found = lookup(ns, key)
  const result = inputResult(found)
  step(host, 'input', key, found, result)
  if (result === 'local' && found)
    return { kind: 'local', destination: { dev: 'lo', local: true, found, ...(found.route.type === 'anycast' && { anycast: true }) } }
  if (result === 'forward' && found?.route.dev !== undefined) return { kind: 'forward', destination: outwards(found, found.route.dev) }
  return { kind: 'error', why: result === 'blackhole' || result === 'prohibit' ? result : 'no-route' }
}

/** ip6_rcv_core: nobody on a wire is loopback, and nobody speaks as a group. Comes before any hook. */
export function isMartian6({ packet }: SkBuff, dev: string): boolean {
  const { source, destination } = packet.ip
  return isMulticast6(source) || (dev !== 'lo' && (source === '::1' || destination === '::1'))
}

function inputResult(found: Found | undefined): RouteStep['result'] {
  if (!found) return 'unreachable'
  const { type } = found.route
  if (type === 'anycast') return 'local'
  return type === 'unicast' ? 'forward' : type === 'multicast' ? 'unreachable' : type
}

/** fib_validate_source: our own address as a source is a martian; rp_filter 1 wants the way back on the same device, 2 wants any. */
function validateSource(host: Host, skb: SkBuff, dev: string): 'martian' | 'rp-filter' | undefined {
  const { ns } = host
  const { source } = skb.packet.ip
  if (isLocal(ns, source)) return 'martian'
  if (ns.sysctls.rpFilter === 0) return undefined
  const back = lookup(ns, { destination: source, mark: 0 })
  if (!back || back.route.type !== 'unicast') return 'rp-filter'
  return ns.sysctls.rpFilter === 1 && back.route.dev !== dev ? 'rp-filter' : undefined
}

/** ip_route_output_key: where a local packet leaves, and with which source address unless it has one. */
export function routeOutput(
  host: Host,
  destination: Ip,
  source: Ip | undefined,
  purpose: 'output' | 'reroute' | 'error',
  mark = 0,
): OutputRoute {
  const { ns } = host
  const key = source ? { destination, source, mark } : { destination, mark }
  const found = lookup(ns, key)
  if (!found) {
    step(host, purpose, key, undefined, 'unreachable')
    return { kind: 'error', errno: 'ENETUNREACH' }
  }
  const { route } = found
  if (route.type === 'local' || route.type === 'anycast') {
    const own = source ?? routeSource(ns, route, destination)
    step(host, purpose, key, found, 'local', own)
    const to = { dev: 'lo', local: true, found, ...(route.type === 'anycast' && { anycast: true }) }
    return { kind: 'found', destination: to, source: own ?? destination }
  }
  if (route.type !== 'unicast' || route.dev === undefined) {
    step(host, purpose, key, found, route.type === 'unicast' || route.type === 'multicast' ? 'unreachable' : route.type)
    return { kind: 'error', errno: route.type === 'prohibit' ? 'EACCES' : route.type === 'unreachable' ? 'EHOSTUNREACH' : 'EINVAL' }
  }
  const chosen = source ?? routeSource(ns, route, destination)
  step(host, purpose, key, found, 'output', chosen)
  if (!chosen) return { kind: 'error', errno: 'ENETUNREACH' }
  return { kind: 'found', destination: outwards(found, route.dev), source: chosen }
}

function outwards(found: Found, dev: string): Destination {
  const { via } = found.route
  return via ? { dev, via, local: false, found } : { dev, local: false, found }
}

function step(
  host: Host,
  purpose: RouteStep['purpose'],
  key: { readonly destination: Ip; readonly source?: Ip; readonly mark?: number; readonly in?: string },
  found: ReturnType<typeof lookup>,
  result: RouteStep['result'],
  source: Ip | undefined = key.source,
): void {
  const told: { -readonly [K in keyof RouteStep]: RouteStep[K] } = {
    kind: 'route',
    purpose,
    destination: key.destination,
    result,
    rejected: host.session.options.detail === 'full' ? rejected(host.ns, key, found) : NONE,
  }
  if (source) told.source = source
  if (found) {
    told.rule = found.rule
    told.table = found.table
    told.route = found.route
  }
  host.recorder.step(told)
}

/** The MTU of the way to a destination. */
export function mtuOf(host: Host, destination: Destination): number {
  return host.ns.interfaces.get(destination.dev)?.mtu ?? 1500
}

/** What a SYN or SYN-ACK announces (ipv4_default_advmss, ip6_default_advmss): MTU less both headers, at most what 16 bits of length leave. */
export function advertisedMss(host: Host, destination: Destination, ip: Ip): number {
  const mss = mtuOf(host, destination) - ipHeaderLength(ip) - 20
  if (isIpv6(ip)) return mss > 65535 - 20 ? 65535 : mss
  return Math.min(mss, 65535 - 40)
}
