import { DEFAULT_SYSCTLS } from './sysctl.ts'
import { describe, expect, it } from 'vitest'
import { cidr } from '../net/cidr.ts'
import type { Ip } from '../net/ip.ts'
import { addressType, isLocal, lookup } from './fib.ts'
import type { Interface, NetnsId } from './interface.ts'
import { EMPTY_RULESET } from './netfilter/ruleset.ts'
import { type IpRule, type NetworkNamespace, type Route, TABLE_LOCAL, TABLE_MAIN } from './netns.ts'

const ip = (text: string): Ip => text as Ip
const origin = { agent: 'site' } as const
const prefix = (text: string): Route['destination'] => {
  const [address = '', length = '32'] = text.split('/')
  return cidr(ip(address), Number(length))
}
const route = (to: string, dev: string, type: Route['type'] = 'unicast'): Route => ({
  type,
  destination: prefix(to),
  dev,
  scope: 'global',
  metric: 0,
  origin,
})
const device = (name: string): [string, Interface] => [
  name,
  { kind: 'dummy', name, index: 1, mac: '02:00:00:00:00:01', mtu: 1500, up: true, addresses: [], origin } as unknown as Interface,
]

function namespace(rules: readonly IpRule[]): NetworkNamespace {
  return {
    id: 'n' as NetnsId,
    interfaces: new Map([device('lo'), device('a'), device('b')]),
    rules,
    tables: new Map([
      [TABLE_LOCAL, [route('10.0.0.1/32', 'lo', 'local'), route('10.0.0.255/32', 'a', 'broadcast')]],
      [TABLE_MAIN, [route('0.0.0.0/0', 'a')]],
      [100, [route('0.0.0.0/0', 'b')]],
    ]),
    neighbours: [],
    ruleset: EMPTY_RULESET,
    sysctls: { ...DEFAULT_SYSCTLS, ipForward: true },
    sockets: [],
  }
}

const LOCAL: IpRule = { priority: 0, table: TABLE_LOCAL, origin }
const MAIN: IpRule = { priority: 32766, table: TABLE_MAIN, origin }
const TO = ip('192.0.2.1')

describe('a route asked for again', () => {
  it.each([
    ['mark', { priority: 100, table: 100, fwmark: { value: 1, mask: 1 }, origin }, { mark: 1 }],
    ['source', { priority: 100, table: 100, from: prefix('10.9.0.0/16'), origin }, { source: ip('10.9.0.1') }],
    ['input device', { priority: 100, table: 100, iif: 'b', origin }, { in: 'b' }],
  ] as const)('still depends on the %s where a rule does', (_, rule, selected) => {
    const ns = namespace([LOCAL, rule, MAIN])
    expect(
      [0, 1].map(() => [lookup(ns, { destination: TO }), lookup(ns, { destination: TO, ...selected })].map((f) => f?.route.dev)),
    ).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
  })

  it('is the same for as many addresses as there are, also when there is none', () => {
    const ns = namespace([LOCAL])
    const address = (i: number): Ip => ip(`10.0.${i >> 8}.${i & 255}`)
    for (let pass = 0; pass < 2; pass++)
      for (let i = 0; i < 5000; i++)
        expect(lookup(ns, { destination: address(i) })?.route.type).toBe(i === 1 ? 'local' : i === 255 ? 'broadcast' : undefined)
  })

  it.each([
    ['10.0.0.1', 'LOCAL', true],
    ['10.0.0.255', 'BROADCAST', false],
    ['192.0.2.1', 'UNICAST', false],
    ['224.0.0.1', 'MULTICAST', false],
    ['255.255.255.255', 'BROADCAST', false],
  ])('%s is %s', (text, type, local) => {
    const ns = namespace([LOCAL, MAIN])
    for (let pass = 0; pass < 2; pass++) expect([addressType(ns, ip(text)), isLocal(ns, ip(text))]).toEqual([type, local])
  })
})
