/** The shape of Contour's HTTPProxy (apis/projectcontour/v1, v1.30). What is not simulated is opaque. */
import { kindOf } from './meta-schema.ts'
import { boolean, integer, listOf, object, oneOf, opaques, string } from './schema.ts'

const value = {
  name: string(),
  present: boolean,
  exact: string(),
  notexact: string(),
  contains: string(),
  notcontains: string(),
  regex: string(),
  ignoreCase: boolean,
}
const CONDITION = object('MatchCondition', {
  prefix: string(),
  exact: string(),
  regex: string(),
  header: object('HeaderMatchCondition', { ...value, notpresent: boolean, treatMissingAsEmpty: boolean }, 'name'),
  queryParameter: object('QueryParameterMatchCondition', { ...value, prefix: string(), suffix: string() }, 'name'),
})
const conditions = listOf(CONDITION)

const headers = object('HeadersPolicy', {
  set: listOf(object('HeaderValue', { name: string(), value: string() }, 'name', 'value')),
  remove: listOf(string()),
})
const SERVICE = object(
  'Service',
  {
    name: string(),
    port: integer(1, 65535),
    weight: integer(0),
    mirror: boolean,
    protocol: oneOf('h2', 'h2c', 'tls'),
    requestHeadersPolicy: headers,
    responseHeadersPolicy: headers,
    ...opaques('validation healthPort cookieRewritePolicies slowStartPolicy'),
  },
  'name',
  'port',
)
const balancing = object('LoadBalancerPolicy', {
  strategy: string(),
  requestHashPolicies: listOf(
    object('RequestHashPolicy', {
      terminal: boolean,
      hashSourceIP: boolean,
      headerHashOptions: object('HeaderHashOptions', { headerName: string() }),
      queryParameterHashOptions: object('QueryParameterHashOptions', { parameterName: string() }),
    }),
  ),
})
const sources = listOf(object('IPFilterPolicy', { source: oneOf('Peer', 'Remote'), cidr: string() }, 'source', 'cidr'))

const ROUTE = object('Route', {
  conditions,
  services: listOf(SERVICE),
  enableWebsockets: boolean,
  permitInsecure: boolean,
  pathRewritePolicy: object('PathRewritePolicy', {
    replacePrefix: listOf(object('ReplacePrefix', { prefix: string(), replacement: string() }, 'replacement')),
  }),
  requestHeadersPolicy: headers,
  responseHeadersPolicy: headers,
  timeoutPolicy: object('TimeoutPolicy', { response: string(), ...opaques('idle idleConnection') }),
  retryPolicy: object('RetryPolicy', { count: integer(), retryOn: listOf(string()), ...opaques('perTryTimeout retriableStatusCodes') }),
  loadBalancerPolicy: balancing,
  requestRedirectPolicy: object('HTTPRequestRedirectPolicy', {
    scheme: oneOf('http', 'https'),
    hostname: string(),
    port: integer(1, 65535),
    statusCode: integer(),
    path: string(),
    prefix: string(),
  }),
  directResponsePolicy: object('HTTPDirectResponsePolicy', { statusCode: integer(200, 599), body: string() }, 'statusCode'),
  ipAllowPolicy: sources,
  ipDenyPolicy: sources,
  ...opaques('authPolicy healthCheckPolicy rateLimitPolicy cookieRewritePolicies jwtVerificationPolicy internalRedirectPolicy'),
})

export const HTTP_PROXY = kindOf(
  'HTTPProxy',
  {
    spec: object('HTTPProxySpec', {
      virtualhost: object(
        'VirtualHost',
        {
          fqdn: string(),
          tls: object('TLS', {
            secretName: string(),
            passthrough: boolean,
            ...opaques('minimumProtocolVersion maximumProtocolVersion clientValidation enableFallbackCertificate'),
          }),
          ipAllowPolicy: sources,
          ipDenyPolicy: sources,
          ...opaques('authorization corsPolicy rateLimitPolicy jwtProviders'),
        },
        'fqdn',
      ),
      ingressClassName: string(),
      routes: listOf(ROUTE),
      includes: listOf(object('Include', { name: string(), namespace: string(), conditions }, 'name')),
      tcpproxy: object('TCPProxy', {
        services: listOf(SERVICE),
        loadBalancerPolicy: balancing,
        ...opaques('include includes healthCheckPolicy'),
      }),
    }),
    ...opaques('status'),
  },
  'spec',
)
