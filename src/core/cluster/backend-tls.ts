/**
 * Which BackendTLSPolicy is for a Service's port, and whether a controller can keep to it (Traefik: pkg/provider/kubernetes/gateway/httproute.go; Contour: computeBackendTLSPolicies). Certificates
 * themselves are not compared: who answers with any is believed.
 */
import type { BackendTLSPolicy, Condition } from '../api/gateway.ts'
import type { ServicePort } from '../api/service.ts'
import { type Cluster, get } from './cluster.ts'
import { isHostname } from './contour-listeners.ts'
import { fails, holds } from './gateway-references.ts'

export interface BackendTls {
  readonly policy: BackendTLSPolicy
  /** What its status says, for the one that uses it. */
  readonly conditions: readonly Condition[]
  /** Whom the handshake asks for; undefined where the policy cannot be kept. */
  readonly hostname: string | undefined
}

type Target = { readonly namespace: string; readonly name: string; readonly port: ServicePort }

/** The oldest of those that name the port, else of those that name the Service as a whole. */
function policyFor(cluster: Cluster, { namespace, name, port }: Target): BackendTLSPolicy | undefined {
  const all = [...(cluster.objects.BackendTLSPolicy.get(namespace)?.values() ?? [])].toSorted(byAge)
  const naming = (section: string | undefined): BackendTLSPolicy | undefined =>
    all.find(({ spec }) =>
      spec.targetRefs.some((ref) => (ref.group ?? '') === '' && ref.kind === 'Service' && ref.name === name && ref.sectionName === section),
    )
  return (port.name ? naming(port.name) : undefined) ?? naming(undefined)
}

function byAge(a: BackendTLSPolicy, b: BackendTLSPolicy): number {
  const [before, after] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  if (before !== after) return before < after ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}

/** What is wrong with its certificates of authorities: the kind that nobody reads, or the one that is not there. */
function missingAuthority(cluster: Cluster, { metadata, spec }: BackendTLSPolicy) {
  const namespace = metadata.namespace ?? ''
  for (const { group = '', kind, name } of spec.validation.caCertificateRefs ?? []) {
    if ((group !== '' && group !== 'core') || (kind !== 'ConfigMap' && kind !== 'Secret')) return { why: 'kind', kind, name } as const
    const held = get(cluster, kind, namespace, name)
    if (!held) return { why: 'absent', kind, name } as const
    if (!held.data?.['ca.crt']) return { why: 'empty', kind, name } as const
  }
  return undefined
}

export function contourBackendTls(cluster: Cluster, target: Target): BackendTls | undefined {
  const policy = policyFor(cluster, target)
  if (!policy) return undefined
  const { hostname, wellKnownCACertificates, caCertificateRefs = [] } = policy.spec.validation
  const refuse = (message: string): BackendTls => ({ policy, conditions: [fails('Accepted', 'Invalid', message)], hostname: undefined })
  const field = 'BackendTLSPolicy.Spec.Validation'
  if (wellKnownCACertificates) return refuse(`${field}.WellKnownCACertificates is unsupported.`)
  if (!isHostname(hostname) || hostname.includes('*'))
    return refuse(
      `${field}.Hostname "${hostname}" is invalid. Hostname must be a valid RFC 1123 fully qualified domain name. Wildcard domains and numeric IP addresses are not allowed`,
    )
  const missing = missingAuthority(cluster, policy)
  if (missing?.why === 'kind')
    return refuse(`${field}.CACertificateRef.Kind "${missing.kind}" is unsupported. Only ConfigMap or Secret Kind is supported.`)
  if (missing) return refuse(`Could not find CACertificateRef ${missing.kind}: ${policy.metadata.namespace ?? ''}/${missing.name}`)
  if (caCertificateRefs.length === 0) return { policy, conditions: [], hostname: undefined }
  return { policy, conditions: [holds('Accepted', 'Accepted', 'Accepted BackendTLSPolicy')], hostname }
}

export function traefikBackendTls(cluster: Cluster, target: Target): BackendTls | undefined {
  const policy = policyFor(cluster, target)
  if (!policy) return undefined
  const { hostname, wellKnownCACertificates } = policy.spec.validation
  const missing = wellKnownCACertificates ? undefined : missingAuthority(cluster, policy)
  if (!missing) return { policy, conditions: [holds('ResolvedRefs', 'ResolvedRefs', ''), holds('Accepted', 'Accepted', '')], hostname }
  const { why, kind, name } = missing
  const at = `${policy.metadata.namespace ?? ''}/${name}`
  const message = {
    kind: 'Only ConfigMaps and Secrets are supported',
    absent: `getting ${kind.toLowerCase()} ${at}: not found`,
    empty: `${kind} ${at} does not have a ca.crt`,
  }[why]
  const reason = why === 'kind' ? 'InvalidKind' : 'InvalidCACertificateRef'
  return {
    policy,
    conditions: [fails('ResolvedRefs', reason, message), fails('Accepted', 'NoValidCACertificate', '')],
    hostname: undefined,
  }
}
