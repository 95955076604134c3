import type { ObjectMeta, TransportProtocol } from './meta.ts'

export interface EndpointSlice {
  readonly apiVersion: 'discovery.k8s.io/v1'
  readonly kind: 'EndpointSlice'
  /** Label `kubernetes.io/service-name` says whose. */
  readonly metadata: ObjectMeta
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly ports?: readonly {
    readonly name?: string
    readonly port?: number
    readonly protocol?: TransportProtocol
    readonly appProtocol?: string
  }[]
  readonly endpoints?: readonly Endpoint[]
}

export interface Endpoint {
  readonly addresses: readonly string[]
  /** Absent conditions count as ready and serving, not terminating. */
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
  readonly nodeName?: string
  readonly zone?: string
  readonly hostname?: string
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[] }
  readonly targetRef?: { readonly kind: string; readonly namespace?: string; readonly name: string; readonly uid?: string }
}

export interface Endpoints {
  readonly apiVersion: 'v1'
  readonly kind: 'Endpoints'
  readonly metadata: ObjectMeta
  readonly subsets?: readonly {
    readonly addresses?: readonly EndpointAddress[]
    readonly notReadyAddresses?: readonly EndpointAddress[]
    readonly ports?: readonly {
      readonly name?: string
      readonly port: number
      readonly protocol?: TransportProtocol
      readonly appProtocol?: string
    }[]
  }[]
}

export interface EndpointAddress {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: { readonly kind: string; readonly namespace?: string; readonly name: string }
}

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'
