import { describe, expect, test } from 'vitest'
import { addressRoutes } from '../kernel/address-routes.ts'
import { cidr, printCidr } from '../net/cidr.ts'
import type { Ip } from '../net/ip.ts'
import { interfaceMap, lanInterface, LO } from './devices.ts'
import { addRoutes, parseRouteArguments, routeFrom } from './routes.ts'

const SITE = { agent: 'site' } as const
const lan = (name: string, address: string, length: number) => lanInterface(name, 2, 'fabric', 1500, [cidr(address as Ip, length)], SITE)

test.each([
  ['10.0.0.5/24', ['local 10.0.0.5/32 host', 'broadcast 10.0.0.255/32 link'], ['unicast 10.0.0.0/24 link']],
  ['10.0.0.4/31', ['local 10.0.0.4/32 host'], ['unicast 10.0.0.4/31 link']],
  ['10.0.0.4/32', ['local 10.0.0.4/32 host'], []],
])('the kernel makes of %s', (address, local, main) => {
  const [ip = '', length = ''] = address.split('/')
  const routes = addressRoutes([lan('eth0', ip, Number(length))])
  const show = (list: typeof routes.local) => list.map(({ type, destination, scope }) => `${type} ${printCidr(destination)} ${scope}`)
  expect([show(routes.local), show(routes.main)]).toEqual([local, main])
})

test('all of 127.0.0.0/8 is local, and none of it connected', () => {
  const { local, main } = addressRoutes([LO])
  expect(local.map(({ type, destination }) => `${type} ${printCidr(destination)}`)).toEqual([
    'local 127.0.0.1/32',
    'broadcast 127.255.255.255/32',
    'local 127.0.0.0/8',
  ])
  expect(main).toEqual([])
})

describe('ip route', () => {
  const interfaces = interfaceMap([LO, lan('eth0', '192.168.1.11', 24), lan('eth1', '10.9.0.1', 30)])
  const text = (line: string): string => {
    const parsed = parseRouteArguments(line)
    const route = parsed.ok ? routeFrom(parsed.value, interfaces, SITE) : parsed
    if (!route.ok) return route.error
    const { type, destination, via, dev, scope, metric, onlink } = route.value
    return [type, printCidr(destination), via ?? '-', dev ?? '-', scope, metric, onlink ? 'onlink' : '-'].join(' ')
  }
  test.each([
    ['default via 192.168.1.1', 'unicast 0.0.0.0/0 192.168.1.1 eth0 global 0 -'],
    ['10.244.0.9/16 via 10.9.0.2 metric 5', 'unicast 10.244.0.0/16 10.9.0.2 eth1 global 5 -'],
    ['10.1.0.0/16 via 172.16.0.1 dev eth0 onlink', 'unicast 10.1.0.0/16 172.16.0.1 eth0 global 0 onlink'],
    ['10.1.0.0/16 dev eth1', 'unicast 10.1.0.0/16 - eth1 link 0 -'],
    ['blackhole default', 'blackhole 0.0.0.0/0 - - global 0 -'],
    ['unreachable 10.96.0.0/12', 'unreachable 10.96.0.0/12 - - global 0 -'],
    ['10.1.0.0/16 via 172.16.0.1', 'Nexthop has invalid gateway.'],
    ['10.1.0.0/16', 'Device for nexthop is not specified.'],
    ['10.1.0.0/16 dev eth7', 'Cannot find device "eth7"'],
    ['10.1.0.0/33 dev eth0', '"10.1.0.0/33" is not a prefix'],
    ['default via gateway', '"gateway" is not an address'],
    ['default via 192.168.1.1 table 7', '"table" is not supported here'],
    ['default via 192.168.1.1 metric x', '"x" is not a metric'],
  ])('%s', (line, result) => expect(text(line)).toBe(result))

  test('replaces a route to the same prefix, beside one with another metric', () => {
    const routes = addRoutes(
      [],
      ['10.1.0.0/16 via 192.168.1.1', '10.1.0.0/16 via 192.168.1.2 metric 9', '10.1.0.0/16 via 192.168.1.3'],
      interfaces,
      SITE,
    )
    expect(routes.map(({ via, metric }) => `${via} ${metric}`)).toEqual(['192.168.1.2 9', '192.168.1.3 0'])
  })
})
