import { parse } from 'yaml'
import { contains, parseCidr, parseIpv4Cidr } from '../core/net/cidr.ts'
import { isIpv6, parseIp, parseIpv4 } from '../core/net/ip.ts'
import type { Site } from '../core/cluster/site.ts'
import type { InputFile } from '../core/engine.ts'
import { line } from './messages.ts'
import { UsageError } from './terminal.ts'

type Check = (value: unknown, path: string) => string | undefined

/** A user's own world outside the cluster (`--site FILE`), YAML or JSON of the shape of `Site`. Throws UsageError naming the first wrong field. */
export function readSite(file: InputFile): Site {
  let value: unknown
  try {
    value = parse(file.text)
  } catch (error) {
    throw new UsageError(line('error.file', { path: file.name, why: error instanceof Error ? error.message : String(error) }))
  }
  const wrong = SITE(value, '') ?? links(value as Site)
  if (wrong !== undefined) throw new UsageError(line('error.file', { path: file.name, why: wrong }))
  return value as Site
}

const is =
  (test: (value: unknown) => boolean, what: string): Check =>
  (value, path) =>
    test(value) ? undefined : `${path || 'site'}: expected ${what}, got ${JSON.stringify(value) ?? 'nothing'}`

const name = is((value) => typeof value === 'string' && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value), 'a name')
const ip = is((value) => typeof value === 'string' && parseIpv4(value) !== undefined, 'an IPv4 address')
const ip6 = is((value) => typeof value === 'string' && value.includes(':') && parseIp(value) !== undefined, 'an IPv6 address')
const anyIp = is((value) => typeof value === 'string' && parseIp(value) !== undefined, 'an IPv4 or IPv6 address')
const prefix = is((value) => typeof value === 'string' && value.includes('/') && parseIpv4Cidr(value) !== undefined, 'an IPv4 prefix')
const prefix6 = is((value) => typeof value === 'string' && value.includes('/') && parseCidr(value)?.wide !== undefined, 'an IPv6 prefix')
const route = is(
  (value) =>
    typeof value === 'string' &&
    /^(blackhole |unreachable |prohibit )?(default|\d[\d./]*|[0-9a-f]*:[0-9a-f:./]*)( (via|dev|src) \S+)*$/.test(value),
  'a route such as `default via 192.168.1.1`',
)
const optional =
  (check: Check): Check =>
  (value, path) =>
    value === undefined ? undefined : check(value, path)
const whole = (from: number, to: number): Check =>
  is((value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to, `a whole number from ${from} to ${to}`)
const oneOf = (...values: readonly unknown[]): Check => is((value) => values.includes(value), `one of ${values.join(', ')}`)

const listOf =
  (item: Check): Check =>
  (value, path) =>
    Array.isArray(value) ? firstOf(value.map((each, index) => () => item(each, `${path}[${index}]`))) : `${path}: expected a list`

const mapOf =
  (key: Check, item: Check): Check =>
  (value, path) =>
    isObject(value)
      ? firstOf(
          Object.entries(value).map(
            ([k, v]) =>
              () =>
                key(k, path) ?? item(v, `${path}.${k}`),
          ),
        )
      : `${path}: expected a mapping`

const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (!isObject(value)) return `${path || 'site'}: expected a mapping`
    const unknown = Object.keys(value).find((key) => !(key in fields))
    if (unknown !== undefined) return `${path ? `${path}.` : ''}${unknown}: unknown field`
    return firstOf(
      Object.entries(fields).map(
        ([key, check]) =>
          () =>
            check(value[key], path ? `${path}.${key}` : key),
      ),
    )
  }

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const wrong = check()
    if (wrong !== undefined) return wrong
  }
  return undefined
}

const SITE = shape({
  name,
  networks: listOf(shape({ name, cidr: prefix, cidr6: optional(prefix6), mtu: whole(576, 65535) })),
  hosts: listOf(
    shape({
      name,
      role: oneOf('router', 'client', 'balancer'),
      interfaces: listOf(shape({ name, network: name, address: ip, address6: optional(ip6) })),
      routes: listOf(route),
      forwards: oneOf(true, false),
      listens: listOf(shape({ protocol: oneOf('tcp', 'udp'), port: whole(1, 65535) })),
      balances: optional(shape({ scope: oneOf('external', 'internal'), pool: prefix })),
    }),
  ),
  nodeNetwork: name,
  nodeGateway: ip,
  nodeGateway6: optional(ip6),
  announcements: mapOf(anyIp, name),
  announceTo: listOf(name),
  podRoutes: optional(listOf(name)),
  cloud: optional(oneOf('gce', 'aws', 'azure')),
})

/** Names that point to nothing, and addresses outside their network. */
function links(site: Site): string | undefined {
  const networks = new Map(site.networks.map((network) => [network.name, network]))
  const hosts = new Set(site.hosts.map((host) => host.name))
  const outside = (network: string, address: string): string | undefined => {
    const known = networks.get(network)
    if (!known) return `no network '${network}'`
    const inside = parseIp(address)
    const prefix = parseCidr((isIpv6(address) ? known.cidr6 : known.cidr) ?? '')
    return inside && prefix && contains(prefix, inside) ? undefined : `${address} is not in network '${network}'`
  }
  for (const [h, host] of site.hosts.entries())
    for (const [i, { network, address, address6 }] of host.interfaces.entries()) {
      const wrong = outside(network, address) ?? (address6 === undefined ? undefined : outside(network, address6))
      if (wrong !== undefined) return `hosts[${h}].interfaces[${i}]: ${wrong}`
    }
  const gateway = outside(site.nodeNetwork, site.nodeGateway)
  if (gateway !== undefined) return `nodeGateway: ${gateway}`
  const gateway6 = site.nodeGateway6 === undefined ? undefined : outside(site.nodeNetwork, site.nodeGateway6)
  if (gateway6 !== undefined) return `nodeGateway6: ${gateway6}`
  const stranger = [...site.announceTo, ...(site.podRoutes ?? [])].find((host) => !hosts.has(host))
  if (stranger === undefined) return undefined
  return `${site.announceTo.includes(stranger) ? 'announceTo' : 'podRoutes'}: no host '${stranger}'`
}
