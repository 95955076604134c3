/** Files of users and passwords as nginx reads them (ngx_http_auth_basic_module.c, ngx_crypt.c): apr1, {SHA}, {SSHA}, {PLAIN}. What is left to libc's crypt (bcrypt, SHA-512) is not simulated. */
import { decodeBase64, encodeBase64, latin1 } from '../../api/base64.ts'
import { md5 } from '../../base/md5.ts'
import { sha1 } from '../../base/sha1.ts'

export type Users = ReadonlyMap<string, string>

/** The first of a name counts; what follows a second colon is a comment. */
export function usersOf(text: string): Users {
  const users = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [user = '', password] = line.trim().split(':')
    if (user !== '' && !user.startsWith('#') && password !== undefined && !users.has(user)) users.set(user, password)
  }
  return users
}

export const isSimulated = (kept: string): boolean => /^(\$apr1\$|\{(PLAIN|SHA|SSHA)\})/.test(kept)

/** User and password of `Authorization: Basic …`. */
export function credentialsOf(authorization: string | undefined): readonly [user: string, password: string] | undefined {
  const [, encoded] = /^\s*basic\s+(\S+)/i.exec(authorization ?? '') ?? []
  const decoded = encoded === undefined ? undefined : decodeBase64(encoded)
  const text = decoded && 'bytes' in decoded ? latin1(decoded.bytes) : ''
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}

export function isPassword(kept: string, given: string): boolean {
  if (kept.startsWith('{PLAIN}')) return kept.slice(7) === given
  if (kept.startsWith('{SHA}')) return kept.slice(5) === encodeBase64([...sha1(given)])
  if (kept.startsWith('{SSHA}')) {
    const decoded = decodeBase64(kept.slice(6))
    const bytes = 'bytes' in decoded ? decoded.bytes : []
    return latin1(bytes.slice(0, 20)) === latin1([...sha1(given + latin1(bytes.slice(20)))])
  }
  const [, salt = ''] = /^\$apr1\$([^$]{0,8})/.exec(kept) ?? []
  return kept.startsWith('$apr1$') && kept === `$apr1$${salt}$${apr1(given, salt)}`
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Which bytes of the digest stand together in its text. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const

/** Poul-Henning Kamp's MD5 crypt under the name apr1. */
function apr1(key: string, salt: string): string {
  const first = md5(key + salt + key)
  let text = `${key}$apr1$${salt}${first.repeat(Math.ceil(key.length / 16)).slice(0, key.length)}`
  for (let i = key.length; i > 0; i >>= 1) text += (i & 1) === 1 ? '\0' : key.charAt(0)
  let final = md5(text)
  for (let i = 0; i < 1000; i++) {
    const odd = (i & 1) === 1
    final = md5((odd ? key : final) + (i % 3 ? salt : '') + (i % 7 ? key : '') + (odd ? final : key))
  }
  const at = (index: number): number => final.charCodeAt(index)
  const letters = (value: number, count: number): string =>
    Array.from({ length: count }, (_, i) => ALPHABET.charAt((value >> (6 * i)) & 63)).join('')
  return GROUPS.map(([a, b, c]) => letters((at(a) << 16) | (at(b) << 8) | at(c), 4)).join('') + letters(at(11), 2)
}
