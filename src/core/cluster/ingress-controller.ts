/**
 * Which ingress controllers run in a cluster, and which Ingresses each takes: what both the controllers' status and their proxies have to agree on. A controller is a
 * pod whose image is known; what it takes follows from its arguments as its own documentation has it.
 */
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressClass, isDefaultClass } from '../api/ingress.ts'
import type { Container, Pod } from '../api/pod.ts'
import { matchesSelectorText } from '../api/selector.ts'
import { type Cluster, get, list } from './cluster.ts'
import { TRAEFIK_IMAGE, TRAEFIK_INGRESS_CONTROLLER, type TraefikSettings, traefikSettings } from './traefik.ts'
import { mayReadFile, traefikSettingsIn } from './traefik-file.ts'

export type IngressImplementation = 'ingress-nginx' | 'haproxy' | 'traefik' | 'contour' | 'kong' | 'alb' | 'agic'

/** How a program decides which Ingresses are its own. */
export interface ClassRules {
  /** spec.controller of its IngressClasses. */
  readonly controllerName: string
  /** The value of the annotation that it heeds. */
  readonly annotation: string
  /** Whether it takes those that name no class at all. */
  readonly withoutClass: boolean
  /** Whether it takes them only where a default class is its own: for Ingresses that were there before the class. */
  readonly withoutClassIfDefault?: boolean
  /** Only this class, where it is told one by name. */
  readonly className?: string
  /** Classes by name alone, whether there are such objects or not. */
  readonly byName?: readonly string[]
  /** Of its controller's classes this one alone. */
  readonly onlyClass?: string
  /** From before there were classes: spec.ingressClassName is nothing to it. */
  readonly classless?: boolean
  /** Absent: every namespace. */
  readonly namespace?: string
  /** Of the Ingress' labels, as kubectl writes it. */
  readonly labelSelector?: string
}

export interface IngressController {
  readonly implementation: IngressImplementation
  readonly pod: Pod
  readonly container: Container
  readonly flags: Flags
  readonly rules: ClassRules
  /** `namespace/name` of the Service whose address the Ingresses get. */
  readonly publishService: string | undefined
  /** Written into the status as it is. */
  readonly publishAddress?: string
}

/** Arguments by name without dashes; a flag without a value is `true`. */
export type Flags = ReadonlyMap<string, string>

interface Recognised {
  readonly implementation: IngressImplementation
  readonly image: RegExp
  readonly rules: (flags: Flags, container: Container) => ClassRules
  readonly publishService: (flags: Flags, container: Container) => string | undefined
  readonly publishAddress?: (container: Container) => string | undefined
  /** Absent: always. */
  readonly watches?: (container: Container) => boolean
}

const KNOWN: readonly Recognised[] = [
  {
    implementation: 'ingress-nginx',
    image: /(^|\/)(ingress-nginx\/controller(-chroot)?|nginx-ingress-controller)([:@]|$)/,
    rules: nginxRules,
    publishService: (flags) => flags.get('publish-service'),
  },
  {
    implementation: 'haproxy',
    image: /(^|\/)haproxytech\/kubernetes-ingress([:@]|$)/,
    rules: haproxyRules,
    publishService: (flags) => flags.get('publish-service'),
  },
  {
    implementation: 'traefik',
    image: TRAEFIK_IMAGE,
    rules: traefikRules,
    publishService: (_, container) => traefikSettings(container).ingressStatus.service,
    publishAddress: (container) => traefikSettings(container).ingressStatus.address,
    watches: (container) => mayReadFile(container) || traefikSettings(container).ingress !== undefined,
  },
  {
    implementation: 'contour',
    image: /(^|\/)(projectcontour|bitnami)\/contour([:@]|$)/,
    rules: contourRules,
    publishService: (flags, container) =>
      `${flags.get('envoy-service-namespace') ?? ownNamespace(container)}/${flags.get('envoy-service-name') ?? 'envoy'}`,
    publishAddress: (container) => flagsOf(container).get('ingress-status-address'),
    watches: ({ command = [], args = [] }) => [...command, ...args].includes('serve'),
  },
  {
    implementation: 'kong',
    image: /(^|\/)kong\/kubernetes-ingress-controller([:@]|$)/,
    rules: kongRules,
    publishService: (flags, container) => kongSetting(flags, container, 'publish-service'),
    publishAddress: (container) => kongSetting(flagsOf(container), container, 'publish-status-address'),
  },
  // These two program balancers outside the cluster (cluster/cloud), which are whose addresses Ingresses get.
  {
    implementation: 'alb',
    image: /(^|\/)(aws-load-balancer-controller|aws-alb-ingress-controller)([:@]|$)/,
    rules: albRules,
    publishService: () => undefined,
  },
  {
    implementation: 'agic',
    image: /(^|\/)(azure-application-gateway\/kubernetes-ingress|application-gateway-kubernetes-ingress)([:@]|$)/,
    rules: agicRules,
    publishService: () => undefined,
  },
]

