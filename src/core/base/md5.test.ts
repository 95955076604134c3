import { expect, test } from 'vitest'
import { md5 } from './md5.ts'

const hex = (text: string): string => Array.from(text, (each) => each.charCodeAt(0).toString(16).padStart(2, '0')).join('')

/** The vectors of RFC 1321, A.5. */
test.each<[string, string]>([
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', '57edf4a22be3c955ac49da2e2107b67a'],
])('%s', (text, digest) => {
  expect(hex(md5(text))).toBe(digest)
})
