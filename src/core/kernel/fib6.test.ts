import { describe, expect, it, test } from 'vitest'
import { cidr, networkIp } from '../net/cidr.ts'
import type { Ip } from '../net/ip.ts'
import { addressType6, lookup6, lookupLocal6 } from './fib6.ts'
import type { Interface, NetnsId } from './interface.ts'
import { EMPTY_RULESET } from './netfilter/ruleset.ts'
import { type NetworkNamespace, type Route, TABLE_LOCAL, TABLE_MAIN } from './netns.ts'
import { selectSource6 } from './source6.ts'
import { DEFAULT_SYSCTLS } from './sysctl.ts'

const origin = { agent: 'site' } as const
const ip = (text: string): Ip => text as Ip
const prefix = (text: string): Route['destination'] => {
  const [address = '', length = '128'] = text.split('/')
  return cidr(ip(address), Number(length))
}
const route = (to: string, dev: string, metric: number, type: Route['type'] = 'unicast'): Route => {
  const { length, ...rest } = prefix(to)
  return { type, destination: cidr(networkIp({ length, ...rest }), length), dev, scope: 'global', metric, origin }
}
const device = (name: string, addresses: readonly string[]): [string, Interface] => [
  name,
  {
    kind: 'dummy',
    name,
    index: 1,
    mac: '02:00:00:00:00:01',
    mtu: 1500,
    up: true,
    addresses: addresses.map((text) => ({ prefix: prefix(text), scope: 'global' })),
    origin,
  } as unknown as Interface,
]

/** A router with two devices, as it was made on Linux 6.18; what `ip -6 route get` and `ip -6 route show table local` then said is expected below. */
const A = ['fe80::a/64', 'fd00:1::1/64', 'fd00:1::8/64', '2001:db8:a::1/64']
const B = ['fe80::b/64', 'fd00:2::1/64', '2001:db8:b::1/64', '2002:c000:201::1/48']
const host: NetworkNamespace = {
  id: 'n' as NetnsId,
  interfaces: new Map([device('lo', ['::1/128']), device('ea', A), device('eb', B)]),
  rules: [],
  tables: new Map(),
  rules6: [
    { priority: 0, table: TABLE_LOCAL, origin },
    { priority: 32766, table: TABLE_MAIN, origin },
  ],
  tables6: new Map([
    [
      TABLE_LOCAL,
      [
        route('::1/128', 'lo', 0, 'local'),
        ...[...A, ...B].map((text) => route(text.replace(/\/.*/, '/128'), 'lo', 0, 'local')),
        route('fd00:1::/128', 'ea', 0, 'anycast'),
        route('fd00:2::/128', 'eb', 0, 'anycast'),
        route('ff00::/8', 'ea', 256, 'multicast'),
        route('ff00::/8', 'eb', 256, 'multicast'),
      ],
    ],
    [
      TABLE_MAIN,
      [
        ...A.map((text) => route(text, 'ea', 256)),
        ...B.map((text) => route(text, 'eb', 256)),
        route('::/0', 'ea', 1024),
        route('2002::/16', 'ea', 1024),
        route('fd00:9::/64', 'ea', 1024),
        route('fd00:7::/64', 'ea', 5),
        route('fd00:7::/64', 'eb', 5),
      ],
    ],
  ]),
  neighbours: [],
  ruleset: EMPTY_RULESET,
  sysctls: { ...DEFAULT_SYSCTLS, ipv6Forwarding: true },
  sockets: [],
}

test.each([
  ['fd00:1::9', 'ea', 'fd00:1::8'],
  ['fd00:1::2', 'ea', 'fd00:1::8'],
  ['fd00:2::9', 'eb', 'fd00:2::1'],
  ['fd00:9::1', 'ea', 'fd00:1::8'],
  ['2001:db8:ffff::1', 'ea', '2001:db8:a::1'],
  ['2001:db8:b:1::1', 'ea', '2001:db8:a::1'],
  ['2002:c000:201:5::1', 'eb', '2002:c000:201::1'],
  ['2002:1::1', 'ea', '2001:db8:a::1'],
  ['fe80::77', 'ea', 'fe80::a'],
  ['fd00:7::1', 'ea', 'fd00:1::8'],
])('to %s: device %s, source %s', (to, dev, source) => {
  expect(lookup6(host, { destination: ip(to) })?.route.dev).toBe(dev)
  expect(selectSource6(host, dev, ip(to))).toBe(source)
})

test.each([
  ['fe80::77', 'fe80::b'],
  ['ff02::1', 'fe80::b'],
])('what is bound to a link has its source there: %s by eb from %s', (to, source) => {
  expect(selectSource6(host, 'eb', ip(to))).toBe(source)
})

describe('of routes alike', () => {
  it.each([undefined, 'ea', 'eb'])('that of the incoming device is taken: %s', (dev) => {
    const asked = dev === undefined ? {} : { in: dev }
    expect([0, 1].map(() => lookup6(host, { destination: ip('fd00:7::1'), ...asked })?.route.dev)).toEqual([dev ?? 'ea', dev ?? 'ea'])
  })
})

test.each([
  ['::', 'UNSPEC', undefined],
  ['::1', 'LOCAL', 'local'],
  ['fd00:1::1', 'LOCAL', 'local'],
  ['fd00:1::', 'ANYCAST', 'anycast'],
  ['ff02::1', 'MULTICAST', 'multicast'],
  ['fd00:1::5', 'UNICAST', undefined],
])('%s is %s', (text, type, local) => {
  expect(addressType6(host, ip(text))).toBe(type)
  expect(lookupLocal6(host, ip(text))?.type).toBe(local)
})
