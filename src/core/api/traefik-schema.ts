/** Shapes of Traefik's own kinds (docs/content/reference/dynamic-configuration/kubernetes-crd-definition, v3). Middlewares that are not simulated are opaque. */
import { kindOf } from './meta-schema.ts'
import { boolean, integer, intOrString, listOf, mapOf, object, opaque, opaques, oneOf, string } from './schema.ts'

const STICKY = object('Sticky', {
  cookie: object('Cookie', {
    name: string(),
    secure: boolean,
    httpOnly: boolean,
    sameSite: string(),
    maxAge: integer(),
    path: string(),
    domain: string(),
  }),
})

const service = {
  kind: oneOf('Service', 'TraefikService'),
  name: string(),
  namespace: string(),
  port: intOrString,
  scheme: string(),
  weight: integer(),
  passHostHeader: boolean,
  sticky: STICKY,
  nativeLB: boolean,
  ...opaques('strategy responseForwarding serversTransport nodePortLB healthCheck passiveHealthCheck middlewares'),
}
const SERVICE = object('LoadBalancerSpec', service, 'name')
const REFERENCE = object('MiddlewareRef', { name: string(), namespace: string() }, 'name')

export const INGRESS_ROUTE = kindOf(
  'IngressRoute',
  {
    spec: object(
      'IngressRouteSpec',
      {
        entryPoints: listOf(string()),
        routes: listOf(
          object(
            'Route',
            {
              kind: string(),
              match: string(),
              priority: integer(),
              syntax: string(),
              services: listOf(SERVICE),
              middlewares: listOf(REFERENCE),
              observability: opaque,
            },
            'match',
          ),
        ),
        tls: object('TLS', { secretName: string(), options: REFERENCE, ...opaques('store certResolver domains') }),
        parentRefs: opaque,
        ingressClassName: opaque,
      },
      'routes',
    ),
    status: opaque,
  },
  'spec',
)

const strings = listOf(string())

export const MIDDLEWARE = kindOf(
  'Middleware',
  {
    spec: object('MiddlewareSpec', {
      addPrefix: object('AddPrefix', { prefix: string() }),
      stripPrefix: object('StripPrefix', { prefixes: strings, forceSlash: boolean }),
      stripPrefixRegex: object('StripPrefixRegex', { regex: strings }),
      replacePath: object('ReplacePath', { path: string() }),
      replacePathRegex: object('ReplacePathRegex', { regex: string(), replacement: string() }),
      redirectScheme: object('RedirectScheme', { scheme: string(), port: string(), permanent: boolean }),
      redirectRegex: object('RedirectRegex', { regex: string(), replacement: string(), permanent: boolean }),
      headers: object('Headers', {
        customRequestHeaders: mapOf(string()),
        customResponseHeaders: mapOf(string()),
        ...opaques(
          'accessControlAllowCredentials accessControlAllowHeaders accessControlAllowMethods accessControlAllowOriginList accessControlAllowOriginListRegex accessControlExposeHeaders accessControlMaxAge addVaryHeader allowedHosts hostsProxyHeaders sslRedirect sslTemporaryRedirect sslHost sslProxyHeaders sslForceHost stsSeconds stsIncludeSubdomains stsPreload forceSTSHeader frameDeny customFrameOptionsValue contentTypeNosniff browserXssFilter customBrowserXSSValue contentSecurityPolicy contentSecurityPolicyReportOnly publicKey referrerPolicy featurePolicy permissionsPolicy isDevelopment',
        ),
      }),
      ipAllowList: object('IPAllowList', { sourceRange: strings, rejectStatusCode: integer(), ipStrategy: opaque }),
      ipWhiteList: object('IPWhiteList', { sourceRange: strings, ipStrategy: opaque }),
      chain: object('Chain', { middlewares: listOf(REFERENCE) }),
      ...opaques(
        'basicAuth digestAuth forwardAuth errors rateLimit inFlightReq buffering circuitBreaker compress passTLSClientCert retry contentType grpcWeb plugin encodedCharacters',
      ),
    }),
  },
  'spec',
)

export const TRAEFIK_SERVICE = kindOf(
  'TraefikService',
  {
    spec: object('TraefikServiceSpec', {
      weighted: object('WeightedRoundRobin', { services: listOf(SERVICE), sticky: STICKY }),
      mirroring: object('Mirroring', {
        ...service,
        ...opaques('maxBodySize mirrorBody'),
        mirrors: listOf(object('MirrorService', { ...service, percent: integer() }, 'name')),
      }),
      highestRandomWeight: opaque,
      failover: opaque,
    }),
  },
  'spec',
)

const portService = {
  name: string(),
  namespace: string(),
  port: intOrString,
  weight: integer(),
  nativeLB: boolean,
  ...opaques('nodePortLB'),
}
const PORT_SERVICE_UDP = object('ServiceUDP', portService, 'name', 'port')
const PORT_SERVICE_TCP = object(
  'ServiceTCP',
  {
    ...portService,
    proxyProtocol: object('ProxyProtocol', { version: integer(1, 2) }),
    ...opaques('terminationDelay tls serversTransport'),
  },
  'name',
  'port',
)

export const INGRESS_ROUTE_TCP = kindOf(
  'IngressRouteTCP',
  {
    spec: object(
      'IngressRouteTCPSpec',
      {
        entryPoints: strings,
        routes: listOf(
          object(
            'RouteTCP',
            {
              match: string(),
              priority: integer(),
              syntax: string(),
              services: listOf(PORT_SERVICE_TCP),
              middlewares: opaque,
            },
            'match',
          ),
        ),
        tls: object('TLSTCP', { secretName: string(), passthrough: boolean, ...opaques('options store certResolver domains') }),
        ingressClassName: opaque,
      },
      'routes',
    ),
  },
  'spec',
)

export const INGRESS_ROUTE_UDP = kindOf(
  'IngressRouteUDP',
  {
    spec: object(
      'IngressRouteUDPSpec',
      { entryPoints: strings, routes: listOf(object('RouteUDP', { services: listOf(PORT_SERVICE_UDP) })), ingressClassName: opaque },
      'routes',
    ),
  },
  'spec',
)
