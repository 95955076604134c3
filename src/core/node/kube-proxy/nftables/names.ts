import { sha256Base32 } from '../../../base/sha256.ts'
import { isIpv6 } from '../../../net/ip.ts'
import type { EndpointInfo } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'

/**
 * Names of the chains and sets that belong to one service port (kubernetes pkg/proxy/nftables/proxier.go, v1.30): readable, with a hash in front that
 * keeps them apart when they must be cut.
 */
const LONGEST = 240

export type PortChain = 'service' | 'local' | 'external' | 'firewall'

const bases = new WeakMap<ServicePortInfo, string>()

function baseOf(port: ServicePortInfo): string {
  let base = bases.get(port)
  if (base === undefined) bases.set(port, (base = hashed(portKey(port))))
  return base
}

/** `default/web/tcp/http`: what tells service ports apart in names. */
export const portKey = ({ service: { metadata }, protocol, portName }: ServicePortInfo): string =>
  `${metadata.namespace ?? 'default'}/${metadata.name}/${protocol}/${portName}`

function hashed(text: string): string {
  const name = `${sha256Base32(text).slice(0, 8)}-${text}`
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 3)}...` : name
}

export const portChain = (kind: PortChain, port: ServicePortInfo): string => `${kind}-${baseOf(port)}`

/** What the chain of an endpoint and its set of affinities are called behind their first word; `key` is that of the port. Colons may not be in names. */
export function endpointBase(key: string, { ip, address }: EndpointInfo): string {
  const brackets = isIpv6(ip)
  const number = address.slice(ip.length + (brackets ? 3 : 1))
  return hashed(`${key}__${brackets ? ip.replaceAll(':', '.') : ip}/${number}`)
}

/** `default/web/tcp/http` out of the name of any chain or set of that port; undefined for names that are no port's. */
export const portKeyIn = (name: string): string | undefined =>
  /^(?:service|local|external|firewall|endpoint|affinity)-[A-Z2-7]{8}-([^_]+)(?:__.*)?$/.exec(name)?.[1]
