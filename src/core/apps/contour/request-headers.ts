/** Headers that Envoy tells the upstream of the client with (http/conn_manager_utility.cc), with use_remote_address and preserve_external_request_id as Contour sets them. */
import { hash } from '../../base/choose.ts'
import { type Cidr, contains, parseCidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import { appendedHeader, headerOf, type Headers, upgradeOf, withHeader, withoutHeader } from '../http.ts'
import type { Exchange } from '../program.ts'

const INTERNAL: readonly Cidr[] = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', 'fd00::/8', '::1/128'].flatMap(
  (text) => parseCidr(text) ?? [],
)
const HOP = ['connection', 'keep-alive', 'proxy-connection', 'te']
/** Of a client outside nobody believes these. */
const UNTRUSTED =
  /^x-envoy-(internal|external-address|expected-rq-timeout-ms|original-path|decorator-operation|downstream-service-cluster|retry-on|max-retries|upstream-.*|hedge-on-per-try-timeout|ip-tags)$/

export function requestHeaders({ request, connection }: Exchange, client: Ip, timeout: number): Headers {
  let headers: Headers = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  if (upgradeOf(request) === undefined) for (const name of HOP) headers = withoutHeader(headers, name)
  // Inside is who comes from a private address, and by nobody else.
  const internal = headerOf(headers, 'x-forwarded-for') === undefined && INTERNAL.some((prefix) => contains(prefix, client))
  headers = headers.filter(([name]) => !UNTRUSTED.test(name))
  headers = appendedHeader(headers, 'x-forwarded-for', client)
  headers = withHeader(headers, 'x-forwarded-proto', connection.tls ? 'https' : 'http')
  headers = internal ? withHeader(headers, 'x-envoy-internal', 'true') : withHeader(headers, 'x-envoy-external-address', client)
  if (headerOf(headers, 'x-request-id') === undefined)
    headers = withHeader(headers, 'x-request-id', uuid(`${client} ${connection.peerPort} ${connection.moment.now} ${request.target}`))
  if (timeout > 0) headers = withHeader(headers, 'x-envoy-expected-rq-timeout-ms', String(Math.round(timeout * 1000)))
  return withHeader(headers, 'x-request-start', `t=${connection.moment.now.toFixed(3)}`)
}

/** Version 4 in its form; made of the request, since nothing here is random. */
function uuid(seed: string): string {
  const digits = [1, 2, 3, 4].map((n) => hash(seed, n).toString(16).padStart(8, '0')).join('')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`
}
