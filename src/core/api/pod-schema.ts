/** Pods and their templates (k8s.io/api/core/v1, v1.30). Fields that do not touch the network are named, so that a misspelt one is noticed. */
import { kindOf, labels, annotations, OBJECT_META, port, protocol } from './meta-schema.ts'
import { boolean, intOrString, listOf, object, oneOf, opaque, opaques, string, mapOf } from './schema.ts'

const CONTAINER_PORT = object(
  'ContainerPort',
  { name: string('portName'), containerPort: port, hostPort: { kind: 'integer', range: [0, 65535] }, hostIP: string('ip'), protocol },
  'containerPort',
)

const PROBE = object('Probe', {
  ...opaques('exec grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds'),
  httpGet: object('HTTPGetAction', { ...opaques('host scheme httpHeaders'), path: string(), port: intOrString }, 'port'),
  tcpSocket: object('TCPSocketAction', { host: string(), port: intOrString }, 'port'),
})

const ENV = object('EnvVar', { name: string(), value: string(), valueFrom: opaque }, 'name')

const CONTAINER = object(
  'Container',
  {
    ...opaques(
      'workingDir envFrom resources resizePolicy restartPolicy volumeMounts volumeDevices lifecycle terminationMessagePath terminationMessagePolicy securityContext stdin stdinOnce tty targetContainerName',
    ),
    name: string('dns1123Label'),
    image: string(),
    imagePullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
    command: listOf(string()),
    args: listOf(string()),
    env: listOf(ENV),
    ports: listOf(CONTAINER_PORT, { unique: 'name' }),
    livenessProbe: PROBE,
    readinessProbe: PROBE,
    startupProbe: PROBE,
  },
  'name',
)

const TOLERATION = object('Toleration', {
  key: string('labelKey'),
  operator: oneOf('Exists', 'Equal'),
  value: string(),
  effect: oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
  tolerationSeconds: { kind: 'integer', long: true },
})

const TERM = object('NodeSelectorTerm', {
  matchExpressions: listOf(
    object(
      'NodeSelectorRequirement',
      { key: string('labelKey'), operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'), values: listOf(string()) },
      'key',
      'operator',
    ),
  ),
  matchFields: listOf(
    object('NodeSelectorRequirement', { key: string(), operator: oneOf('In', 'NotIn'), values: listOf(string()) }, 'key', 'operator'),
  ),
})

const AFFINITY = object('Affinity', {
  podAffinity: opaque,
  podAntiAffinity: opaque,
  nodeAffinity: object('NodeAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: object(
      'NodeSelector',
      { nodeSelectorTerms: listOf(TERM, { nonEmpty: true }) },
      'nodeSelectorTerms',
    ),
    preferredDuringSchedulingIgnoredDuringExecution: opaque,
  }),
})

const POD_SECURITY_CONTEXT = object('PodSecurityContext', {
  ...opaques(
    'seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup fsGroupChangePolicy seccompProfile appArmorProfile seLinuxChangePolicy',
  ),
  sysctls: listOf(object('Sysctl', { name: string(), value: string() }, 'name', 'value')),
})

export const POD_SPEC = object(
  'PodSpec',
  {
    ...opaques(
      'volumes ephemeralContainers terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy serviceAccountName serviceAccount automountServiceAccountToken hostPID hostIPC shareProcessNamespace imagePullSecrets setHostnameAsFQDN schedulerName hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints os hostUsers schedulingGates resourceClaims',
    ),
    securityContext: POD_SECURITY_CONTEXT,
    nodeName: string('dns1123Subdomain'),
    hostNetwork: boolean,
    hostname: string('dns1123Label'),
    subdomain: string('dns1123Label'),
    nodeSelector: labels,
    affinity: AFFINITY,
    tolerations: listOf(TOLERATION),
    containers: listOf(CONTAINER, { unique: 'name', nonEmpty: true }),
    initContainers: listOf(CONTAINER, { unique: 'name' }),
    restartPolicy: oneOf('Always', 'OnFailure', 'Never'),
  },
  'containers',
)

const POD_STATUS = object('PodStatus', {
  ...opaques(
    'message reason nominatedNodeName startTime initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize resourceClaimStatuses observedGeneration',
  ),
  phase: oneOf('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'),
  podIP: string('ip'),
  podIPs: listOf(object('PodIP', { ip: string('ip') })),
  hostIP: string('ip'),
  hostIPs: listOf(object('HostIP', { ip: string('ip') })),
  conditions: listOf(
    object(
      'PodCondition',
      {
        ...opaques('lastProbeTime lastTransitionTime observedGeneration'),
        type: string(),
        status: oneOf('True', 'False', 'Unknown'),
        reason: string(),
        message: string(),
      },
      'type',
      'status',
    ),
  ),
})

export const POD = kindOf('Pod', { spec: POD_SPEC, status: POD_STATUS }, 'spec')

export const POD_TEMPLATE = object(
  'PodTemplateSpec',
  { metadata: { ...OBJECT_META, fields: { ...OBJECT_META.fields, labels, annotations } }, spec: POD_SPEC },
  'spec',
)

export const SECRET = kindOf('Secret', {
  data: mapOf(string(), 'configKey'),
  stringData: mapOf(string(), 'configKey'),
  type: string(),
  immutable: boolean,
})
export const CONFIG_MAP = kindOf('ConfigMap', {
  data: mapOf(string(), 'configKey'),
  binaryData: mapOf(string(), 'configKey'),
  immutable: boolean,
})
