/**
 * The families of a Service as the API server decides them when it is stored (pkg/registry/core/service/storage/alloc.go, initIPFamilyFields, v1.30). What a
 * manifest leaves open follows from the cluster: its first family is the one that a Service gets.
 */
import { ipFamily } from '../api/format.ts'
import { type FieldProblem, invalid, type Path } from '../api/schema.ts'
import type { Service, ServiceSpec } from '../api/service.ts'
import type { IpFamily } from '../net/ip.ts'
import { type ClusterConfig, familiesOf } from './config.ts'

export function withFamiliesOf(config: ClusterConfig, service: Service): Service {
  const { spec } = service
  if (spec.type === 'ExternalName') return service
  const policy = spec.ipFamilyPolicy ?? (isFilledByHand(spec) ? 'RequireDualStack' : 'SingleStack')
  const ipFamilies = families(config, spec, policy)
  return { ...service, spec: { ...spec, ipFamilies, ipFamilyPolicy: policy } }
}

/** Headless without selector: whoever writes its endpoints may write both families, whatever the cluster has. */
const isFilledByHand = ({ clusterIP, selector, ipFamilies }: ServiceSpec): boolean =>
  clusterIP === 'None' && Object.keys(selector ?? {}).length === 0 && ipFamilies === undefined

const other = (family: IpFamily): IpFamily => (family === 'IPv4' ? 'IPv6' : 'IPv4')

function families(config: ClusterConfig, spec: ServiceSpec, policy: string): readonly IpFamily[] {
  const known = familiesOf(config)
  const addresses = addressFamilies(spec)
  // Families that the cluster lacks are left out, unless the Service brings addresses of them.
  const given = (spec.ipFamilies ?? addresses).filter(
    (family) => known.includes(family) || addresses.includes(family) || spec.clusterIP === 'None',
  )
  const first = given[0] ?? known[0] ?? 'IPv4'
  const single = given.length > 0 ? given : [first]
  if (policy === 'SingleStack' || single.length > 1) return single
  return isFilledByHand(spec) || known.includes(other(first)) ? [first, other(first)] : single
}

const lacking = (path: Path, value: unknown, why: string): FieldProblem => ({
  ...invalid(path, value, why),
  severity: 'warning',
})

/** Of the addresses that the manifest asks for. */
const addressFamilies = ({ clusterIP, clusterIPs }: ServiceSpec): readonly IpFamily[] =>
  (clusterIPs ?? [clusterIP ?? '']).flatMap((ip) => ipFamily(ip) ?? [])

/**
 * What the cluster cannot give. The API server refuses such a Service; here it gets the families that there are, and the warning has the server's words: a
 * manifest of another cluster is worth looking at. A Service that brings addresses of its own comes from a live cluster and keeps them.
 */
export function familyProblems(config: ClusterConfig, { spec }: Service): readonly FieldProblem[] {
  if (spec.type === 'ExternalName' || isFilledByHand(spec)) return []
  const known = familiesOf(config)
  const problems: FieldProblem[] = []
  const addresses = addressFamilies(spec)
  if (spec.ipFamilyPolicy === 'RequireDualStack' && known.length < 2 && addresses.length < 2)
    problems.push(lacking(['spec', 'ipFamilyPolicy'], spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'))
  spec.ipFamilies?.forEach((family, index) => {
    if (!known.includes(family) && !addresses.includes(family) && spec.clusterIP !== 'None')
      problems.push(lacking(['spec', 'ipFamilies', index], family, 'not configured on this cluster'))
  })
  if ((spec.clusterIPs ?? []).length > 1 && (spec.ipFamilyPolicy ?? 'SingleStack') === 'SingleStack')
    problems.push(
      invalid(
        ['spec', 'ipFamilyPolicy'],
        spec.ipFamilyPolicy ?? 'SingleStack',
        "must be 'PreferDualStack' or 'RequireDualStack' when multiple cluster IPs are specified",
      ),
    )
  return problems
}
