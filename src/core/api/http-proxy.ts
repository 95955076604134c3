import type { IngressAddress } from './ingress.ts'
import type { ObjectMeta } from './meta.ts'

/** projectcontour.io/v1, as far as anything here reads it. A root has a virtual host; others are included by one. */
export interface HTTPProxy {
  readonly apiVersion: 'projectcontour.io/v1'
  readonly kind: 'HTTPProxy'
  readonly metadata: ObjectMeta
  readonly spec: HTTPProxySpec
  readonly status?: HTTPProxyStatus
}

export interface HTTPProxySpec {
  readonly virtualhost?: {
    readonly fqdn: string
    readonly tls?: { readonly secretName?: string; readonly passthrough?: boolean }
    readonly ipAllowPolicy?: readonly IpFilter[]
    readonly ipDenyPolicy?: readonly IpFilter[]
  }
  readonly ingressClassName?: string
  readonly routes?: readonly ProxyRoute[]
  readonly includes?: readonly ProxyInclude[]
  readonly tcpproxy?: { readonly services?: readonly ProxyService[]; readonly loadBalancerPolicy?: LoadBalancerPolicy }
}

export interface IpFilter {
  readonly source: 'Peer' | 'Remote'
  readonly cidr: string
}

/** One field of a condition says what it asks. */
export interface ProxyCondition {
  readonly prefix?: string
  readonly exact?: string
  readonly regex?: string
  readonly header?: ValueCondition & { readonly notpresent?: boolean; readonly treatMissingAsEmpty?: boolean }
  readonly queryParameter?: ValueCondition & { readonly prefix?: string; readonly suffix?: string }
}

export interface ValueCondition {
  readonly name: string
  readonly present?: boolean
  readonly exact?: string
  readonly notexact?: string
  readonly contains?: string
  readonly notcontains?: string
  readonly regex?: string
  readonly ignoreCase?: boolean
}

export interface ProxyInclude {
  readonly name: string
  readonly namespace?: string
  readonly conditions?: readonly ProxyCondition[]
}

export interface HeadersPolicy {
  readonly set?: readonly { readonly name: string; readonly value: string }[]
  readonly remove?: readonly string[]
}

export interface ProxyService {
  readonly name: string
  readonly port: number
  readonly weight?: number
  readonly mirror?: boolean
  readonly protocol?: 'h2' | 'h2c' | 'tls'
  readonly requestHeadersPolicy?: HeadersPolicy
  readonly responseHeadersPolicy?: HeadersPolicy
}

export interface LoadBalancerPolicy {
  readonly strategy?: string
  readonly requestHashPolicies?: readonly {
    readonly terminal?: boolean
    readonly hashSourceIP?: boolean
    readonly headerHashOptions?: { readonly headerName?: string }
    readonly queryParameterHashOptions?: { readonly parameterName?: string }
  }[]
}

export interface ProxyRoute {
  readonly conditions?: readonly ProxyCondition[]
  readonly services?: readonly ProxyService[]
  readonly enableWebsockets?: boolean
  readonly permitInsecure?: boolean
  readonly pathRewritePolicy?: { readonly replacePrefix?: readonly { readonly prefix?: string; readonly replacement: string }[] }
  readonly requestHeadersPolicy?: HeadersPolicy
  readonly responseHeadersPolicy?: HeadersPolicy
  readonly timeoutPolicy?: { readonly response?: string }
  readonly retryPolicy?: { readonly count?: number; readonly retryOn?: readonly string[] }
  readonly loadBalancerPolicy?: LoadBalancerPolicy
  readonly requestRedirectPolicy?: {
    readonly scheme?: string
    readonly hostname?: string
    readonly port?: number
    readonly statusCode?: number
    readonly path?: string
    readonly prefix?: string
  }
  readonly directResponsePolicy?: { readonly statusCode: number; readonly body?: string }
  readonly ipAllowPolicy?: readonly IpFilter[]
  readonly ipDenyPolicy?: readonly IpFilter[]
}

export interface HTTPProxyStatus {
  readonly currentStatus?: 'valid' | 'invalid' | 'orphaned'
  readonly description?: string
  readonly conditions?: readonly unknown[]
  readonly loadBalancer?: { readonly ingress?: readonly IngressAddress[] }
}
