/** Ingresses that nobody makes true, or that say something else than their authors think; and what to know of their controllers. */
import { latin1 } from '../api/base64.ts'
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressTls, isDefaultClass } from '../api/ingress.ts'
import { secretBytes } from '../api/secret.ts'
import { parseCertificate, pemBlock } from '../api/x509.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { ingressControllers, takes } from '../cluster/ingress-controller.ts'
import { backendsOf, cloudFindings, cloudInputs, isOfCloud, takenByCloud } from './cloud-ingress.ts'
import { type Finding, finding, type FindingParams, refOf } from './finding.ts'
import { pathStars } from './path-stars.ts'

/** Images of controllers that decide for themselves which Ingresses are theirs; where one runs, nobody can say that none does. */
const OTHER_CONTROLLERS = /traefik|contour|envoy|kong|haproxy|ingress|gateway|ambassador|emissary|load-balancer-controller/

const NONE: readonly Finding[] = []
const found = new WeakMap<Cluster['objects']['Ingress'], { readonly inputs: readonly unknown[]; readonly findings: readonly Finding[] }>()

export function ingressFindings(cluster: Cluster): readonly Finding[] {
  const { Ingress: ingresses, IngressClass, Service, Secret, Pod, ConfigMap } = cluster.objects
  // Most clusters have neither, and need not look at their pods.
  if (ingresses.size === 0 && IngressClass.size === 0) return NONE
  const inputs = [IngressClass, Service, Secret, Pod, ConfigMap, ...cloudInputs(cluster)]
  const known = found.get(ingresses)
  if (known?.inputs.length === inputs.length && known.inputs.every((each, i) => each === inputs[i])) return known.findings
  const all = [...list(cluster, 'Ingress')]
  const findings = [...(all.length > 0 ? ofIngresses(cluster, all) : []), ...twoDefaults(cluster), ...retired(cluster)]
  found.set(ingresses, { inputs, findings })
  return findings
}

function ofIngresses(cluster: Cluster, all: readonly Ingress[]): readonly Finding[] {
  const controllers = ingressControllers(cluster)
  const others = hasOthers(cluster)
  const holders = new Map<string, Ingress>()
  return all.flatMap((ingress) => {
    const controller = controllers.find((each) => takes(cluster, each, ingress) !== undefined)
    const unserved =
      controller || others || takenByCloud(cluster, ingress)
        ? []
        : [
            noController(
              cluster,
              ingress,
              controllers.map(({ implementation }) => implementation),
            ),
          ]
    const outside = cloudFindings(cluster, ingress, controller)
    const missing = outside.some(({ kind }) => kind === 'ingress-cloud-missing')
    return [
      ...(missing ? [] : unserved),
      ...outside,
      ...backends(cluster, ingress),
      ...paths(ingress, holders),
      ...(controller ? pathStars(ingress, controller) : []),
      // Clouds have certificates of their own, and words of their own for Secrets.
      ...(isOfCloud(cluster, ingress, controller) ? [] : secrets(cluster, ingress)),
    ]
  })
}

const ours = new WeakMap<Cluster['objects']['Pod'], boolean>()

function hasOthers(cluster: Cluster): boolean {
  const key = cluster.objects.Pod
  let others = ours.get(key)
  if (others === undefined) {
    const known = new Set(ingressControllers(cluster).map(({ pod }) => pod))
    others = [...list(cluster, 'Pod')].some(
      (pod) => !known.has(pod) && pod.spec.containers.some(({ image = '' }) => OTHER_CONTROLLERS.test(image)),
    )
    ours.set(key, others)
  }
  return others
}

function noController(cluster: Cluster, ingress: Ingress, running: readonly string[]): Finding {
  const { ingressClassName } = ingress.spec
  const annotation = ingress.metadata.annotations?.[INGRESS_CLASS_ANNOTATION]
  const name = ingressClassName ?? annotation ?? ''
  const say = (why: FindingParams['ingress-no-controller']['why'], field: string): Finding =>
    finding(
      'ingress-no-controller',
      'error',
      refOf(ingress),
      { why, class: name, controllers: [...new Set(running)].join(', ') },
      { field },
    )
  if (cluster.config.site.cloud === 'gce' && /^gce(-internal)?$/.test(ingressClassName ?? ''))
    return say('annotation', 'spec.ingressClassName')
  if (running.length === 0) return say('none', 'spec')
  if (ingressClassName !== undefined)
    return say(get(cluster, 'IngressClass', '', ingressClassName) ? 'class-unserved' : 'class-missing', 'spec.ingressClassName')
  return annotation === undefined ? say('no-class', 'spec') : say('class-unserved', 'metadata.annotations')
}

