import type { ObjectMeta } from './meta.ts'

/** networking.k8s.io/v1 Ingress; older versions are read as this one (`ingress-legacy.ts`). */
export interface Ingress {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'Ingress'
  readonly metadata: ObjectMeta
  readonly spec: IngressSpec
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly IngressAddress[] } }
}

export interface IngressSpec {
  readonly ingressClassName?: string
  readonly defaultBackend?: IngressBackend
  readonly tls?: readonly IngressTls[]
  readonly rules?: readonly IngressRule[]
}

/** Without hosts the certificate is for whatever the rules name, as far as a controller cares. */
export interface IngressTls {
  readonly hosts?: readonly string[]
  readonly secretName?: string
}

/** Without `host`: every host. Without `http`: all of the host's requests go to the default backend. */
export interface IngressRule {
  readonly host?: string
  readonly http?: { readonly paths: readonly IngressPath[] }
}

export type PathType = 'Exact' | 'Prefix' | 'ImplementationSpecific'
export const PATH_TYPES: readonly PathType[] = ['Exact', 'Prefix', 'ImplementationSpecific']

export interface IngressPath {
  /** Empty or absent only where the type is ImplementationSpecific. */
  readonly path?: string
  readonly pathType: PathType
  readonly backend: IngressBackend
}

export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: IngressServicePort }
  readonly resource?: { readonly apiGroup?: string; readonly kind: string; readonly name: string }
}

/** One of the two. */
export interface IngressServicePort {
  readonly name?: string
  readonly number?: number
}

export interface IngressAddress {
  readonly ip?: string
  readonly hostname?: string
}

export interface IngressClass {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'IngressClass'
  readonly metadata: ObjectMeta
  readonly spec: {
    /** Which controllers it is for: `k8s.io/ingress-nginx`. */
    readonly controller: string
    readonly parameters?: {
      readonly apiGroup?: string
      readonly kind: string
      readonly name: string
      readonly scope?: string
      readonly namespace?: string
    }
  }
}

/** The annotation from before there were classes; controllers go on reading it. */
export const INGRESS_CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const DEFAULT_CLASS_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class'

export const isDefaultClass = ({ metadata }: IngressClass): boolean => metadata.annotations?.[DEFAULT_CLASS_ANNOTATION] === 'true'
