import { describe, expect, test } from 'vitest'
import { contains, parseCidr } from '../../net/cidr.ts'
import { parseIp } from '../../net/ip.ts'
import { CLOUD_SITES } from './sites.ts'

describe.each(Object.entries(CLOUD_SITES))('the site %s', (_, site) => {
  const networks = new Map(site.networks.map((network) => [network.name, network]))
  const isIn = (cidr: string | undefined, address: string | undefined): boolean => {
    const [range, ip] = [parseCidr(cidr ?? ''), parseIp(address ?? '')]
    return range !== undefined && ip !== undefined && contains(range, ip)
  }

  test.each(site.hosts.flatMap(({ name, interfaces }) => interfaces.map((port) => [`${name} ${port.network}`, port] as const)))(
    'address of %s',
    (__, { network, address, address6 }) => {
      expect([isIn(networks.get(network)?.cidr, address), isIn(networks.get(network)?.cidr6, address6)]).toEqual([true, true])
    },
  )

  test('every address is given once, and pools hold none of them', () => {
    const addresses = site.hosts.flatMap(({ interfaces }) => interfaces.flatMap(({ address, address6 }) => [address, address6]))
    expect(new Set(addresses).size).toBe(addresses.length)
    for (const { balances } of site.hosts) expect(addresses.some((address) => isIn(balances?.pool, address))).toBe(false)
  })

  test('pools are of a network of their host', () => {
    for (const { balances, interfaces } of site.hosts) {
      const first = balances?.pool.split('/')[0]
      if (first !== undefined) expect(interfaces.some(({ network }) => isIn(networks.get(network)?.cidr, first))).toBe(true)
    }
  })

  test('nodes and pods are known to a router', () => {
    expect(isIn(networks.get(site.nodeNetwork)?.cidr, site.nodeGateway)).toBe(true)
    expect(isIn(networks.get(site.nodeNetwork)?.cidr6, site.nodeGateway6)).toBe(true)
    expect(site.hosts.map(({ name }) => name)).toEqual(expect.arrayContaining([...(site.podRoutes ?? [])]))
  })
})
