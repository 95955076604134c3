/** The certificate in a Secret, and what is wrong with it where something is, in the words of Go's crypto/tls, which most controllers use. */
import { latin1 } from '../../api/base64.ts'
import { secretBytes } from '../../api/secret.ts'
import type { Secret } from '../../api/workload.ts'
import { parseCertificate, pemBlock } from '../../api/x509.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { Certificate } from '../program.ts'
import { hostMatches } from './match.ts'

const KEY = /PRIVATE KEY$/

export function certificateOf(secret: Secret): Result<Certificate, string> {
  const { namespace = '', name } = secret.metadata
  const [crt, key] = [secretBytes(secret, 'tls.crt'), secretBytes(secret, 'tls.key')]
  if (!crt) return fail(`key 'tls.crt' missing from Secret "${namespace}/${name}"`)
  if (!key) return fail(`key 'tls.key' missing from Secret "${namespace}/${name}"`)
  const block = pemBlock(latin1(crt), /^CERTIFICATE$/)
  if (!block) return fail('no valid PEM formatted block found')
  const parsed = parseCertificate(block.bytes)
  if (!parsed) return fail('x509: malformed certificate')
  if (!pemBlock(latin1(key), KEY))
    return fail('certificate and private key does not have a matching public key: tls: failed to find any PEM data in key input')
  return ok({
    subject: parsed.subject,
    issuer: parsed.issuer,
    ...(parsed.distinguished && { distinguished: parsed.distinguished }),
    names: [...parsed.dnsNames, ...parsed.ipAddresses],
    secret: { kind: 'Secret', namespace, name },
  })
}

/** VerifyHostname: names of subjectAltName only, a star for one label. */
export const isFor = ({ names }: Certificate, host: string): boolean =>
  names.some((name) => name.toLowerCase() === host || hostMatches(name.toLowerCase(), host))

/** The certificate that has the very name, else one with a star that stands for it; of several the first. */
export function bestFor<C extends Pick<Certificate, 'names'>>(certificates: readonly C[], host: string): C | undefined {
  const exact = certificates.find(({ names }) => names.some((name) => name.toLowerCase() === host))
  return exact ?? certificates.find(({ names }) => names.some((name) => hostMatches(name.toLowerCase(), host)))
}
