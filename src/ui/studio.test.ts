import { expect, it } from 'vitest'
import { bare } from './studio.ts'

it.each([
  ['http://web.default/', 'web.default'],
  ['http://web.default:8080/path', 'web.default'],
  ['10.0.0.1:80', '10.0.0.1'],
  ['10.0.0.1', '10.0.0.1'],
  ['[fd00::1]:80', 'fd00::1'],
  ['[fd00::1]', 'fd00::1'],
  ['fd00::1', 'fd00::1'],
  ['http://[fd00::1]:80/', 'fd00::1'],
])('what ping takes of %s', (address, expected) => {
  expect(bare(address)).toBe(expected)
})
