/**
 * Contour's gateway provisioner (internal/provisioner, `contour gateway-provisioner`): for each Gateway of its classes a Contour, Envoys and the Services of both, in the Gateway's namespace and under
 * its name. Only while its pod is ready. What goes with a Gateway goes by its labels, not by owner references. Left out: accounts, certificates, and of ContourDeployments all but sizes,
 * kind of workload and how Envoy is published.
 */
import type { ContourConfiguration, ContourDeployment } from '../api/contour.ts'
import { withDefaults } from '../api/defaults.ts'
import type { Condition, Gateway, GatewayClass } from '../api/gateway.ts'
import type { ApiObject, Kind } from '../api/object.ts'
import type { Container } from '../api/pod.ts'
import type { Service } from '../api/service.ts'
import { type Change, type Cluster, get, list } from '../cluster/cluster.ts'
import { validateListeners } from '../cluster/contour-listeners.ts'
import { CONTOUR_GATEWAY_CONTROLLER } from '../cluster/contour-settings.ts'
import { equal } from '../cluster/equal.ts'
import { fails, holds } from '../cluster/gateway-references.ts'
import { flagsOf } from '../cluster/ingress-controller.ts'
import { withFamiliesOf } from '../cluster/ip-families.ts'
import { isOurUid, uidOf } from '../cluster/uid.ts'
import type { Controller } from './controller.ts'
import { isReady } from './pods.ts'

const OWNING = 'projectcontour.io/owning-gateway-name'
const CONTOUR_IMAGE = /(^|\/)contour([:@]|$)/
const XDS_PORT = 8001
const MADE: readonly Kind[] = ['Deployment', 'DaemonSet', 'Service', 'ContourConfiguration']

export const gatewayProvisioner: Controller = {
  name: 'gateway-provisioner',
  reads: ['Gateway', 'GatewayClass', 'ContourDeployment', 'ContourConfiguration', 'Deployment', 'DaemonSet', 'Service', 'Pod'],
  scope: 'cluster',
  reconcile: (cluster) => {
    if (cluster.objects.GatewayClass.size === 0 && cluster.objects.ContourConfiguration.size === 0) return []
    const provisioner = provisionerOf(cluster)
    return provisioner ? [...classes(cluster, provisioner), ...gateways(cluster, provisioner), ...leftovers(cluster)] : []
  },
}

interface Provisioner {
  readonly controllerName: string
  readonly contourImage: string
  readonly envoyImage: string
}

function provisionerOf(cluster: Cluster): Provisioner | undefined {
  for (const pod of list(cluster, 'Pod'))
    for (const container of pod.spec.containers) {
      const { image = '', command = [], args = [] } = container
      if (!CONTOUR_IMAGE.test(image) || ![...command, ...args].includes('gateway-provisioner') || !isReady(pod)) continue
      const flags = flagsOf(container)
      return {
        controllerName: flags.get('gateway-controller-name') ?? CONTOUR_GATEWAY_CONTROLLER,
        contourImage: flags.get('contour-image') ?? image,
        envoyImage: flags.get('envoy-image') ?? 'docker.io/envoyproxy/envoy:distroless-v1.35.2',
      }
    }
  return undefined
}

const put = (object: ApiObject): Change => ({ op: 'put', object })

function classes(cluster: Cluster, { controllerName }: Provisioner): readonly Change[] {
  return [...list(cluster, 'GatewayClass')].flatMap((each) => {
    if (each.spec.controllerName !== controllerName) return []
    const conditions: readonly Condition[] = [accepted(parametersOf(cluster, each))]
    return equal(each.status?.conditions ?? [], conditions) ? [] : [put({ ...each, status: { conditions } })]
  })
}

const PUBLISHED: Readonly<Record<string, 'LoadBalancer' | 'NodePort' | 'ClusterIP'>> = {
  LoadBalancerService: 'LoadBalancer',
  NodePortService: 'NodePort',
  ClusterIPService: 'ClusterIP',
}

function accepted(parameters: ContourDeployment | 'invalid' | undefined): Condition {
  const refuse = (message: string): Condition => fails('Accepted', 'InvalidParameters', message)
  if (parameters === 'invalid')
    return refuse('Invalid ParametersRef, must be a reference to an existing namespaced projectcontour.io/ContourDeployment resource')
  const { workloadType = 'DaemonSet', networkPublishing = {} } = parameters?.spec?.envoy ?? {}
  const { type = 'LoadBalancerService' } = networkPublishing
  if (workloadType !== 'DaemonSet' && workloadType !== 'Deployment')
    return refuse(`invalid ContourDeployment spec.envoy.workloadType "${workloadType}", must be DaemonSet or Deployment`)
  if (!PUBLISHED[type])
    return refuse(
      `invalid ContourDeployment spec.envoy.networkPublishing.type "${type}", must be LoadBalancerService, NoderPortService or ClusterIPService`,
    )
  return holds('Accepted', 'Accepted', 'GatewayClass has been accepted by the controller')
}

