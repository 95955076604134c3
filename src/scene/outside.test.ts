import { describe, expect, it } from 'vitest'
import { CLOUD_SITES } from '../core/cluster/cloud/sites.ts'
import type { Site } from '../core/cluster/site.ts'
import { planOutside } from './outside.ts'
import { overlaps } from './scene.ts'

/** `gate lan wan` is a host with a port on each network; the first network is the nodes' own. */
function siteOf(networks: readonly string[], ...hosts: readonly string[]): Site {
  return {
    name: 'test',
    networks: networks.map((name) => ({ name, cidr: '10.0.0.0/24', mtu: 1500 })),
    hosts: hosts.map((text) => {
      const [name = '', ...ports] = text.split(' ')
      const interfaces = ports.map((network, i) => ({ name: `eth${i}`, network, address: '10.0.0.1' }))
      return {
        name,
        role: ports.length > 1 ? ('router' as const) : ('client' as const),
        interfaces,
        routes: [],
        forwards: ports.length > 1,
        listens: [],
      }
    }),
    nodeNetwork: networks[0] ?? '',
    nodeGateway: '10.0.0.1',
    announcements: {},
    announceTo: [],
  }
}

/** Hosts from the highest floor down to the node network. */
const floors = (site: Site): readonly string[] => {
  const byHeight = new Map<number, string[]>()
  for (const { host, rect } of planOutside(site, 1).hosts) byHeight.set(rect.y, [...(byHeight.get(rect.y) ?? []), host.name])
  return [...byHeight].sort(([a], [b]) => a - b).map(([, names]) => names.sort().join(' '))
}

const CASES: readonly (readonly [string, Site, readonly string[]])[] = [
  ['one switch', siteOf(['lan'], 'desk lan', 'phone lan'), ['desk phone']],
  ['a router and what is behind it', siteOf(['lan', 'wan'], 'desk lan', 'gate lan wan', 'far wan'), ['far', 'desk gate']],
  ['routers behind routers', siteOf(['lan', 'mid', 'wan'], 'gate lan mid', 'core mid wan', 'far wan'), ['far', 'core', 'gate']],
  ['two uplinks', siteOf(['lan', 'w1', 'w2'], 'g1 lan w1', 'g2 lan w2', 'f1 w1', 'f2 w2'), ['f1 f2', 'g1 g2']],
  ['a network that nothing leads to', siteOf(['lan', 'island'], 'desk lan', 'crusoe island'), ['crusoe', 'desk']],
  ['nothing outside', siteOf(['lan']), []],
]

describe('planOutside', () => {
  it.each(CASES)('stands %s on floors above the node network', (_, site, expected) => {
    expect(floors(site)).toEqual(expected)
  })

  it.each(CASES)('keeps hosts apart and cables on bars: %s', (_, site) => {
    const { hosts, cables, segments } = planOutside(site, 2)
    for (const [i, a] of hosts.entries()) for (const b of hosts.slice(i + 1)) expect(overlaps(a.rect, b.rect)).toBe(false)
    for (const cable of cables) {
      const end = cable.points.at(-1)
      const bars =
        cable.network === site.nodeNetwork
          ? [{ x1: -Infinity, x2: Infinity, y: 0 }]
          : (segments.find((segment) => segment.name === cable.network)?.bars ?? [])
      expect(bars.some((bar) => end && Math.abs(bar.y - end.y) < 1e-9 && end.x >= bar.x1 && end.x <= bar.x2)).toBe(true)
    }
  })

  it('draws no two bars on each other', () => {
    const { segments } = planOutside(siteOf(['lan', 'w1', 'w2', 'w3'], 'gate lan w1 w2 w3', 'f1 w1', 'f2 w2', 'f3 w3'), 1)
    expect(new Set(segments.flatMap((segment) => segment.bars.map((bar) => bar.y))).size).toBe(3)
  })
})

describe('several networks above one another', () => {
  it.each(Object.entries(CLOUD_SITES))('end at one place, at different heights: %s', (_, site) => {
    const { segments } = planOutside(site, 1)
    const bars = segments.flatMap((segment) => segment.bars)
    expect(new Set(bars.map(({ x2 }) => x2)).size).toBe(1)
    expect(new Set(bars.map(({ y }) => y)).size).toBe(bars.length)
  })
})
