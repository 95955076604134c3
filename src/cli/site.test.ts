import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { DEFAULT_SITE } from '../core/cluster/site.ts'
import { readSite } from './site.ts'
import { UsageError } from './terminal.ts'

const file = (value: unknown) => ({ name: 'site.yaml', text: stringify(value) })
const complaint = (value: unknown): string => {
  try {
    readSite(file(value))
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return 'accepted'
}

describe('a site of the user', () => {
  it('is read as it is written', () => {
    expect(readSite(file(DEFAULT_SITE))).toEqual(DEFAULT_SITE)
  })

  const [network, ...networks] = DEFAULT_SITE.networks
  const [host, ...hosts] = DEFAULT_SITE.hosts
  it.each<[string, unknown]>([
    ['site.yaml: site: expected a mapping', []],
    ['site.yaml: colour: unknown field', { ...DEFAULT_SITE, colour: 'red' }],
    ['site.yaml: nodeGateway: expected an IPv4 address, got "192.168.1"', { ...DEFAULT_SITE, nodeGateway: '192.168.1' }],
    [
      'site.yaml: networks[0].cidr: expected an IPv4 prefix, got "10.0.0.0"',
      { ...DEFAULT_SITE, networks: [{ ...network, cidr: '10.0.0.0' }, ...networks] },
    ],
    [
      'site.yaml: networks[0].mtu: expected a whole number from 576 to 65535, got 10',
      { ...DEFAULT_SITE, networks: [{ ...network, mtu: 10 }, ...networks] },
    ],
    [
      'site.yaml: hosts[0].routes[0]: expected a route such as `default via 192.168.1.1`, got "somewhere"',
      { ...DEFAULT_SITE, hosts: [{ ...host, routes: ['somewhere'] }, ...hosts] },
    ],
    [
      "site.yaml: hosts[0].interfaces[0]: no network 'moon'",
      { ...DEFAULT_SITE, hosts: [{ ...host, interfaces: [{ name: 'eth0', network: 'moon', address: '10.0.0.1' }] }, ...hosts] },
    ],
    ["site.yaml: nodeGateway: no network 'moon'", { ...DEFAULT_SITE, nodeNetwork: 'moon' }],
    ["site.yaml: nodeGateway: 8.8.8.8 is not in network 'fabric'", { ...DEFAULT_SITE, nodeGateway: '8.8.8.8' }],
    ["site.yaml: announceTo: no host 'nobody'", { ...DEFAULT_SITE, announceTo: ['nobody'] }],
    ['site.yaml: announcements: expected an IPv4 or IPv6 address, got "lb"', { ...DEFAULT_SITE, announcements: { lb: 'node-1' } }],
  ])('%s', (message, value) => {
    expect(complaint(value)).toBe(message)
  })

  it('says what is wrong with YAML that is none', () => {
    expect(() => readSite({ name: 'x', text: '{' })).toThrow(UsageError)
  })
})
