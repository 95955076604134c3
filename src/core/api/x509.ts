/**
 * Certificates as far as a proxy's choice depends on them: PEM (RFC 7468) and of X.509 (RFC 5280) subject, issuer, subjectAltName and the public key. Signatures are not checked, and times are not:
 * there is no clock. Left out: everything else, chains included (only the first certificate counts).
 */
import { decodeBase64, latin1 } from './base64.ts'

export interface X509 {
  /** Common names; empty where there is none. */
  readonly subject: string
  readonly issuer: string
  /** Both names in full as OpenSSL prints them, `O=Acme Co; CN=a.example`; absent where they are common names alone, or hold what has no short name here. */
  readonly distinguished?: { readonly subject: string; readonly issuer: string }
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
}

/** The bytes of the first PEM block whose label fits; undefined when there is none. */
export function pemBlock(text: string, label: RegExp): { readonly label: string; readonly bytes: readonly number[] } | undefined {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END \1-----/g)
  for (const [, name = '', body = ''] of blocks) {
    if (!label.test(name)) continue
    const decoded = decodeBase64(body.replace(/\s+/g, ''))
    if ('bytes' in decoded) return { label: name, bytes: decoded.bytes }
  }
  return undefined
}

interface Element {
  readonly tag: number
  readonly from: number
  readonly to: number
}

/** X.690, definite lengths only: the element at `at`. */
function element(bytes: readonly number[], at: number, limit: number): Element | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) return undefined
  let [length, from] = [first, at + 2]
  if (first > 0x80) {
    const count = first - 0x80
    if (count > 4) return undefined
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[from + i] ?? 0)
    from += count
  }
  return first === 0x80 || from + length > limit ? undefined : { tag, from, to: from + length }
}

function children(bytes: readonly number[], parent: Element): readonly Element[] | undefined {
  const found: Element[] = []
  for (let at = parent.from; at < parent.to; ) {
    const next = element(bytes, at, parent.to)
    if (!next) return undefined
    found.push(next)
    at = next.to
  }
  return found
}

const SEQUENCE = 0x30
const COMMON_NAME = '55.04.03'
const SUBJECT_ALT_NAME = '55.1d.11'

/** Undefined when the bytes are no certificate. */
export function parseCertificate(bytes: readonly number[]): X509 | undefined {
  const outer = element(bytes, 0, bytes.length)
  const [tbs] = (outer?.tag === SEQUENCE && children(bytes, outer)) || []
  const fields = tbs?.tag === SEQUENCE ? children(bytes, tbs) : undefined
  if (!fields) return undefined
  const offset = fields[0]?.tag === 0xa0 ? 1 : 0
  const [issuer, subject] = [fields[offset + 2], fields[offset + 4]]
  if (!issuer || !subject || issuer.tag !== SEQUENCE || subject.tag !== SEQUENCE) return undefined
  const extensions = fields.find(({ tag }) => tag === 0xa3)
  const names = extensions ? alternativeNames(bytes, extensions) : { dnsNames: [], ipAddresses: [] }
  const plain = { subject: commonName(bytes, subject), issuer: commonName(bytes, issuer) }
  const [whole, by] = [nameText(bytes, subject), nameText(bytes, issuer)]
  const more = whole !== `CN=${plain.subject}` || by !== `CN=${plain.issuer}`
  return { ...plain, ...(more && whole && by && { distinguished: { subject: whole, issuer: by } }), ...names }
}

const hex = (bytes: readonly number[], { from, to }: Element): string =>
  bytes
    .slice(from, to)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('.')

function commonName(bytes: readonly number[], name: Element): string {
  for (const set of children(bytes, name) ?? [])
    for (const attribute of children(bytes, set) ?? []) {
      const [type, value] = children(bytes, attribute) ?? []
      if (type && value && hex(bytes, type) === COMMON_NAME) return latin1(bytes.slice(value.from, value.to))
    }
  return ''
}

/** Short names of attributes as OpenSSL has them (crypto/objects/objects.txt). */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  [COMMON_NAME]: 'CN',
  '55.04.05': 'serialNumber',
  '55.04.06': 'C',
  '55.04.07': 'L',
  '55.04.08': 'ST',
  '55.04.09': 'street',
  '55.04.0a': 'O',
  '55.04.0b': 'OU',
  '55.04.11': 'postalCode',
  '2a.86.48.86.f7.0d.01.09.01': 'emailAddress',
  '09.92.26.89.93.f2.2c.64.01.19': 'DC',
}

/** XN_FLAG_SEP_SPLUS_SPC; undefined where an attribute is of another kind. */
function nameText(bytes: readonly number[], name: Element): string | undefined {
  const sets: string[] = []
  for (const set of children(bytes, name) ?? []) {
    const attributes: string[] = []
    for (const attribute of children(bytes, set) ?? []) {
      const [type, value] = children(bytes, attribute) ?? []
      const short = type && ATTRIBUTES[hex(bytes, type)]
      if (short === undefined || !value) return undefined
      attributes.push(`${short}=${latin1(bytes.slice(value.from, value.to))}`)
    }
    sets.push(attributes.join(' + '))
  }
  return sets.join('; ')
}

function alternativeNames(bytes: readonly number[], extensions: Element): Pick<X509, 'dnsNames' | 'ipAddresses'> {
  const [list] = children(bytes, extensions) ?? []
  const dnsNames: string[] = []
  const ipAddresses: string[] = []
  for (const extension of (list && children(bytes, list)) ?? []) {
    const [type, ...rest] = children(bytes, extension) ?? []
    const value = rest.at(-1)
    if (!type || !value || hex(bytes, type) !== SUBJECT_ALT_NAME) continue
    const names = element(bytes, value.from, value.to)
    for (const each of (names && children(bytes, names)) ?? []) {
      const own = bytes.slice(each.from, each.to)
      if (each.tag === 0x82) dnsNames.push(latin1(own))
      if (each.tag === 0x87 && own.length === 4) ipAddresses.push(own.join('.'))
    }
  }
  return { dnsNames, ipAddresses }
}