/** pkg/ingress class_annotation_matcher.go, group_loader.go; --ingress-class is `alb` unless it is said to be empty, and then Ingresses without a class are its own. */
function albRules(flags: Flags): ClassRules {
  const own = flags.get('ingress-class') ?? 'alb'
  const namespace = flags.get('watch-namespace')
  return {
    controllerName: 'ingress.k8s.aws/alb',
    annotation: own || 'alb',
    withoutClass: own === '',
    ...(namespace && { namespace }),
  }
}

/** pkg/k8scontext IsIngressClass: the annotation, or the name of a class whose controller is its own. */
function agicRules(_: Flags, { env = [] }: Container): ClassRules {
  const said = (name: string): string | undefined => env.find((each) => each.name === name)?.value || undefined
  const controllerName = said('INGRESS_CLASS_RESOURCE_CONTROLLER') ?? said('INGRESS_CLASS') ?? 'azure/application-gateway'
  const namespace = said('KUBERNETES_WATCHNAMESPACE')
  return {
    controllerName,
    annotation: controllerName,
    onlyClass: said('INGRESS_CLASS_RESOURCE_NAME') ?? 'azure-application-gateway',
    withoutClass: said('INGRESS_CLASS_RESOURCE_DEFAULT')?.toLowerCase() === 'true',
    ...(namespace && { namespace }),
  }
}

/** CONTOUR_NAMESPACE, as the manifests fill it in; `projectcontour` where nobody says. */
function ownNamespace({ env = [] }: Container): string {
  const found = env.find(({ name }) => name === 'CONTOUR_NAMESPACE')
  return found?.valueFrom?.fieldRef ? '$(POD_NAMESPACE)' : (found?.value ?? 'projectcontour')
}

/** A flag, or the variable CONTROLLER_… of the same name. */
function kongSetting(flags: Flags, { env = [] }: Container, flag: string): string | undefined {
  const variable = `CONTROLLER_${flag.toUpperCase().replaceAll('-', '_')}`
  return flags.get(flag) ?? env.find(({ name }) => name === variable)?.value
}

/** internal/controllers/utils IsIngressClassEmpty and MatchesIngressClass: by the class's name; without one only where its class is the default. */
function kongRules(flags: Flags, container: Container): ClassRules {
  const own = kongSetting(flags, container, 'ingress-class') || 'kong'
  const namespace = kongSetting(flags, container, 'watch-namespace')
  return {
    controllerName: 'ingress-controllers.konghq.com/kong',
    annotation: own,
    withoutClass: false,
    withoutClassIfDefault: true,
    byName: [own],
    onlyClass: own,
    ...(namespace && { namespace }),
  }
}

/** internal/ingressclass: goes by the names of classes, which need not be there; without --ingress-class-name it takes `contour` and what names none. */
function contourRules(flags: Flags): ClassRules {
  const own = flags.get('ingress-class-name') ?? ''
  const namespace = flags.get('watch-namespaces')
  return {
    controllerName: '',
    annotation: own || 'contour',
    withoutClass: own === '',
    byName: (own || 'contour').split(','),
    ...(namespace && { namespace }),
  }
}

