/** Shapes of the Gateway API's kinds (its CRDs of release 1.3, with the fields that later releases and the experimental channel add). */
import { kindOf, LABEL_SELECTOR } from './meta-schema.ts'
import { boolean, integer, listOf, object, oneOf, opaque, string, type Schema } from './schema.ts'

const port = integer(1, 65535)
const opaqueStatus = { status: opaque }

const PARENT = object(
  'ParentReference',
  { group: string(), kind: string(), namespace: string(), name: string(), sectionName: string(), port },
  'name',
)

const header = object('HTTPHeader', { name: string(), value: string() }, 'name')
const MODIFIER = object('HTTPHeaderFilter', {
  set: listOf(header, { unique: 'name' }),
  add: listOf(header, { unique: 'name' }),
  remove: listOf(string()),
})
const PATH_MODIFIER = object(
  'HTTPPathModifier',
  { type: oneOf('ReplaceFullPath', 'ReplacePrefixMatch'), replaceFullPath: string(), replacePrefixMatch: string() },
  'type',
)

const reference = { group: string(), kind: string(), namespace: string(), name: string() }
const PLAIN_BACKEND = object('BackendObjectReference', { ...reference, port }, 'name')

const FILTER = object(
  'HTTPRouteFilter',
  {
    type: oneOf(
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
      'RequestMirror',
      'RequestRedirect',
      'URLRewrite',
      'ExtensionRef',
      'CORS',
      'ExternalAuth',
    ),
    requestHeaderModifier: MODIFIER,
    responseHeaderModifier: MODIFIER,
    requestMirror: object(
      'HTTPRequestMirrorFilter',
      {
        backendRef: PLAIN_BACKEND,
        percent: integer(0, 100),
        fraction: object('Fraction', { numerator: integer(), denominator: integer() }, 'numerator'),
      },
      'backendRef',
    ),
    requestRedirect: object('HTTPRequestRedirectFilter', {
      scheme: oneOf('http', 'https'),
      hostname: string(),
      path: PATH_MODIFIER,
      port,
      statusCode: { kind: 'integer' },
    }),
    urlRewrite: object('HTTPURLRewriteFilter', { hostname: string(), path: PATH_MODIFIER }),
    cors: object('HTTPCORSFilter', {
      allowOrigins: listOf(string()),
      allowCredentials: boolean,
      allowMethods: listOf(string()),
      allowHeaders: listOf(string()),
      exposeHeaders: listOf(string()),
      maxAge: { kind: 'integer' },
    }),
    externalAuth: opaque,
    extensionRef: object('LocalObjectReference', reference, 'name'),
  },
  'type',
)

const BACKEND = object('HTTPBackendRef', { ...reference, port, weight: integer(0, 1_000_000), filters: listOf(FILTER) }, 'name')

const named = (go: string): Schema =>
  object(go, { type: oneOf('Exact', 'RegularExpression'), name: string(), value: string() }, 'name', 'value')

const route = (go: string, rule: Schema): ReturnType<typeof kindOf> =>
  kindOf(
    go,
    {
      spec: object(`${go}Spec`, {
        parentRefs: listOf(PARENT),
        hostnames: listOf(string()),
        rules: listOf(rule),
        useDefaultGateways: opaque,
      }),
      ...opaqueStatus,
    },
    'spec',
  )

const ruleFields = { name: string(), filters: listOf(FILTER), backendRefs: listOf(BACKEND), sessionPersistence: opaque }

export const HTTP_ROUTE = route(
  'HTTPRoute',
  object('HTTPRouteRule', {
    ...ruleFields,
    matches: listOf(
      object('HTTPRouteMatch', {
        path: object('HTTPPathMatch', { type: oneOf('Exact', 'PathPrefix', 'RegularExpression'), value: string() }),
        headers: listOf(named('HTTPHeaderMatch')),
        queryParams: listOf(named('HTTPQueryParamMatch')),
        method: oneOf('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'),
      }),
    ),
    timeouts: object('HTTPRouteTimeouts', { request: string(), backendRequest: string() }),
    retry: opaque,
  }),
)

