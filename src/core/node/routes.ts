import { assert } from '../base/assert.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { addressRoutes, addressRoutes6, DEFAULT_RULES, DEFAULT_RULES6 } from '../kernel/address-routes.ts'
import type { Interface } from '../kernel/interface.ts'
import { type NetworkNamespace, type Route, TABLE_LOCAL, TABLE_MAIN } from '../kernel/netns.ts'
import type { Origin } from '../kernel/origin.ts'
import { type Cidr, cidr, contains, fullLength, maskedCidr, parseCidr, printCidr } from '../net/cidr.ts'
import { ANY, ANY6, type Ip, type IpFamily, isIpv6, parseIp } from '../net/ip.ts'

/** Which families a machine has, and whether it forwards IPv6. */
export interface Families {
  readonly families: readonly IpFamily[]
  readonly forwarding6: boolean
}

type Routing = Pick<NetworkNamespace, 'rules' | 'tables' | 'rules6' | 'tables6'>

/** All routing of a namespace: what follows from its addresses, and the routes that somebody added. */
export function routingOf(interfaces: readonly Interface[], others: readonly Route[], { families, forwarding6 }: Families): Routing {
  const { local, main } = addressRoutes(interfaces)
  const tables = tablesOf(local, [...main, ...others.filter(({ destination }) => !destination.wide)])
  if (!families.includes('IPv6')) return { rules: DEFAULT_RULES, tables }
  const wide = addressRoutes6(interfaces, forwarding6)
  const tables6 = tablesOf(wide.local, [...wide.main, ...others.filter(({ destination }) => destination.wide)])
  return { rules: DEFAULT_RULES, tables, rules6: DEFAULT_RULES6, tables6 }
}

const tablesOf = (local: readonly Route[], main: readonly Route[]): ReadonlyMap<number, readonly Route[]> =>
  new Map([
    [TABLE_LOCAL, local],
    [TABLE_MAIN, main],
  ])

/** IP6_RT_PRIO_USER: what a route of IPv6 has that nobody gave a metric. */
const METRIC6 = 1024

export const viaGateway = (destination: Cidr, via: Ip, dev: string, origin: Origin, onlink = false): Route => ({
  type: 'unicast',
  destination,
  via,
  dev,
  scope: 'global',
  metric: destination.wide ? METRIC6 : 0,
  protocol: 'boot',
  ...(onlink && { onlink }),
  origin,
})

export const DEFAULT_DESTINATION = cidr(ANY, 0)
export const DEFAULT_DESTINATION6 = cidr(ANY6, 0)
export const defaultTo = (via: Ip): Cidr => (isIpv6(via) ? DEFAULT_DESTINATION6 : DEFAULT_DESTINATION)

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
  const wide = words.some((word, i) => words[i - 1] === 'via' && word.includes(':'))
  const prefix = target !== 'default' ? parseCidr(target) : wide ? DEFAULT_DESTINATION6 : DEFAULT_DESTINATION
  if (!prefix) return fail(`"${target}" is not a prefix`)
  const options = new Map<string, string>()
  let onlink = false
  while (words.length > 0) {
    const word = words.shift() ?? ''
    if (word === 'onlink') onlink = true
    else if (['via', 'dev', 'src', 'metric'].includes(word) && words.length > 0) options.set(word, words.shift() ?? '')
    else return fail(`"${word}" is not supported here`)
  }
  return bind(type ?? 'unicast', maskedCidr(prefix), options, onlink)
}

function bind(
  type: RouteArguments['type'],
  destination: Cidr,
  options: ReadonlyMap<string, string>,
  onlink: boolean,
): Result<RouteArguments, string> {
  const address = (name: string): Ip | undefined => parseIp(options.get(name) ?? '')
  for (const name of ['via', 'src']) if (options.has(name) && !address(name)) return fail(`"${options.get(name)}" is not an address`)
  const metric = Number(options.get('metric') ?? (destination.wide ? METRIC6 : 0))
  if (!Number.isInteger(metric) || metric < 0) return fail(`"${options.get('metric')}" is not a metric`)
  const [via, preferredSource, dev] = [address('via'), address('src'), options.get('dev')]
  for (const ip of [via, preferredSource])
    if (ip && isIpv6(ip) !== (destination.wide !== undefined)) return fail(`"${ip}" is of another family than the prefix`)
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
    via !== undefined && iface.addresses.some(({ prefix }) => prefix.length < fullLength(prefix) && contains(prefix, via))
  const dev = args.dev ?? [...interfaces.values()].find(reaches)?.name
  const scope = args.destination.wide ? 'global' : args.type === 'local' ? 'host' : args.type === 'unicast' && !via ? 'link' : 'global'
  const route = { ...rest, ...(via && { via }), ...(onlink && { onlink }), scope, protocol: 'boot', origin } as const
  if (args.type === 'blackhole' || args.type === 'unreachable' || args.type === 'prohibit')
    return ok(args.destination.wide ? { ...route, dev: 'lo' } : route)
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