/** Each missing Service or port once, where it is first named. */
function backends(cluster: Cluster, ingress: Ingress): readonly Finding[] {
  const seen = new Set<string>()
  const object = refOf(ingress)
  return backendsOf(ingress).flatMap(({ backend: { service }, field }): readonly Finding[] => {
    if (!service) return []
    const { name = '', number } = service.port ?? {}
    // To the AWS Load Balancer Controller the name means an action in an annotation.
    if (name === 'use-annotation') return []
    const key = `${service.name} ${name || number}`
    if (seen.has(key)) return []
    seen.add(key)
    const there = get(cluster, 'Service', object.namespace, service.name)
    if (!there) return [finding('ingress-service-missing', 'error', object, { service: service.name }, { field: `${field}.service.name` })]
    const ports = there.spec.ports ?? []
    if (there.spec.type === 'ExternalName' || ports.some((port) => (name ? port.name === name : port.port === number))) return []
    const params = {
      service: service.name,
      port: name || String(number ?? 0),
      ports: ports.map((port) => [port.name, port.port].filter(Boolean).join(' ')).join(', '),
    }
    return [finding('ingress-service-port', 'error', object, params, { field: `${field}.service.port`, related: [refOf(there)] })]
  })
}

/** The same host and path of the same type in two Ingresses: one of them is not heard, canaries excepted. */
function paths(ingress: Ingress, holders: Map<string, Ingress>): readonly Finding[] {
  if (ingress.metadata.annotations?.['nginx.ingress.kubernetes.io/canary'] === 'true') return []
  return (ingress.spec.rules ?? []).flatMap(({ host = '*', http }, i) =>
    (http?.paths ?? []).flatMap(({ path = '/', pathType }, j): readonly Finding[] => {
      const key = `${classOf(ingress)} ${host} ${path} ${pathType}`
      const holder = holders.get(key)
      if (!holder) holders.set(key, ingress)
      if (!holder || holder === ingress) return []
      const { metadata } = holder
      const params = { host, path, by: `${metadata.namespace ?? ''}/${metadata.name}` }
      return [
        finding('ingress-path-taken', 'warning', refOf(ingress), params, {
          field: `spec.rules[${i}].http.paths[${j}]`,
          related: [refOf(holder)],
        }),
      ]
    }),
  )
}

const classOf = ({ metadata, spec }: Ingress): string => spec.ingressClassName ?? metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? ''

function secrets(cluster: Cluster, ingress: Ingress): readonly Finding[] {
  return (ingress.spec.tls ?? []).flatMap((tls, i): readonly Finding[] => {
    const why = wrongWith(cluster, ingress, tls)
    if (!why || !tls.secretName) return []
    const params = { secret: tls.secretName, why, hosts: (tls.hosts ?? []).join(', ') }
    return [finding('ingress-certificate', 'warning', refOf(ingress), params, { field: `spec.tls[${i}].secretName` })]
  })
}

function wrongWith(
  cluster: Cluster,
  ingress: Ingress,
  { secretName, hosts = [] }: IngressTls,
): FindingParams['ingress-certificate']['why'] | undefined {
  if (!secretName) return undefined
  const secret = get(cluster, 'Secret', ingress.metadata.namespace ?? '', secretName)
  if (!secret) return 'missing'
  const [crt, key] = [secretBytes(secret, 'tls.crt'), secretBytes(secret, 'tls.key')]
  if (!crt || !key) return 'keys'
  const block = pemBlock(latin1(crt), /^CERTIFICATE$/)
  const parsed = block && parseCertificate(block.bytes)
  if (!parsed || !pemBlock(latin1(key), /PRIVATE KEY$/)) return 'broken'
  const names = [...parsed.dnsNames, parsed.subject].map((name) => name.toLowerCase())
  const covered = (host: string): boolean => names.includes(host) || names.includes(`*${host.slice(host.indexOf('.'))}`)
  return hosts.every((host) => covered(host.toLowerCase())) ? undefined : 'names'
}

/** The newest wins (since v1.26); before that new Ingresses were refused. */
function twoDefaults(cluster: Cluster): readonly Finding[] {
  const defaults = [...list(cluster, 'IngressClass')].filter(isDefaultClass)
  const [first, ...rest] = defaults
  if (!first || rest.length === 0) return []
  const params = { classes: defaults.map(({ metadata }) => metadata.name).join(', ') }
  return [finding('ingress-two-defaults', 'warning', refOf(first), params, { field: 'metadata.annotations', related: rest.map(refOf) })]
}

/** Controllers that are no longer kept up, since when, and what their makers point to. */
const RETIRED: Readonly<Record<string, { readonly since: string; readonly successors: string }>> = {
  'ingress-nginx': { since: '2026-03', successors: 'Traefik, HAProxy, Contour, Kong' },
}

/** Said once per controller: of its first pod, with the others taking part. */
function retired(cluster: Cluster): readonly Finding[] {
  const running = ingressControllers(cluster)
  return Object.entries(RETIRED).flatMap(([controller, row]): readonly Finding[] => {
    const [first, ...others] = running.filter(({ implementation }) => implementation === controller).map(({ pod }) => refOf(pod))
    return first ? [finding('ingress-controller-retired', 'info', first, { controller, ...row }, { related: others })] : []
  })
}
