import { describe, expect, it } from 'vitest'
import { usefulOptions } from './options.ts'
import { bounded, dialled, PRESETS } from './presets.ts'

describe('what is typed', () => {
  it.each([
    ['http://web.shop:8080/cart', 'web.shop', '8080'],
    ['https://web/', 'web', '443'],
    ['10.0.0.1:53', '10.0.0.1', '53'],
    ['web', 'web', ''],
    ['[fd00::1]:80', '[fd00::1]', '80'],
    ['', '', ''],
  ])('%s', (text, host, port) => {
    expect(dialled(text)).toEqual({ host, port })
  })
})

describe('a preset', () => {
  it.each<readonly [string, string, string]>([
    ['curl', 'web:80', 'http://web/'],
    ['curl', 'web:8080', 'http://web:8080/'],
    ['ping', 'http://web:80/', 'web'],
    ['dig', '10.96.0.10', '10.96.0.10:53'],
    ['nc', 'http://web/', 'web:80'],
    ['nc-u', 'web:5353', 'web:5353'],
  ])('%s of %s dials %s', (id, typed, expected) => {
    expect(PRESETS.find((preset) => preset.id === id)?.to(dialled(typed))).toBe(expected)
  })
})

it('options that a protocol has no use for stay at home', () => {
  const all = { sourcePort: 1, payload: 2, ttl: 3, dontFragment: false }
  expect(usefulOptions(all, 'tcp')).toEqual({ sourcePort: 1, ttl: 3, dontFragment: false })
  expect(usefulOptions(all, 'icmp')).toEqual({ payload: 2, ttl: 3, dontFragment: false })
  expect(usefulOptions({ payload: 5 }, 'tcp')).toBeUndefined()
})

it('numbers are held within their bounds', () => {
  expect([bounded(Number.NaN, 1, 9), bounded(0, 1, 9), bounded(5.4, 1, 9), bounded(99, 1, 9)]).toEqual([undefined, 1, 5, 9])
})