function parametersOf(cluster: Cluster, { spec: { parametersRef } }: GatewayClass): ContourDeployment | 'invalid' | undefined {
  if (!parametersRef) return undefined
  const { group, kind, namespace, name } = parametersRef
  if (group !== 'projectcontour.io' || kind !== 'ContourDeployment' || namespace === undefined) return 'invalid'
  return get(cluster, 'ContourDeployment', namespace, name) ?? 'invalid'
}

function gateways(cluster: Cluster, provisioner: Provisioner): readonly Change[] {
  return [...list(cluster, 'Gateway')].flatMap((gateway) => {
    const of = get(cluster, 'GatewayClass', '', gateway.spec.gatewayClassName)
    const isAccepted = of?.status?.conditions?.some(({ type, status }) => type === 'Accepted' && status === 'True')
    if (of?.spec.controllerName !== provisioner.controllerName || !isAccepted) return []
    const parameters = parametersOf(cluster, of)
    if (parameters === 'invalid') return []
    return wanted(gateway, provisioner, parameters?.spec ?? {}).flatMap((object) => ensured(cluster, object))
  })
}

/** Made where it is not there; brought into line where it is ours, but for what others have written into it. */
function ensured(cluster: Cluster, object: ApiObject): readonly Change[] {
  const { namespace = '', name } = object.metadata
  const current = get(cluster, object.kind, namespace, name)
  if (!current) {
    const made = withDefaults({ ...object, metadata: { ...object.metadata, uid: uidOf(object.kind, namespace, name) } } as ApiObject)
    return [put(made.kind === 'Service' ? withFamiliesOf(cluster.config, made) : made)]
  }
  if (current.metadata.labels?.[OWNING] !== object.metadata.labels?.[OWNING]) return []
  if (current.kind === 'Service' && object.kind === 'Service') return serviceEnsured(current, object)
  const spec: unknown = 'spec' in object ? (withDefaults(object) as { readonly spec?: unknown }).spec : undefined
  return equal((current as { readonly spec?: unknown }).spec, spec) ? [] : [put({ ...current, spec } as ApiObject)]
}

function serviceEnsured(current: Service, { spec }: Service): readonly Change[] {
  const { type, externalTrafficPolicy, selector } = spec
  const ports = (spec.ports ?? []).map((port) => {
    const before = current.spec.ports?.find((each) => each.name === port.name)
    return {
      protocol: 'TCP' as const,
      ...(before?.nodePort !== undefined && type !== 'ClusterIP' && { nodePort: before.nodePort }),
      ...port,
    }
  })
  const next: Service['spec'] = {
    ...current.spec,
    ports,
    ...(type && { type }),
    ...(selector && { selector }),
    ...(externalTrafficPolicy && { externalTrafficPolicy }),
  }
  return equal(current.spec, next) ? [] : [put({ ...current, spec: next })]
}

/** Of Gateways that are gone. */
function leftovers(cluster: Cluster): readonly Change[] {
  return MADE.flatMap((kind) =>
    [...list(cluster, kind)].flatMap(({ metadata }): readonly Change[] => {
      const { namespace = '', name, labels, uid } = metadata
      const owner = labels?.[OWNING]
      if (owner === undefined || !isOurUid(uid) || get(cluster, 'Gateway', namespace, owner)) return []
      return [{ op: 'delete', kind, namespace, name }]
    }),
  )
}

/** Names and labels of what belongs to a Gateway (model/names.go). */
function namesOf({ name, namespace = '' }: Gateway['metadata']) {
  const labels = { [OWNING]: name, 'gateway.networking.k8s.io/gateway-name': name }
  const workload = {
    ...labels,
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/name': 'contour',
    'app.kubernetes.io/component': 'ingress-controller',
    'app.kubernetes.io/managed-by': 'contour-gateway-provisioner',
  }
  const metadata = (own: string, all: Readonly<Record<string, string>> = labels) => ({ name: own, namespace, labels: all })
  return { contours: `contour-${name}`, envoys: `envoy-${name}`, configuration: `contourconfig-${name}`, workload, metadata }
}

