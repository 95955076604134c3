import type { ObjectMeta } from './meta.ts'

/** cloud.google.com/v1 (ingress-gce pkg/apis/backendconfig/v1): how a Service's backends are balanced, as far as anything here reads it. */
export interface BackendConfig {
  readonly apiVersion: 'cloud.google.com/v1'
  readonly kind: 'BackendConfig'
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly timeoutSec?: number
    readonly connectionDraining?: { readonly drainingTimeoutSec?: number }
    readonly sessionAffinity?: { readonly affinityType?: string; readonly affinityCookieTtlSec?: number }
    readonly customRequestHeaders?: { readonly headers?: readonly string[] }
    readonly customResponseHeaders?: { readonly headers?: readonly string[] }
    readonly healthCheck?: {
      readonly checkIntervalSec?: number
      readonly timeoutSec?: number
      readonly healthyThreshold?: number
      readonly unhealthyThreshold?: number
      readonly type?: string
      readonly port?: number
      readonly requestPath?: string
    }
  }
}

/** networking.gke.io/v1beta1 (ingress-gce pkg/apis/frontendconfig/v1beta1). */
export interface FrontendConfig {
  readonly apiVersion: 'networking.gke.io/v1beta1'
  readonly kind: 'FrontendConfig'
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly redirectToHttps?: { readonly enabled?: boolean; readonly responseCodeName?: string }
  }
}
