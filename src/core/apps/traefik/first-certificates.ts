/** Certificates of v1.7's entry points: files named in traefik.toml, read where the container sees them (tls/tls.go, tls/certificate.go). The first of an entry point is shown to whom none fits. */
import type { Container, Pod } from '../../api/pod.ts'
import { isTable, type TomlTable, type TomlValue } from '../../api/toml.ts'
import { parseCertificate, pemBlock } from '../../api/x509.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { fileSeen } from '../../cluster/files.ts'
import type { Certificate } from '../program.ts'
import type { Building } from './model.ts'

/** Adds them to those of Ingresses, and gives back the default one. */
export function fileCertificates(
  cluster: Cluster,
  pod: Pod,
  container: Container,
  file: TomlTable,
  out: Building,
): Certificate | undefined {
  const pairs = Object.values(table(at(file, 'entryPoints'))).flatMap((point) => pairsOf(table(at(table(point), 'tls'))))
  let first: Certificate | undefined
  for (const [i, { cert, key }] of pairs.entries()) {
    const read = certificateIn(cluster, pod, container, cert)
    const keyed = /-----BEGIN/.test(key) || fileSeen(cluster, pod, container, key).kind === 'text'
    if (typeof read === 'string' || !keyed) {
      out.error(`Error creating TLS config: ${typeof read === 'string' ? read : `open ${key}: no such file or directory`}`)
      continue
    }
    out.certificates.set(`file ${i} ${cert}`, read)
    first ??= read
  }
  return first
}

const table = (value: TomlValue | undefined): TomlTable => (isTable(value) ? value : {})
const at = (from: TomlTable, key: string): TomlValue | undefined =>
  Object.entries(from).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
const text = (value: TomlValue | undefined): string => (typeof value === 'string' ? value : '')

interface Pair {
  readonly cert: string
  readonly key: string
}

/** The default one first, where it is named apart. */
function pairsOf(tls: TomlTable): readonly Pair[] {
  const listed = at(tls, 'certificates')
  const all: readonly TomlValue[] = [
    ...(isTable(at(tls, 'defaultCertificate')) ? [table(at(tls, 'defaultCertificate'))] : []),
    ...(Array.isArray(listed) ? (listed as readonly TomlValue[]) : []),
  ]
  return all.map((each) => ({ cert: text(at(table(each), 'certFile')), key: text(at(table(each), 'keyFile')) }))
}

/** The path of a file, or its content. A text says what is wrong. */
function certificateIn(cluster: Cluster, pod: Pod, container: Container, given: string): Certificate | string {
  const seen = /-----BEGIN/.test(given) ? undefined : fileSeen(cluster, pod, container, given)
  if (seen && seen.kind !== 'text') return `open ${given}: no such file or directory`
  const block = pemBlock(seen?.text ?? given, /^CERTIFICATE$/)
  const parsed = block && parseCertificate(block.bytes)
  if (!parsed) return 'tls: failed to find any PEM data in certificate input'
  const { object } = seen ?? {}
  return {
    subject: parsed.subject,
    issuer: parsed.issuer,
    ...(parsed.distinguished && { distinguished: parsed.distinguished }),
    names: [...parsed.dnsNames, ...parsed.ipAddresses],
    ...(object?.kind === 'Secret' && { secret: object }),
  }
}
