/**
 * What the shape of one field cannot say: fields that depend on each other (pkg/apis/{core,apps,batch,discovery}/validation, v1.30). Rules run on objects
 * whose shape is right, after defaulting.
 */
import { unreachable } from '../base/assert.ts'
import { ipFamily } from './format.ts'
import type { Endpoints, EndpointSlice } from './endpointslice.ts'
import { gatewayRules, httpRouteRules } from './gateway-rules.ts'
import { ingressClassRules, ingressRules } from './ingress-rules.ts'
import type { LabelSelector } from './meta.ts'
import type { Node } from './node.ts'
import type { ApiObject } from './object.ts'
import { podSpecRules } from './pod-rules.ts'
import { type FieldProblem, invalid, type Path, required, unsupported } from './schema.ts'
import { isEmptySelector, matchesSelector } from './selector.ts'
import { secretRules } from './secret.ts'
import { serviceRules } from './service-rules.ts'
import type { Job, PodTemplate } from './workload.ts'

export function objectRules(object: ApiObject): readonly FieldProblem[] {
  switch (object.kind) {
    case 'Service':
      return serviceRules(object)
    case 'Pod':
      return podSpecRules(object.spec, ['spec'])
    case 'Deployment':
    case 'ReplicaSet':
    case 'DaemonSet':
    case 'StatefulSet':
      return workloadRules(object.kind, object.spec.selector, object.spec.template)
    case 'Job':
      return jobRules(object)
    case 'Endpoints':
      return endpointsRules(object)
    case 'EndpointSlice':
      return sliceRules(object)
    case 'Node':
      return nodeRules(object)
    case 'Ingress':
      return ingressRules(object)
    case 'IngressClass':
      return ingressClassRules(object)
    case 'Secret':
      return secretRules(object)
    case 'Gateway':
      return gatewayRules(object)
    case 'HTTPRoute':
      return httpRouteRules(object)
    case 'GatewayClass':
    case 'GRPCRoute':
    case 'TLSRoute':
    case 'TCPRoute':
    case 'UDPRoute':
    case 'ReferenceGrant':
    case 'BackendTLSPolicy':
    case 'IngressRoute':
    case 'IngressRouteTCP':
    case 'IngressRouteUDP':
    case 'Middleware':
    case 'TraefikService':
    case 'HTTPProxy':
    case 'ContourConfiguration':
    case 'ContourDeployment':
    case 'BackendConfig':
    case 'FrontendConfig':
    case 'KongPlugin':
    case 'KongClusterPlugin':
    case 'KongConsumer':
    case 'Namespace':
    case 'ConfigMap':
      return []
    default:
      return unreachable(object)
  }
}

function workloadRules(kind: string, selector: LabelSelector | undefined, template: PodTemplate): FieldProblem[] {
  const problems = [...podSpecRules(template.spec, ['spec', 'template', 'spec'])]
  const { restartPolicy } = template.spec
  if (restartPolicy !== undefined && restartPolicy !== 'Always')
    problems.push(unsupported(['spec', 'template', 'spec', 'restartPolicy'], restartPolicy, ['Always']))
  if (!selector) return [...problems, required(['spec', 'selector'])]
  if (isEmptySelector(selector))
    return [...problems, invalid(['spec', 'selector'], selector, `empty selector is invalid for ${kind.toLowerCase()}`)]
  const bad = (selector.matchExpressions ?? []).flatMap((each, index) =>
    expressionProblem(each, ['spec', 'selector', 'matchExpressions', index]),
  )
  const labels = template.metadata?.labels
  if (bad.length === 0 && !matchesSelector(selector, labels))
    bad.push(invalid(['spec', 'template', 'metadata', 'labels'], labels ?? {}, '`selector` does not match template `labels`'))
  return [...problems, ...bad]
}

function expressionProblem(each: { readonly operator: string; readonly values?: readonly string[] }, path: Path): FieldProblem[] {
  const listed = (each.values ?? []).length > 0
  const wants = each.operator === 'In' || each.operator === 'NotIn'
  if (wants && !listed) return [required([...path, 'values'], "must be specified when `operator` is 'In' or 'NotIn'")]
  if (!wants && listed)
    return [
      {
        severity: 'error',
        code: 'forbidden',
        path: [...path, 'values'],
        message: "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      },
    ]
  return []
}

function jobRules(job: Job): FieldProblem[] {
  const path = ['spec', 'template', 'spec', 'restartPolicy']
  const { restartPolicy } = job.spec.template.spec
  const problems = [...podSpecRules(job.spec.template.spec, ['spec', 'template', 'spec'])]
  // The template's own default is Always, so a Job that says nothing is refused too.
  if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') problems.push(required(path, 'valid values: "OnFailure", "Never"'))
  return problems
}

/** Addresses that would make the endpoint the host itself or every host (ValidateNonSpecialIP). */
function specialAddress(ip: string): string | undefined {
  if (ip === '0.0.0.0' || ip === '::') return `may not be unspecified (${ip})`
  if (ip.startsWith('127.') || ip === '::1') return 'may not be in the loopback range (127.0.0.0/8, ::1/128)'
  if (ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip)) return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'
  if (/^224\.0\.0\.\d+$/.test(ip) || /^ff02/i.test(ip)) return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'
  return undefined
}

function endpointsRules(endpoints: Endpoints): FieldProblem[] {
  return (endpoints.subsets ?? []).flatMap((subset, i) => {
    const path = ['subsets', i]
    const ports = subset.ports ?? []
    const problems: FieldProblem[] = []
    if ((subset.addresses ?? []).length + (subset.notReadyAddresses ?? []).length === 0)
      problems.push(required(path, 'must specify `addresses` or `notReadyAddresses`'))
    for (const list of ['addresses', 'notReadyAddresses'] as const)
      subset[list]?.forEach(({ ip }, j) => {
        const why = specialAddress(ip)
        if (why) problems.push(invalid([...path, list, j, 'ip'], ip, why))
      })
    ports.forEach((port, j) => {
      if (ports.length > 1 && !port.name) problems.push(required([...path, 'ports', j, 'name']))
    })
    return problems
  })
}

function sliceRules(slice: EndpointSlice): FieldProblem[] {
  const problems: FieldProblem[] = []
  slice.endpoints?.forEach((endpoint, i) => {
    if (endpoint.addresses.length === 0) problems.push(required(['endpoints', i, 'addresses'], 'must contain at least 1 address'))
    endpoint.addresses.forEach((address, j) => {
      const path = ['endpoints', i, 'addresses', j]
      if (slice.addressType === 'FQDN') return
      if (ipFamily(address) !== slice.addressType) problems.push(invalid(path, address, `must be a valid ${slice.addressType} address`))
      else {
        const why = specialAddress(address)
        if (why) problems.push(invalid(path, address, why))
      }
    })
  })
  const names = new Set<string>()
  slice.ports?.forEach(({ name = '' }, i) => {
    if (names.has(name))
      problems.push({ severity: 'error', code: 'duplicate', path: ['ports', i, 'name'], message: `Duplicate value: "${name}"` })
    names.add(name)
  })
  return problems
}

function nodeRules(node: Node): FieldProblem[] {
  const { podCIDR, podCIDRs } = node.spec
  if (podCIDR && podCIDRs && podCIDRs[0] !== podCIDR)
    return [invalid(['spec', 'podCIDRs'], podCIDRs, 'must contain `podCIDR` as its first element')]
  return []
}