/** internal/ingress/controller/ingressclass and cmd flags. Before v1.0 there were no classes, and an Ingress without one was everybody's. */
function nginxRules(flags: Flags, { image = '' }: Container): ClassRules {
  const annotation = flags.get('ingress-class') || 'nginx'
  const namespace = flags.get('watch-namespace')
  return {
    controllerName: flags.get('controller-class') || 'k8s.io/ingress-nginx',
    annotation,
    withoutClass: isOn(flags, 'watch-ingress-without-class') || (/:v?0\./.test(image) && annotation === 'nginx'),
    ...(isOn(flags, 'ingress-class-by-name') && { className: annotation }),
    ...(namespace && { namespace }),
  }
}

/** documentation/controller.md: without --ingress.class it takes what names no class, and what names one of its controller's. */
function haproxyRules(flags: Flags): ClassRules {
  const own = flags.get('ingress.class') ?? ''
  const namespace = flags.get('namespace-whitelist')
  return {
    controllerName: `haproxy.org/ingress-controller${own === '' ? '' : `/${own}`}`,
    annotation: own,
    withoutClass: own === '' || isOn(flags, 'empty-ingress-class'),
    withoutClassIfDefault: true,
    ...(namespace && { namespace }),
  }
}

/** pkg/provider/kubernetes/ingress shouldProcessIngress; v1.7 knew the annotation only. */
function traefikRules(_: Flags, container: Container): ClassRules {
  return traefikRulesOf(traefikSettings(container))
}

function traefikRulesOf({ version, ingress }: TraefikSettings): ClassRules {
  const own = ingress?.ingressClass ?? ''
  const namespace = ingress?.namespaces.join(',')
  return {
    controllerName: TRAEFIK_INGRESS_CONTROLLER,
    annotation: own || 'traefik',
    withoutClass: own === '',
    ...(own && { onlyClass: own }),
    ...(version === 1 && { classless: true }),
    ...(namespace && { namespace }),
    ...(ingress?.labelSelector && { labelSelector: ingress.labelSelector }),
  }
}

export const isOn = (flags: Flags, name: string): boolean => flags.get(name) === 'true'

/** `--a=b`, `--a b`, `--a` and the same with one dash, of command and arguments alike. */
export function flagsOf({ command = [], args = [] }: Container): Flags {
  const flags = new Map<string, string>()
  const words = [...command, ...args]
  words.forEach((word, i) => {
    const [, name, value] = /^--?([A-Za-z][\w.-]*)(?:=([\s\S]*))?$/.exec(word) ?? []
    if (name === undefined) return
    const next = words[i + 1]
    flags.set(name, value ?? (next !== undefined && !next.startsWith('-') ? next : 'true'))
  })
  return flags
}

type Found = readonly IngressController[]
const controllers = new WeakMap<object, Found>()
const ofNamespace = new WeakMap<object, Found>()
const recognised = new WeakMap<Pod, IngressController | false>()

/** Every ingress controller's pod. The same list for the same pods; a change costs a look at the pods of its namespace. */
export function ingressControllers(cluster: Cluster): Found {
  const shards = cluster.objects.Pod
  let found = controllers.get(shards)
  if (!found) controllers.set(shards, (found = [...shards.values()].flatMap(inNamespace)))
  return found.some(readsFile) ? withFiles(cluster, found) : found
}

const readsFile = ({ implementation, container }: IngressController): boolean => implementation === 'traefik' && mayReadFile(container)

const informed = new WeakMap<Found, { readonly inputs: readonly unknown[]; readonly value: Found }>()

/** What a file says of those that read one, and without those that it tells not to watch Ingresses. */
function withFiles(cluster: Cluster, found: Found): Found {
  const inputs = [cluster.objects.ConfigMap, cluster.objects.Secret]
  const known = informed.get(found)
  if (known?.inputs.every((each, i) => each === inputs[i])) return known.value
  const value = found.flatMap((controller): Found => {
    if (!readsFile(controller)) return [controller]
    const { ingress, ingressStatus, ...rest } = traefikSettingsIn(cluster, controller.pod, controller.container)
    if (!ingress) return []
    const { publishAddress: _, ...kept } = controller
    const rules = traefikRulesOf({ ...rest, ingress, ingressStatus })
    const publishService = expandedText(ingressStatus.service, controller.pod)
    return [{ ...kept, rules, publishService, ...(ingressStatus.address && { publishAddress: ingressStatus.address }) }]
  })
  informed.set(found, { inputs, value })
  return value
}