function wanted(
  { metadata, spec }: Gateway,
  { contourImage, envoyImage }: Provisioner,
  { contour = {}, envoy = {} }: NonNullable<ContourDeployment['spec']>,
): readonly ApiObject[] {
  const { namespace = '', name } = metadata
  const { contours, envoys, configuration, workload, metadata: named } = namesOf(metadata)
  const template = (app: string, containers: readonly Container[], initContainers?: readonly Container[]) => ({
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app, ...workload } }, spec: { containers, ...(initContainers && { initContainers }) } },
  })
  const control = {
    replicas: contour.deployment?.replicas ?? contour.replicas ?? 2,
    ...template(contours, [contourOf(name, contourImage)]),
  }
  const data = template(envoys, [shutdown(contourImage), envoyOf(envoyImage)], [bootstrap(contours, contourImage)])
  const replicas = envoy.deployment?.replicas ?? envoy.replicas ?? 2
  const own: ContourConfiguration = {
    apiVersion: 'projectcontour.io/v1alpha1',
    kind: 'ContourConfiguration',
    metadata: named(configuration),
    spec: { gateway: { gatewayRef: { namespace, name } } },
  }
  return [
    own,
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: named(contours, workload), spec: control },
    envoy.workloadType === 'Deployment'
      ? { apiVersion: 'apps/v1', kind: 'Deployment', metadata: named(envoys, workload), spec: { replicas, ...data } }
      : { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: named(envoys, workload), spec: data },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: named(contours),
      spec: {
        selector: { app: contours },
        ports: [{ name: 'xds', protocol: 'TCP', port: XDS_PORT, targetPort: XDS_PORT }],
        type: 'ClusterIP',
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: named(envoys), spec: published(spec, envoys, envoy.networkPublishing ?? {}) },
  ]
}

type Publishing = NonNullable<NonNullable<NonNullable<ContourDeployment['spec']>['envoy']>['networkPublishing']>

/** Each port of the Gateway, to the port that Envoy listens on for it. */
function published(spec: Gateway['spec'], app: string, publishing: Publishing): Service['spec'] {
  const { type: asked = 'LoadBalancerService', externalTrafficPolicy } = publishing
  const type = PUBLISHED[asked] ?? 'LoadBalancer'
  const ports = validateListeners(spec.listeners).ports.map(({ name, port, containerPort }) => ({
    name,
    protocol: 'TCP' as const,
    port,
    targetPort: containerPort,
    ...(type === 'NodePort' && { nodePort: port }),
  }))
  const address = spec.addresses?.[0]?.value
  return {
    selector: { app },
    ports,
    type,
    ...(type !== 'ClusterIP' && { externalTrafficPolicy: externalTrafficPolicy === 'Cluster' ? 'Cluster' : 'Local' }),
    ...(address !== undefined && { loadBalancerIP: address }),
  }
}

const NAMESPACE_OF_POD = [{ name: 'CONTOUR_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }]

const contourOf = (name: string, image: string): Container => ({
  name: 'contour',
  image,
  command: ['contour'],
  args: [
    'serve',
    '--incluster',
    '--xds-address=0.0.0.0',
    `--xds-port=${XDS_PORT}`,
    `--contour-config-name=contourconfig-${name}`,
    `--leader-election-resource-name=leader-elect-${name}`,
    `--envoy-service-name=envoy-${name}`,
  ],
  env: NAMESPACE_OF_POD,
  ports: [{ name: 'xds', containerPort: XDS_PORT, protocol: 'TCP' }],
})

const shutdown = (image: string): Container => ({
  name: 'shutdown-manager',
  image,
  command: ['/bin/contour'],
  args: ['envoy', 'shutdown-manager'],
})

const envoyOf = (image: string): Container => ({
  name: 'envoy',
  image,
  command: ['envoy'],
  args: ['-c', '/config/envoy.json', '--service-cluster', '$(CONTOUR_NAMESPACE)', '--log-level', 'info'],
  env: NAMESPACE_OF_POD,
  ports: [{ name: 'metrics', containerPort: 8002, protocol: 'TCP' }],
})

const bootstrap = (contours: string, image: string): Container => ({
  name: 'envoy-initconfig',
  image,
  command: ['contour'],
  args: ['bootstrap', '/config/envoy.json', `--xds-address=${contours}`, `--xds-port=${XDS_PORT}`],
  env: NAMESPACE_OF_POD,
})
