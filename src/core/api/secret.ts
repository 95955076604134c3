/** What an API server asks of Secrets (pkg/apis/core/validation ValidateSecret, pkg/registry/core/secret, v1.30), and their values as bytes. */
import { decodeBase64, encodeBase64, utf8Bytes } from './base64.ts'
import { type FieldProblem, invalid, required } from './schema.ts'
import type { Secret } from './workload.ts'

export const TLS_SECRET = 'kubernetes.io/tls'

/** Keys that a type demands. */
const DEMANDED: Readonly<Record<string, readonly string[]>> = {
  [TLS_SECRET]: ['tls.crt', 'tls.key'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
}

/** stringData overrides data, and is never stored. */
export function secretDefaults({ stringData, ...secret }: Secret): Secret {
  const type = secret.type || 'Opaque'
  if (!stringData) return { ...secret, type }
  const added = Object.entries(stringData).map(([key, text]) => [key, encodeBase64(utf8Bytes(text))])
  return { ...secret, type, data: { ...secret.data, ...Object.fromEntries(added) } }
}

export function secretRules({ type = 'Opaque', data = {} }: Secret): FieldProblem[] {
  const missing = (DEMANDED[type] ?? []).filter((key) => !Object.hasOwn(data, key)).map((key) => required(['data', key]))
  const broken = Object.entries(data).flatMap(([key, text]) => {
    const decoded = decodeBase64(text)
    return 'bytes' in decoded ? [] : [invalid(['data', key], text.slice(0, 32), `illegal base64 data at input byte ${decoded.corruptAt}`)]
  })
  return [...missing, ...broken]
}

/** The value under a key; undefined when there is none or it is no base64. */
export function secretBytes({ data = {} }: Secret, key: string): readonly number[] | undefined {
  const text = Object.hasOwn(data, key) ? data[key] : undefined
  const decoded = text === undefined ? undefined : decodeBase64(text)
  return decoded && 'bytes' in decoded ? decoded.bytes : undefined
}
