import { sha256Base32 } from '../../../base/sha256.ts'
import type { EndpointInfo } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'

/**
 * Names of the chains and sets that belong to one service port (kubernetes pkg/proxy/nftables/proxier.go, v1.30): readable, with a hash in front that
 * keeps them apart when they must be cut.
 */
const LONGEST = 240

export type PortChain = 'service' | 'local' | 'external' | 'firewall'

interface Names {
  readonly base: string
  /** `ns/svc/proto/port`. */
  readonly port: string
  readonly endpoints: Map<string, string>
}

const names = new WeakMap<ServicePortInfo, Names>()

function namesOf(port: ServicePortInfo): Names {
  let known = names.get(port)
  if (!known) {
    const text = portKey(port)
    names.set(port, (known = { base: hashed(text), port: text, endpoints: new Map() }))
  }
  return known
}

/** `default/web/tcp/http`: what tells service ports apart in names. */
export const portKey = ({ service: { metadata }, protocol, portName }: ServicePortInfo): string =>
  `${metadata.namespace ?? 'default'}/${metadata.name}/${protocol}/${portName}`

function hashed(text: string): string {
  const name = `${sha256Base32(text).slice(0, 8)}-${text}`
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 3)}...` : name
}

export const portChain = (kind: PortChain, port: ServicePortInfo): string => `${kind}-${namesOf(port).base}`

/** What the chain of an endpoint and its set of affinities are called behind their first word. Colons may not be in names. */
export function endpointBase(port: ServicePortInfo, { address }: EndpointInfo): string {
  const { port: text, endpoints } = namesOf(port)
  let base = endpoints.get(address)
  if (base === undefined) {
    const colon = address.lastIndexOf(':')
    const ip = address
      .slice(0, colon)
      .replace(/^\[|\]$/g, '')
      .replaceAll(':', '.')
    base = hashed(`${text}__${ip}/${address.slice(colon + 1)}`)
    endpoints.set(address, base)
  }
  return base
}

/** `default/web/tcp/http` out of the name of any chain or set of that port; undefined for names that are no port's. */
export const portKeyIn = (name: string): string | undefined =>
  /^(?:service|local|external|firewall|endpoint|affinity)-[A-Z2-7]{8}-([^_]+)(?:__.*)?$/.exec(name)?.[1]
