/**
 * Connections and datagrams that Traefik passes on (pkg/server/router/tcp, pkg/server/router/udp, pkg/udp, v3). Approximate: an entry point that has routers of TLS expects TLS of everybody, where
 * Traefik looks at the first byte.
 */
import { type Ip, joinHostPort, parseIp } from '../../net/ip.ts'
import type { EntryPoint, UdpEntryPoint } from '../../cluster/traefik.ts'
import type { Accepted, ClientHello, DatagramDecision, Matched, Moment, StreamDecision } from '../program.ts'
import { pick } from './balance.ts'
import type { Dynamic, PortService, TcpRouter, UdpRouter } from './model.ts'
import { RuleError } from './rule.ts'
import { parseTcpRule, type TcpRule } from './tcp-rule.ts'

export interface TcpRoute {
  readonly router: TcpRouter
  readonly rule: TcpRule
  readonly priority: number
}

/** Routers whose rules can be read, the first to be asked first. */
export function tcpRoutesOf({ tcpRouters }: Dynamic, problem: (text: string, router: TcpRouter) => void): readonly TcpRoute[] {
  const routes = tcpRouters.flatMap((router): readonly TcpRoute[] => {
    try {
      const rule = parseTcpRule(router.rule)
      if (!router.tls && rule.hosts[0] !== undefined && rule.hosts[0] !== '*')
        throw new RuleError(`invalid rule: "${router.rule}", has HostSNI matcher, but no TLS on router`)
      return [{ router, rule, priority: router.priority ?? router.rule.length }]
    } catch (failure) {
      if (!(failure instanceof RuleError)) throw failure
      problem(failure.message, router)
      return []
    }
  })
  return routes.toSorted((a, b) => b.priority - a.priority)
}

const isOn = ({ entryPoints }: { readonly entryPoints: readonly string[] }, defaults: readonly string[], name: string): boolean =>
  (entryPoints.length > 0 ? entryPoints : defaults).includes(name)

/** Routers of an entry point, with TLS or without; one that names none is on all of the default ones. */
export const tcpRoutesOn = (
  routes: readonly TcpRoute[],
  defaults: readonly string[],
  { name }: Pick<EntryPoint, 'name'>,
  tls: boolean,
): readonly TcpRoute[] => routes.filter(({ router }) => router.tls === tls && isOn(router, defaults, name))

export const tcpRouteFor = (
  routes: readonly TcpRoute[],
  { serverName = '', alpn }: ClientHello,
  { peer }: Pick<Accepted, 'peer'>,
): TcpRoute | undefined => routes.find(({ rule }) => rule.matches({ serverName: serverName.toLowerCase(), client: peer, alpn }))

export const matchedRow = (table: 'tcp' | 'udp', { name, object }: TcpRouter | UdpRouter): readonly Matched[] => [
  { table, row: name, ...(object && { object }) },
]

export const tcpStreamTo = (router: TcpRouter, connection: Accepted): StreamDecision => ({
  ...chosen(`tcp ${router.name}`, router.services, connection.moment, /^tcp:/),
  matched: matchedRow('tcp', router),
})

/** A session goes to one server; with several routers on an entry point only the first is heard. */
export function datagramTo(routers: readonly UdpRouter[], entryPoint: UdpEntryPoint | undefined, { moment }: Accepted): DatagramDecision {
  const router = entryPoint && routers.find((each) => isOn(each, [entryPoint.name], entryPoint.name))
  const idle = entryPoint?.timeout ?? 0
  if (!router) return { to: undefined, why: 'no-route', idle }
  return { ...chosen(`udp ${router.name}`, router.services, moment, /^udp:/), matched: matchedRow('udp', router), idle }
}

const ASKED = { method: '', target: '', version: '1.1' as const, headers: [], body: '' }

/** A service by weight, a server of it in turn. */
function chosen(key: string, services: readonly PortService[], moment: Moment, scheme: RegExp): StreamDecision {
  const first = pick(key, services, undefined, ASKED, moment)
  const service = first && services[first.index]
  const candidates = (service?.servers ?? []).filter(({ url }) => scheme.test(url)).map(({ url }) => ({ name: url, weight: 1 }))
  const second = service && pick(`${key} ${service.name}`, candidates, undefined, ASKED, moment)
  const at = second && addressIn(candidates[second.index]?.name ?? '')
  if (!first || !second || !at) return { to: undefined, why: 'no-endpoints' }
  const { proxyHeader } = service
  return {
    to: { ...at, upstream: service.name, connectTimeout: 30, ...(proxyHeader && { proxyHeader }) },
    balance: {
      algorithm: 'wrr',
      upstream: service.name,
      endpoints: candidates.map(({ name }) => ({ address: addressText(name) })),
      chosen: second.index,
    },
    remember: [...first.remember, ...second.remember],
  }
}

function addressIn(url: string): { readonly address: Ip; readonly port: number } | undefined {
  const [, host = '', port = ''] = /^\w+:\/\/\[?(.+?)\]?:(\d+)$/.exec(url) ?? []
  const address = parseIp(host)
  return address && { address, port: Number(port) }
}

function addressText(url: string): string {
  const at = addressIn(url)
  return at ? joinHostPort(at.address, at.port) : url
}
