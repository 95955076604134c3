import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cidr, contains, ipAt, parseCidr, printCidr } from './cidr.ts'
import { type Ip, isIpv6, joinHostPort, parseIp } from './ip.ts'
import { commonBits, compareWords, ipFromWords, ipWords, isLinkLocal6, isMulticast6, linkLocalOf, type Words } from './ip6.ts'
import { type Mac, macFromIp } from './mac.ts'

const ip = (text: string): Ip => {
  const parsed = parseIp(text)
  if (!parsed) throw new Error(text)
  return parsed
}

describe('IPv6 text', () => {
  it.each([
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['fd00:10:244:1::', 'fd00:10:244:1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is written %s', (text, canonical) => expect(parseIp(text)).toBe(canonical))

  it.each([
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    '1:2:3:4:5:6:7::8',
  ])('%s is no address', (text) => expect(parseIp(text)).toBeUndefined())

  const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0x10000, 0xffff0000), fc.integer({ min: 0, max: 0xffffffff }))
  const words: fc.Arbitrary<Words> = fc.tuple(word, word, word, word)
  it('prints and parses inversely', () => {
    fc.assert(
      fc.property(words, (value) => {
        const text = ipFromWords(value)
        expect(parseIp(text)).toBe(text)
        expect(ipWords(text)).toEqual([...value])
        expect(isIpv6(text)).toBe(true)
      }),
      { seed: 6 },
    )
  })
})

describe('IPv6 prefixes', () => {
  it.each([
    ['fd00:10:244::/56', 'fd00:10:244:ff::1', true],
    ['fd00:10:244::/56', 'fd00:10:244:100::1', false],
    ['::/0', 'fd00::1', true],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', 'fd00::1', false],
    ['fd00::7', 'fd00::7', true],
    ['fd00::7', 'fd00::8', false],
    ['10.0.0.0/8', '10.1.2.3', true],
  ])('%s holds %s: %s', (prefix, address, expected) => {
    const parsed = parseCidr(prefix)
    expect(parsed && contains(parsed, ip(address))).toBe(expected)
  })

  it('clears host bits in print and counts up from the network', () => {
    const prefix = cidr(ip('fd00:10:244:1::5'), 64)
    expect(printCidr(prefix)).toBe('fd00:10:244:1::/64')
    expect(ipAt(prefix, 1)).toBe('fd00:10:244:1::1')
    expect(ipAt(cidr(ip('fd00::ffff:ffff'), 128), 1)).toBe('fd00::1:0:0')
  })

  it('refuses lengths beyond the address', () => {
    expect(parseCidr('fd00::/129')).toBeUndefined()
    expect(parseCidr('10.0.0.0/33')).toBeUndefined()
  })
})

it('knows kinds of addresses', () => {
  expect(isLinkLocal6(ip('fe80::1'))).toBe(true)
  expect(isLinkLocal6(ip('fec0::1'))).toBe(false)
  expect(isMulticast6(ip('ff02::1'))).toBe(true)
  expect(isMulticast6(ip('ff::1'))).toBe(false)
  expect(commonBits(ipWords(ip('fd00::')), ipWords(ip('fd00::1:0:0')))).toBe(95)
  expect(compareWords(ipWords(ip('fd00::1')), ipWords(ip('fd00::2')))).toBeLessThan(0)
})

it('derives link-local addresses and MACs', () => {
  expect(linkLocalOf('02:34:87:73:4c:93' as Mac)).toBe('fe80::34:87ff:fe73:4c93')
  expect(linkLocalOf('0a:58:0a:f4:01:05' as Mac)).toBe('fe80::858:aff:fef4:105')
  expect(macFromIp('52:54:00', ip('fd00:192:168:1::100'))).toBe('52:54:00:00:01:00')
  expect(macFromIp('0a:58', ip('fd00:10:244:1::5'))).toBe('0a:58:00:01:00:05')
})

it('joins addresses and ports', () => {
  expect(joinHostPort('::1', 80)).toBe('[::1]:80')
  expect(joinHostPort('10.0.0.1', 80)).toBe('10.0.0.1:80')
})
