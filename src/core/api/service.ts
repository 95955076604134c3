import type { IntOrString, ObjectMeta, TransportProtocol } from './meta.ts'

/** After defaulting (defaults.ts): what an API server would have stored. */
export interface Service {
  readonly apiVersion: 'v1'
  readonly kind: 'Service'
  readonly metadata: ObjectMeta
  readonly spec: ServiceSpec
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string; readonly ipMode?: 'VIP' | 'Proxy' }[]
    }
  }
}

export interface ServiceSpec {
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
  /** `None` for headless. */
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[]
  readonly ipFamilyPolicy?: string
  readonly selector?: Readonly<Record<string, string>>
  readonly ports?: readonly ServicePort[]
  readonly externalIPs?: readonly string[]
  readonly externalName?: string
  readonly loadBalancerIP?: string
  readonly loadBalancerClass?: string
  readonly loadBalancerSourceRanges?: readonly string[]
  readonly allocateLoadBalancerNodePorts?: boolean
  readonly internalTrafficPolicy?: 'Cluster' | 'Local'
  readonly externalTrafficPolicy?: 'Cluster' | 'Local'
  readonly healthCheckNodePort?: number
  readonly publishNotReadyAddresses?: boolean
  readonly sessionAffinity?: 'None' | 'ClientIP'
  readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } }
  readonly trafficDistribution?: string
}

export interface ServicePort {
  readonly name?: string
  readonly protocol?: TransportProtocol
  readonly port: number
  readonly targetPort?: IntOrString
  readonly nodePort?: number
  readonly appProtocol?: string
}

/** The ranges of the field, else of the annotation from before there was one (pkg/api/service/util.go); none means everybody. Only load balancers heed the annotation. */
export function sourceRangesOf({ metadata, spec }: Service): readonly string[] {
  if (spec.loadBalancerSourceRanges && spec.loadBalancerSourceRanges.length > 0)
    return spec.loadBalancerSourceRanges.map((range) => range.trim())
  const annotation = metadata.annotations?.['service.beta.kubernetes.io/load-balancer-source-ranges'] ?? ''
  return annotation.split(',').flatMap((range) => range.trim() || [])
}

/** service.kubernetes.io/load-balancer-cleanup: whoever fulfils a Service of type LoadBalancer marks it so (KEP-980). */
export const LOAD_BALANCER_CLEANUP = 'service.kubernetes.io/load-balancer-cleanup'
