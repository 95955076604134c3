import { expect, it } from 'vitest'
import { resolvedAddress, resolvedOrder } from './resolve.ts'

const ORDER = { from: 'external/client', protocol: 'tcp' as const }

it.each([
  [
    { ...ORDER, to: 'http://a.example/' },
    { ...ORDER, to: 'curl --resolve a.example:80:192.0.2.1 http://a.example/' },
  ],
  [
    { ...ORDER, to: 'curl -k http://a.example/' },
    { ...ORDER, to: 'curl --resolve a.example:80:192.0.2.1 -k http://a.example/' },
  ],
  [
    { ...ORDER, to: 'http://a.example/', options: { curl: "-H 'A: b'", sourcePort: 4000 } },
    { ...ORDER, to: "curl --resolve a.example:80:192.0.2.1 -H 'A: b' http://a.example/", options: { sourcePort: 4000 } },
  ],
])('a request is told where its name leads: %#', (order, expected) => {
  expect(resolvedOrder(order, 'a.example:80:192.0.2.1')).toEqual(expected)
})

it.each([
  ['a.example:80:192.0.2.1', '192.0.2.1'],
  ['a.example:443:2001:db8::1', '2001:db8::1'],
])('%s leads to %s', (resolve, address) => expect(resolvedAddress(resolve)).toBe(address))
