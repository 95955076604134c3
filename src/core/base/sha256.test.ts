import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256Base32, sha256Hex } from './sha256.ts'

test.each([
  // FIPS 180-4 examples: one block, two blocks.
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
])('the digest of %j is %s', (text, hex) => expect(sha256Hex(text)).toBe(hex))

test('any text has the digest that OpenSSL gives it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      expect(sha256Hex(text)).toBe(createHash('sha256').update(text).digest('hex'))
    }),
  )
})

test("kube-proxy's chain of default/kubernetes:https is NPX46M4PTMTKRN6Y", () =>
  expect(sha256Base32('default/kubernetes:httpstcp')).toBe('NPX46M4PTMTKRN6Y'))