export const GRPC_ROUTE = route(
  'GRPCRoute',
  object('GRPCRouteRule', {
    ...ruleFields,
    matches: listOf(
      object('GRPCRouteMatch', {
        method: object('GRPCMethodMatch', { type: oneOf('Exact', 'RegularExpression'), service: string(), method: string() }),
        headers: listOf(named('GRPCHeaderMatch')),
      }),
    ),
  }),
)

export const TLS_ROUTE = route('TLSRoute', object('TLSRouteRule', { name: string(), backendRefs: listOf(BACKEND) }))

const portRoute = (go: 'TCPRoute' | 'UDPRoute'): ReturnType<typeof kindOf> =>
  kindOf(
    go,
    {
      spec: object(
        `${go}Spec`,
        {
          parentRefs: listOf(PARENT),
          rules: listOf(object(`${go}Rule`, { name: string(), backendRefs: listOf(BACKEND) })),
          useDefaultGateways: opaque,
        },
        'rules',
      ),
      ...opaqueStatus,
    },
    'spec',
  )

export const TCP_ROUTE = portRoute('TCPRoute')
export const UDP_ROUTE = portRoute('UDPRoute')

export const GATEWAY_CLASS = kindOf(
  'GatewayClass',
  {
    spec: object('GatewayClassSpec', { controllerName: string(), parametersRef: opaque, description: string() }, 'controllerName'),
    ...opaqueStatus,
  },
  'spec',
)

const LISTENER = object(
  'Listener',
  {
    name: string(),
    hostname: string(),
    port,
    protocol: string(),
    tls: object('ListenerTLSConfig', {
      mode: oneOf('Terminate', 'Passthrough'),
      certificateRefs: listOf(object('SecretObjectReference', reference, 'name')),
      options: opaque,
      frontendValidation: opaque,
    }),
    allowedRoutes: object('AllowedRoutes', {
      namespaces: object('RouteNamespaces', { from: oneOf('All', 'Selector', 'Same', 'None'), selector: LABEL_SELECTOR }),
      kinds: listOf(object('RouteGroupKind', { group: string(), kind: string() }, 'kind')),
    }),
  },
  'name',
  'port',
  'protocol',
)

export const GATEWAY = kindOf(
  'Gateway',
  {
    spec: object(
      'GatewaySpec',
      {
        gatewayClassName: string(),
        listeners: listOf(LISTENER, { unique: 'name' }),
        addresses: listOf(object('GatewaySpecAddress', { type: string(), value: string() })),
        infrastructure: opaque,
        backendTLS: opaque,
        tls: opaque,
        allowedListeners: opaque,
        defaultScope: opaque,
      },
      'gatewayClassName',
      'listeners',
    ),
    ...opaqueStatus,
  },
  'spec',
)

const target = { group: string(), kind: string(), name: string() }

export const BACKEND_TLS_POLICY = kindOf(
  'BackendTLSPolicy',
  {
    spec: object(
      'BackendTLSPolicySpec',
      {
        targetRefs: listOf(object('LocalPolicyTargetReferenceWithSectionName', { ...target, sectionName: string() }, 'kind', 'name')),
        validation: object(
          'BackendTLSPolicyValidation',
          {
            caCertificateRefs: listOf(object('LocalObjectReference', target, 'kind', 'name')),
            wellKnownCACertificates: string(),
            hostname: string(),
            subjectAltNames: opaque,
          },
          'hostname',
        ),
        options: opaque,
      },
      'targetRefs',
      'validation',
    ),
    ...opaqueStatus,
  },
  'spec',
)

export const REFERENCE_GRANT = kindOf(
  'ReferenceGrant',
  {
    spec: object(
      'ReferenceGrantSpec',
      {
        from: listOf(object('ReferenceGrantFrom', { group: string(), kind: string(), namespace: string() }, 'kind', 'namespace')),
        to: listOf(object('ReferenceGrantTo', { group: string(), kind: string(), name: string() }, 'kind')),
      },
      'from',
      'to',
    ),
  },
  'spec',
)
