/** Rules over several fields of a Service (pkg/apis/core/validation ValidateService, v1.30). */
import { complaint, ipFamily } from './format.ts'
import { duplicate, type FieldProblem, forbidden, invalid, required } from './schema.ts'
import type { Service, ServicePort, ServiceSpec } from './service.ts'

export function serviceRules({ spec }: Service): FieldProblem[] {
  return [...typeRules(spec), ...portRules(spec), ...trafficRules(spec), ...addressRules(spec), ...affinityRules(spec)]
}

const isHeadless = (spec: ServiceSpec): boolean => spec.clusterIP === 'None'

/** ExternallyAccessible of pkg/apis/core/v1/service/util.go. */
const isExternal = (spec: ServiceSpec): boolean =>
  spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)

function typeRules(spec: ServiceSpec): FieldProblem[] {
  const ips = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])
  if (spec.type === 'ExternalName') {
    return [
      ...(spec.externalName ? [] : [required(['spec', 'externalName'])]),
      ...(ips.some((ip) => ip !== '') ? [invalid(['spec', 'clusterIPs'], ips, 'may not be set for ExternalName services')] : []),
    ]
  }
  const problems: FieldProblem[] = []
  if (isHeadless(spec) && spec.type !== 'ClusterIP')
    problems.push(invalid(['spec', 'clusterIPs', 0], ips, `may not be set to 'None' for ${spec.type} services`))
  if (spec.clusterIPs && spec.clusterIP && spec.clusterIPs[0] !== spec.clusterIP)
    problems.push(invalid(['spec', 'clusterIPs'], spec.clusterIPs, 'first value must match `clusterIP`'))
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec)) problems.push(required(['spec', 'ports']))
  return problems
}

/** kubelet's API. */
const KUBELET_PORT = 10250

function portRules(spec: ServiceSpec): FieldProblem[] {
  const ports = spec.ports ?? []
  const problems: FieldProblem[] = []
  const seen = new Set<string>()
  const nodePorts = new Set<string>()
  ports.forEach((port, index) => {
    const path = ['spec', 'ports', index]
    if (ports.length > 1 && !port.name) problems.push(required([...path, 'name']))
    if (spec.type === 'LoadBalancer' && port.port === KUBELET_PORT)
      problems.push(invalid([...path, 'port'], port.port, `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`))
    const key = `${port.protocol}/${port.port}`
    if (seen.has(key)) problems.push(duplicate(path, { protocol: port.protocol, port: port.port }))
    seen.add(key)
    problems.push(...targetPortRules(port, index))
    if (!port.nodePort) return
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer')
      problems.push(forbidden([...path, 'nodePort'], `may not be used when \`type\` is '${spec.type}'`))
    const node = `${port.protocol}/${port.nodePort}`
    if (nodePorts.has(node)) problems.push(duplicate([...path, 'nodePort'], port.nodePort))
    nodePorts.add(node)
  })
  return problems
}

function targetPortRules({ targetPort }: ServicePort, index: number): FieldProblem[] {
  const path = ['spec', 'ports', index, 'targetPort']
  if (typeof targetPort === 'number')
    return targetPort >= 1 && targetPort <= 65535 ? [] : [invalid(path, targetPort, 'must be between 1 and 65535, inclusive')]
  const why = targetPort === undefined ? undefined : complaint('portName', targetPort)
  return why ? [invalid(path, targetPort, why)] : []
}

function trafficRules(spec: ServiceSpec): FieldProblem[] {
  const problems: FieldProblem[] = []
  if (spec.externalTrafficPolicy && !isExternal(spec))
    problems.push(
      invalid(['spec', 'externalTrafficPolicy'], spec.externalTrafficPolicy, 'may only be set for externally-accessible services'),
    )
  if (spec.healthCheckNodePort && !(spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'))
    problems.push(
      invalid(
        ['spec', 'healthCheckNodePort'],
        spec.healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    )
  if ((spec.loadBalancerSourceRanges ?? []).length > 0 && spec.type !== 'LoadBalancer')
    problems.push(forbidden(['spec', 'loadBalancerSourceRanges'], "may only be used when `type` is 'LoadBalancer'"))
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== 'LoadBalancer')
    problems.push(forbidden(['spec', 'allocateLoadBalancerNodePorts'], "may only be used when `type` is 'LoadBalancer'"))
  if (spec.loadBalancerClass && spec.type !== 'LoadBalancer')
    problems.push(forbidden(['spec', 'loadBalancerClass'], "may only be used when `type` is 'LoadBalancer'"))
  return problems
}

/** ValidateNonSpecialIP */
const SPECIAL: readonly (readonly [RegExp, string])[] = [
  [/^(0\.0\.0\.0|[0:]+)$/, 'may not be unspecified (0.0.0.0 or ::)'],
  [/^(127\.|[0:]+:1$)/, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [/^(169\.254\.|fe[89ab][0-9a-f]:)/i, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [/^(224\.0\.0\.|ff02:)/i, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
]

function addressRules(spec: ServiceSpec): FieldProblem[] {
  return (spec.externalIPs ?? []).flatMap((ip, index) => {
    const special = ipFamily(ip) && SPECIAL.find(([range]) => range.test(ip))?.[1]
    return special ? [invalid(['spec', 'externalIPs', index], ip, special)] : []
  })
}

function affinityRules(spec: ServiceSpec): FieldProblem[] {
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (spec.sessionAffinity !== 'ClientIP')
    return spec.sessionAffinityConfig?.clientIP
      ? [forbidden(['spec', 'sessionAffinityConfig'], 'must not be set when session affinity is None')]
      : []
  if (timeout !== undefined && (timeout <= 0 || timeout > 86400))
    return [invalid(['spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds'], timeout, 'must be greater than 0 and less than 86400')]
  return []
}
