/** Shapes of Contour's settings (apis/projectcontour/v1alpha1, v1.30). What is not simulated is opaque. */
import { kindOf } from './meta-schema.ts'
import { integer, object, opaque, opaques, string } from './schema.ts'

export const CONTOUR_CONFIGURATION = kindOf(
  'ContourConfiguration',
  {
    spec: object('ContourConfigurationSpec', {
      gateway: object('GatewayConfig', {
        gatewayRef: object('NamespacedName', { namespace: string(), name: string() }, 'namespace', 'name'),
      }),
      ...opaques(
        'xdsServer ingress debug health envoy httpproxy enableExternalNameService globalExtAuth rateLimitService policy metrics tracing featureFlags',
      ),
    }),
    status: opaque,
  },
  'spec',
)

const deployment = object('DeploymentSettings', { replicas: integer(0), strategy: opaque })

export const CONTOUR_DEPLOYMENT = kindOf('ContourDeployment', {
  spec: object('ContourDeploymentSpec', {
    contour: object('ContourSettings', {
      replicas: integer(0),
      deployment,
      ...opaques('nodePlacement kubernetesLogLevel logLevel resources podAnnotations watchNamespaces disabledFeatures'),
    }),
    envoy: object('EnvoySettings', {
      workloadType: string(),
      replicas: integer(0),
      deployment,
      networkPublishing: object('NetworkPublishing', {
        type: string(),
        externalTrafficPolicy: string(),
        ...opaques('ipFamilyPolicy serviceAnnotations'),
      }),
      ...opaques(
        'nodePlacement extraVolumes extraVolumeMounts podAnnotations resources logLevel daemonSet baseID overloadMaxHeapSize overloadMaxDownstreamConnections',
      ),
    }),
    ...opaques('runtimeSettings resourceLabels'),
  }),
  status: opaque,
})
