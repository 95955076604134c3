import { expect, it } from 'vitest'
import { base64, sha1 } from './sha1.ts'

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

it.each([
  ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
  ['a'.repeat(119), 'ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56'],
])('SHA-1 of %j', (text, digest) => {
  expect(hex(sha1(text))).toBe(digest)
})

it.each([
  ['', ''],
  ['f', 'Zg=='],
  ['fo', 'Zm8='],
  ['foo', 'Zm9v'],
  ['foobar', 'Zm9vYmFy'],
])('base64 of %j', (text, encoded) => {
  expect(base64(Uint8Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)))).toBe(encoded)
})

it('answers the handshake of RFC 6455, 1.3', () => {
  expect(base64(sha1('dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11'))).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
})
