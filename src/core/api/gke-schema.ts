/** Shapes of GKE's own kinds. What is not simulated is opaque. */
import { kindOf } from './meta-schema.ts'
import { boolean, integer, listOf, object, oneOf, opaque, opaques, string } from './schema.ts'

const headers = object('CustomHeadersConfig', { headers: listOf(string()) })

export const BACKEND_CONFIG = kindOf('BackendConfig', {
  spec: object('BackendConfigSpec', {
    timeoutSec: integer(0),
    connectionDraining: object('ConnectionDrainingConfig', { drainingTimeoutSec: integer(0) }),
    sessionAffinity: object('SessionAffinityConfig', { affinityType: string(), affinityCookieTtlSec: integer(0) }),
    customRequestHeaders: headers,
    customResponseHeaders: headers,
    healthCheck: object('HealthCheckConfig', {
      checkIntervalSec: integer(),
      timeoutSec: integer(),
      healthyThreshold: integer(),
      unhealthyThreshold: integer(),
      type: string(),
      port: integer(0, 65535),
      requestPath: string(),
    }),
    ...opaques('iap cdn securityPolicy logging'),
  }),
  status: opaque,
})

export const FRONTEND_CONFIG = kindOf('FrontendConfig', {
  spec: object('FrontendConfigSpec', {
    redirectToHttps: object('HttpsRedirectConfig', {
      enabled: boolean,
      responseCodeName: oneOf('MOVED_PERMANENTLY_DEFAULT', 'FOUND', 'SEE_OTHER', 'TEMPORARY_REDIRECT', 'PERMANENT_REDIRECT', ''),
    }),
    ...opaques('sslPolicy'),
  }),
  status: opaque,
})
