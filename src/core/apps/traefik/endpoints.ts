/** From a Service's port to the servers behind it, as Traefik's Kubernetes providers read it (loadService of each). */
import type { Endpoint, EndpointSlice } from '../../api/endpointslice.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import type { ObjectRef } from '../program.ts'
import type { Server } from './model.ts'

const joined = (address: string, port: number): string => `${address.includes(':') ? `[${address}]` : address}:${port}`

/** `http`, `https` by the port's number or name, unless an annotation or the object says. */
export const schemeOf = (port: ServicePort, given?: string): string =>
  given || (port.port === 443 || (port.name ?? '').startsWith('https') ? 'https' : 'http')

const refOf = ({ targetRef }: Endpoint): ObjectRef | undefined =>
  targetRef && {
    kind: targetRef.kind,
    ...(targetRef.namespace !== undefined && { namespace: targetRef.namespace }),
    name: targetRef.name,
  }

/** A slice's port has to have the very name of the Service's. Endpoints that terminate but serve are fenced. */
export function serversOf(
  slices: readonly EndpointSlice[],
  port: ServicePort,
  scheme: string,
  ready: 'ready' | 'serving' = 'serving',
): readonly Server[] {
  const servers = new Map<string, Server>()
  for (const { ports, endpoints } of slices) {
    const number = (ports ?? []).find(({ name }) => (name ?? '') === (port.name ?? ''))?.port ?? 0
    if (number === 0) continue
    for (const endpoint of endpoints ?? []) {
      const { ready: isReady, serving, terminating } = endpoint.conditions ?? {}
      if (ready === 'ready' ? isReady !== true : serving === false) continue
      const object = refOf(endpoint)
      for (const address of endpoint.addresses)
        if (!servers.has(address))
          servers.set(address, {
            url: `${scheme}://${joined(address, number)}`,
            ...(object && { object }),
            ...(terminating && { fenced: true }),
          })
    }
  }
  return [...servers.values()]
}

/** One server in place of all: the Service's own address, a name outside, or every node. */
export const serverAt = (address: string, port: number, scheme: string): Server => ({ url: `${scheme}://${joined(address, port)}` })

export const refOfService = ({ metadata }: Service): ObjectRef => ({
  kind: 'Service',
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
})
