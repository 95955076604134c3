import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha512Hex } from './sha512.ts'

test.each([
  ['', 'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e'],
  [
    'abc',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  ],
])('digest of %j', (text, digest) => expect(sha512Hex(text)).toBe(digest))

test('the digest is that of any other implementation', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      expect(sha512Hex(text, 21)).toBe(createHash('sha512').update(text, 'utf8').digest('hex').slice(0, 21))
    }),
    { seed: 12, numRuns: 60 },
  )
})
