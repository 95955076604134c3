import { assert } from '../base/assert.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { addressRoutes, DEFAULT_RULES } from '../kernel/address-routes.ts'
import type { Interface } from '../kernel/interface.ts'
import { type Route, TABLE_LOCAL, TABLE_MAIN } from '../kernel/netns.ts'
import type { Origin } from '../kernel/origin.ts'
import { type Cidr, cidr, contains, parseCidr, printCidr } from '../net/cidr.ts'
import { ANY, type Ip, ipFromNumber, parseIp } from '../net/ip.ts'

export { DEFAULT_RULES }

export function tablesOf(interfaces: Iterable<Interface>, others: readonly Route[]): ReadonlyMap<number, readonly Route[]> {
  const { local, main } = addressRoutes(interfaces)
  return new Map([
    [TABLE_LOCAL, local],
    [TABLE_MAIN, [...main, ...others]],
  ])
}

export const viaGateway = (destination: Cidr, via: Ip, dev: string, origin: Origin, onlink = false): Route => ({
  type: 'unicast',
  destination,
  via,
  dev,
  scope: 'global',
  metric: 0,
  protocol: 'boot',
  ...(onlink && { onlink }),
  origin,
})

export const DEFAULT_DESTINATION = cidr(ANY, 0)

const TYPES = ['unicast', 'local', 'broadcast', 'blackhole', 'unreachable', 'prohibit'] as const

/** A route as a person writes it after `ip route add`, not yet bound to a device. */
export interface RouteArguments {
  readonly type: (typeof TYPES)[number]
  readonly destination: Cidr
  readonly via?: Ip
  readonly dev?: string
  readonly preferredSource?: Ip
  readonly metric: number
  readonly onlink: boolean
}

/** Arguments of `ip route add`: `default via 192.168.1.1`, `10.0.0.0/8 via 10.1.1.1 dev eth1 metric 5`, `blackhole default`. The error names the word. */
export function parseRouteArguments(text: string): Result<RouteArguments, string> {
  const words = text.trim().split(/\s+/)
  const type = TYPES.find((name) => name === words[0])
  if (type) words.shift()
  const target = words.shift() ?? ''
  const prefix = target === 'default' ? DEFAULT_DESTINATION : parseCidr(target)
  if (!prefix) return fail(`"${target}" is not a prefix`)
  const options = new Map<string, string>()
  let onlink = false
  while (words.length > 0) {
    const word = words.shift() ?? ''
    if (word === 'onlink') onlink = true
    else if (['via', 'dev', 'src', 'metric'].includes(word) && words.length > 0) options.set(word, words.shift() ?? '')
    else return fail(`"${word}" is not supported here`)
  }
  return bind(type ?? 'unicast', cidr(ipFromNumber(prefix.network), prefix.length), options, onlink)
}

function bind(
  type: RouteArguments['type'],
  destination: Cidr,
  options: ReadonlyMap<string, string>,
  onlink: boolean,
): Result<RouteArguments, string> {
  const address = (name: string): Ip | undefined => parseIp(options.get(name) ?? '')
  for (const name of ['via', 'src']) if (options.has(name) && !address(name)) return fail(`"${options.get(name)}" is not an address`)
  const metric = Number(options.get('metric') ?? 0)
  if (!Number.isInteger(metric) || metric < 0) return fail(`"${options.get('metric')}" is not a metric`)
  const [via, preferredSource, dev] = [address('via'), address('src'), options.get('dev')]
  return ok({
    type,
    destination,
    metric,
    onlink,
    ...(via && { via }),
    ...(preferredSource && { preferredSource }),
    ...(dev !== undefined && { dev }),
  })
}

/** Finds the device of a gateway among the connected subnets, as the kernel does (fib_check_nh); the error is ip's own. */
export function routeFrom(args: RouteArguments, interfaces: ReadonlyMap<string, Interface>, origin: Origin): Result<Route, string> {
  const { via, onlink, ...rest } = args
  const reaches = (iface: Interface): boolean =>
    via !== undefined && iface.addresses.some(({ prefix }) => prefix.length < 32 && contains(prefix, via))
  const dev = args.dev ?? [...interfaces.values()].find(reaches)?.name
  const scope = args.type === 'local' ? 'host' : args.type === 'unicast' && !via ? 'link' : 'global'
  const route = { ...rest, ...(via && { via }), ...(onlink && { onlink }), scope, protocol: 'boot', origin } as const
  if (args.type === 'blackhole' || args.type === 'unreachable' || args.type === 'prohibit') return ok(route)
  if (dev === undefined) return fail(via ? 'Nexthop has invalid gateway.' : 'Device for nexthop is not specified.')
  if (!interfaces.has(dev)) return fail(`Cannot find device "${dev}"`)
  return ok({ ...route, dev })
}

/** `ip route replace`: a route to the same prefix with the same metric gives way. */
function replaceRoute(routes: readonly Route[], route: Route): readonly Route[] {
  const key = (r: Route): string => `${printCidr(r.destination)} ${r.metric}`
  return [...routes.filter((other) => key(other) !== key(route)), route]
}

/** Adds routes written as `ip route replace` takes them. Whoever accepts configuration has checked them (config-problems.ts). */
export function addRoutes(
  routes: readonly Route[],
  added: readonly string[],
  interfaces: ReadonlyMap<string, Interface>,
  origin: Origin,
): readonly Route[] {
  let all = routes
  for (const text of added) {
    const parsed = parseRouteArguments(text)
    const route = parsed.ok ? routeFrom(parsed.value, interfaces, origin) : parsed
    assert(route.ok, `route "${text}": ${route.ok ? '' : route.error}`)
    all = replaceRoute(all, route.value)
  }
  return all
}