function inNamespace(pods: ReadonlyMap<string, Pod>): Found {
  let found = ofNamespace.get(pods)
  if (!found) ofNamespace.set(pods, (found = [...pods.values()].flatMap((pod) => ingressControllerOf(pod) ?? [])))
  return found
}

/** The controller that runs in a pod; undefined where its images are of none that is known here. */
export function ingressControllerOf(pod: Pod): IngressController | undefined {
  let known = recognised.get(pod)
  if (known === undefined) recognised.set(pod, (known = recognise(pod) ?? false))
  return known || undefined
}

function recognise(pod: Pod): IngressController | undefined {
  for (const container of pod.spec.containers) {
    const found = KNOWN.find(({ image }) => image.test(container.image ?? ''))
    if (!found || found.watches?.(container) === false) continue
    const flags = expanded(flagsOf(container), pod)
    const rules = found.rules(flags, container)
    const publishAddress = found.publishAddress?.(container)
    return {
      implementation: found.implementation,
      pod,
      container,
      flags,
      rules,
      publishService: expandedText(found.publishService(flags, container), pod),
      ...(publishAddress && { publishAddress }),
    }
  }
  return undefined
}

/** `$(POD_NAMESPACE)` as the kubelet fills it in: the controllers' manifests name their own namespace so. */
function expanded(flags: Flags, pod: Pod): Flags {
  return new Map([...flags].map(([name, value]) => [name, expandedText(value, pod)]))
}

function expandedText<T extends string | undefined>(text: T, { metadata }: Pod): T | string {
  const values: Readonly<Record<string, string>> = { POD_NAMESPACE: metadata.namespace ?? 'default', POD_NAME: metadata.name }
  return text === undefined ? text : text.replace(/\$\(([A-Z_]+)\)/g, (whole, key: string) => values[key] ?? whole)
}

/** Why an Ingress is a controller's own; undefined when it is not. */
export function takes(
  cluster: Cluster,
  { rules }: Pick<IngressController, 'rules'>,
  { metadata, spec }: Ingress,
): 'class' | 'annotation' | 'default' | undefined {
  if (rules.namespace !== undefined && !rules.namespace.split(',').includes(metadata.namespace ?? '')) return undefined
  if (rules.labelSelector !== undefined && !matchesSelectorText(rules.labelSelector, metadata.labels)) return undefined
  if (spec.ingressClassName !== undefined && !rules.classless) {
    if (rules.byName) return rules.byName.includes(spec.ingressClassName) ? 'class' : undefined
    const found = get(cluster, 'IngressClass', '', spec.ingressClassName)
    return found && isClassOf(rules, found) ? 'class' : undefined
  }
  const annotation = metadata.annotations?.[INGRESS_CLASS_ANNOTATION]
  if (annotation !== undefined && annotation !== '') return annotation === rules.annotation ? 'annotation' : undefined
  if (rules.withoutClass) return 'default'
  const isDefault =
    rules.withoutClassIfDefault && [...list(cluster, 'IngressClass')].some((each) => isDefaultClass(each) && isClassOf(rules, each))
  return isDefault ? 'default' : undefined
}

const isClassOf = (rules: ClassRules, { metadata, spec }: IngressClass): boolean =>
  (spec.controller === rules.controllerName && (rules.onlyClass ?? metadata.name) === metadata.name) || rules.className === metadata.name

/** The Ingresses of a controller in the order of their age, which is what decides between two that want the same. */
export function ingressesOf(cluster: Cluster, controller: Pick<IngressController, 'rules'>): readonly Ingress[] {
  return [...list(cluster, 'Ingress')].filter((ingress) => takes(cluster, controller, ingress) !== undefined).toSorted(olderFirst)
}

/** Where nobody recorded a time, the order in which they were applied stands for it. */
function olderFirst(a: Ingress, b: Ingress): number {
  const [before, after] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp]
  if (before === undefined || after === undefined || before === after) return 0
  return before < after ? -1 : 1
}
