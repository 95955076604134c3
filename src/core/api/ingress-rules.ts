/** Rules over several fields of Ingress and IngressClass (pkg/apis/networking/validation, v1.30). */
import { complaint, ipFamily, wildcardComplaint } from './format.ts'
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressBackend, type IngressClass, type IngressPath, PATH_TYPES } from './ingress.ts'
import { type FieldProblem, invalid, type Path, required, unsupported } from './schema.ts'

export function ingressRules({ metadata, spec }: Ingress): FieldProblem[] {
  const { ingressClassName, defaultBackend, rules = [], tls = [] } = spec
  const problems: FieldProblem[] = []
  if (rules.length === 0 && !defaultBackend) problems.push(invalid(['spec'], [], 'either `defaultBackend` or `rules` must be specified'))
  if (defaultBackend) problems.push(...backendRules(defaultBackend, ['spec', 'defaultBackend']))
  rules.forEach(({ host, http }, i) => {
    const path = ['spec', 'rules', i]
    if (host) problems.push(...hostRules(host, [...path, 'host'], true))
    if (!http) return
    const paths = http.paths ?? []
    if (paths.length === 0) problems.push(required([...path, 'http', 'paths']))
    paths.forEach((each, j) => problems.push(...pathRules(each, [...path, 'http', 'paths', j])))
  })
  tls.forEach(({ hosts = [], secretName }, i) => {
    hosts.forEach((host, j) => problems.push(...hostRules(host, ['spec', 'tls', i, 'hosts', j], false)))
    if (secretName) problems.push(...formatRule('dns1123Subdomain', secretName, ['spec', 'tls', i, 'secretName']))
  })
  if (ingressClassName !== undefined) problems.push(...formatRule('dns1123Subdomain', ingressClassName, ['spec', 'ingressClassName']))
  const annotation = metadata.annotations?.[INGRESS_CLASS_ANNOTATION]
  if (annotation !== undefined && ingressClassName !== undefined && annotation !== ingressClassName)
    problems.push(invalid(['annotations', INGRESS_CLASS_ANNOTATION], annotation, 'must match `ingressClassName` when both are specified'))
  return problems
}

function formatRule(format: Parameters<typeof complaint>[0], value: string, path: Path): FieldProblem[] {
  const why = complaint(format, value)
  return why ? [invalid(path, value, why)] : []
}

function hostRules(host: string, path: Path, ofRule: boolean): FieldProblem[] {
  const address = ofRule && ipFamily(host) ? [invalid(path, host, 'must be a DNS name, not an IP address')] : []
  if (!host.includes('*')) return [...address, ...formatRule('dns1123Subdomain', host, path)]
  const why = wildcardComplaint(host)
  return why ? [...address, invalid(path, host, why)] : address
}

const SEQUENCES = ['//', '/./', '/../', '%2f', '%2F']
const SUFFIXES = ['/..', '/.']

function pathRules({ path = '', pathType, backend }: IngressPath, at: Path): FieldProblem[] {
  const given = pathType as string | undefined
  if (!given) return [required([...at, 'pathType'], 'pathType must be specified')]
  const here = [...at, 'path']
  const problems: FieldProblem[] = []
  const absolute = path.startsWith('/') || (pathType === 'ImplementationSpecific' && path === '')
  if (!PATH_TYPES.some((each) => each === given)) problems.push(unsupported([...at, 'pathType'], given, PATH_TYPES))
  else if (!absolute) problems.push(invalid(here, path, 'must be an absolute path'))
  if (pathType === 'Exact' || pathType === 'Prefix') {
    for (const each of SEQUENCES) if (path.includes(each)) problems.push(invalid(here, path, `must not contain '${each}'`))
    for (const each of SUFFIXES) if (path.endsWith(each)) problems.push(invalid(here, path, `cannot end with '${each}'`))
  }
  return [...problems, ...backendRules(backend, [...at, 'backend'])]
}

function backendRules({ service, resource }: IngressBackend, at: Path): FieldProblem[] {
  if (service && resource) return [invalid(at, '', 'cannot set both resource and service backends')]
  if (resource) return []
  if (!service) return [invalid(at, '', 'resource or service backend is required')]
  const { name: portName = '', number = 0 } = service.port ?? {}
  const problems = service.name
    ? formatRule('dns1035Label', service.name, [...at, 'service', 'name'])
    : [required([...at, 'service', 'name'])]
  if (portName !== '' && number !== 0) problems.push(invalid(at, '', 'cannot set both port name & port number'))
  else if (portName !== '') problems.push(...formatRule('portName', portName, [...at, 'service', 'port', 'name']))
  else if (number === 0) problems.push(required(at, 'port name or number is required'))
  else if (number < 1 || number > 65535)
    problems.push(invalid([...at, 'service', 'port', 'number'], number, 'must be between 1 and 65535, inclusive'))
  return problems
}

/** IsDomainPrefixedPath. */
export function ingressClassRules({ spec }: IngressClass): FieldProblem[] {
  const path = ['spec', 'controller']
  const controller = spec?.controller ?? ''
  if (controller === '') return [required(path)]
  if (controller.length > 250) return [invalid(path, controller, 'may not be more than 250 bytes')]
  const slash = controller.indexOf('/')
  const [domain, rest] = [controller.slice(0, slash), controller.slice(slash + 1)]
  if (slash < 1 || rest === '') return [invalid(path, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  return formatRule('dns1123Subdomain', domain, path)
}
