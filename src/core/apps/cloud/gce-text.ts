/** What Google's load balancers are, as `gcloud compute url-maps describe`, `backend-services describe` and `get-health` print it. Approximate: matchers are named by another hash than MD5. */
import { backendsOf, type GceBalancer } from '../../cluster/cloud/gce.ts'
import type { GceBackend } from '../../cluster/cloud/gce-backend.ts'
import { frontendName } from '../../cluster/cloud/gce-names.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { ConfigText } from '../ingress/config-text.ts'

export const urlMapFile = (name: string): string => `${name}.yaml`
export const BACKENDS_FILE = 'backend-services.yaml'
export const NO_BACKEND = 'k8s1-kube-system-default-http-backend-80'

const matcherName = (host: string): string => `host${sha256Hex(host, 32)}`
const nameOf = ({ ingress }: GceBalancer, kind: Parameters<typeof frontendName>[0]): string =>
  frontendName(kind, ingress.metadata.namespace ?? '', ingress.metadata.name)

export const hostId = (balancer: GceBalancer, host: string): string => `${nameOf(balancer, 'um')} ${host}`
export const pathId = (balancer: GceBalancer, host: string, path: string): string => `${nameOf(balancer, 'um')} ${host} ${path}`
export const defaultId = (balancer: GceBalancer): string => `${nameOf(balancer, 'um')} default`

/** The URL map of one Ingress, and before it what leads there. */
export function urlMapText(balancer: GceBalancer, address: string): ConfigText {
  const out = new ConfigText('  ')
  const service = balancer.defaultBackend?.name ?? NO_BACKEND
  const rules: readonly (readonly [boolean, 'fr' | 'fs', 'tp' | 'ts', string])[] = [
    [balancer.http, 'fr', 'tp', 'http'],
    [balancer.secrets.length + balancer.preShared.length > 0, 'fs', 'ts', 'https'],
  ]
  const { namespace = '', name } = balancer.ingress.metadata
  out.line('# gcloud compute forwarding-rules list')
  for (const [there, rule, proxy, scheme] of rules)
    if (there)
      out
        .place(`listeners ${namespace}/${name} ${scheme}`)
        .line(`# ${nameOf(balancer, rule)}  ${address}:${scheme === 'https' ? 443 : 80}  ${nameOf(balancer, proxy)}`)
  out.line('# gcloud compute url-maps describe')
  out.place(`routes ${defaultId(balancer)}`).line(`defaultService: backendServices/${service}`)
  out.line(balancer.hostRules.length === 0 ? 'hostRules: []' : 'hostRules:')
  for (const { host } of balancer.hostRules)
    out.place(`hosts ${hostId(balancer, host)}`).lines(['- hosts:', `  - '${host}'`, `  pathMatcher: ${matcherName(host)}`])
  out.line('kind: compute#urlMap').line(`name: ${nameOf(balancer, 'um')}`)
  out.line(balancer.hostRules.length === 0 ? 'pathMatchers: []' : 'pathMatchers:')
  for (const { host, paths } of balancer.hostRules) {
    out.lines([
      `- defaultService: backendServices/${service}`,
      `  name: ${matcherName(host)}`,
      paths.length === 0 ? '  pathRules: []' : '  pathRules:',
    ])
    for (const { path, backend } of paths)
      out
        .line('  - paths:')
        .place(`routes ${pathId(balancer, host, path)}`)
        .lines([`    - ${JSON.stringify(path)}`, `    service: backendServices/${backend.name}`])
  }
  return out
}

export function backendsText(balancers: readonly GceBalancer[]): ConfigText {
  const out = new ConfigText('  ')
  for (const backend of distinct(balancers)) backendText(out, backend)
  return out
}

export const distinct = (balancers: readonly GceBalancer[]): readonly GceBackend[] => [
  ...new Map(balancers.flatMap(backendsOf).map((backend) => [backend.name, backend])).values(),
]

function backendText(
  out: ConfigText,
  { name, neg, group, protocol, targets, healthCheck, affinity, timeoutSec, service, port }: GceBackend,
): void {
  const kind = neg ? 'networkEndpointGroups' : 'instanceGroups'
  out
    .line('---')
    .lines([
      'backends:',
      '- balancingMode: RATE',
      `  group: ${kind}/${group}`,
      `  ${neg ? 'maxRatePerEndpoint' : 'maxRatePerInstance'}: 1.0`,
      `description: '{"kubernetes.io/service-name":"${service.namespace}/${service.name}","kubernetes.io/service-port":"${port}"}'`,
    ])
  out.lines(['healthChecks:', `- type: ${healthCheck.type}`, `  requestPath: ${healthCheck.requestPath}`])
  out.line(healthCheck.port === 'USE_SERVING_PORT' ? '  portSpecification: USE_SERVING_PORT' : `  port: ${healthCheck.port}`)
  out.lines([`  checkIntervalSec: ${healthCheck.intervalSec}`, `  unhealthyThreshold: ${healthCheck.unhealthyThreshold}`])
  out
    .place(`upstreams ${name}`)
    .lines([`name: ${name}`, `protocol: ${protocol}`, `sessionAffinity: ${affinity}`, `timeoutSec: ${timeoutSec}`])
  out.line(targets.length === 0 ? 'healthStatus: []' : 'healthStatus:')
  for (const { address, port: number, healthy, object } of targets)
    out
      .place(`endpoints ${name} ${address}:${number}`)
      .lines([
        `- ipAddress: ${address}`,
        `  port: ${number}`,
        `  instance: ${object?.name ?? ''}`,
        `  healthState: ${healthy ? 'HEALTHY' : 'UNHEALTHY'}`,
      ])
}
