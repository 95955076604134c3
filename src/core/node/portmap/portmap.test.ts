import { describe, expect, test } from 'vitest'
import { EMPTY_RULESET } from '../../kernel/netfilter/ruleset.ts'
import { applyCommands } from '../../kernel/netfilter/apply.ts'
import { type PortMapping } from './port-mapping.ts'
import { CBR0, chainName, dnatLines, entryLines, portmapRules, type Sandbox } from './portmap.ts'

const sandbox = (address: string, prefixLength: number, ...mappings: readonly PortMapping[]): Sandbox => ({
  containerId: `c-${address}`,
  address,
  prefixLength,
  mappings,
  origin: { agent: 'cni' },
})
const http: PortMapping = { protocol: 'tcp', hostPort: 8080, containerPort: 80 }
const bodies = (lines: readonly { readonly text: string }[]): readonly string[] =>
  lines.map(({ text }) => text.replace(/^-A CNI-DN-\w+ /, ''))

test.each<[string, 'IPv4' | 'IPv6', Sandbox, readonly string[]]>([
  [
    'marks the node’s own pods and localhost, then translates',
    'IPv4',
    sandbox('10.0.0.2', 24, http),
    [
      '-p tcp --dport 8080 -s 10.0.0.2/24 -j CNI-HOSTPORT-SETMARK',
      '-p tcp --dport 8080 -s 127.0.0.1 -j CNI-HOSTPORT-SETMARK',
      '-p tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80',
    ],
  ],
  [
    'IPv6 has no localhost rule',
    'IPv6',
    sandbox('fd00::2', 64, http),
    ['-p tcp --dport 8080 -s fd00::2/64 -j CNI-HOSTPORT-SETMARK', '-p tcp --dport 8080 -j DNAT --to-destination [fd00::2]:80'],
  ],
  [
    'hostIP narrows every rule',
    'IPv4',
    sandbox('10.0.0.2', 24, { ...http, protocol: 'udp', hostIP: '192.168.0.2' }),
    [
      '-p udp --dport 8080 -d 192.168.0.2 -s 10.0.0.2/24 -j CNI-HOSTPORT-SETMARK',
      '-p udp --dport 8080 -d 192.168.0.2 -s 127.0.0.1 -j CNI-HOSTPORT-SETMARK',
      '-p udp --dport 8080 -d 192.168.0.2 -j DNAT --to-destination 10.0.0.2:80',
    ],
  ],
  ['a hostIP of the other family makes no rule', 'IPv6', sandbox('fd00::2', 64, { ...http, hostIP: '0.0.0.0' }), []],
  [
    'an unspecified hostIP is any address',
    'IPv6',
    sandbox('fd00::2', 64, { ...http, hostIP: '::' }),
    ['-p tcp --dport 8080 -s fd00::2/64 -j CNI-HOSTPORT-SETMARK', '-p tcp --dport 8080 -j DNAT --to-destination [fd00::2]:80'],
  ],
])('%s', (_, family, given, expected) => expect(bodies(dnatLines(CBR0, given, family))).toEqual(expected))

test('the entry lists protocols by name and 15 ports at most in a rule', () => {
  const many = Array.from({ length: 17 }, (_, i): PortMapping => ({ protocol: 'udp', hostPort: 9000 + i, containerPort: 1 }))
  const ports = entryLines(CBR0, sandbox('10.0.0.2', 24, ...many, http)).map(({ text }) => / -p (.*) -j/.exec(text)?.[1])
  expect(ports).toEqual([
    'tcp --destination-ports 8080',
    `udp --destination-ports ${many
      .slice(0, 15)
      .map(({ hostPort }) => hostPort)
      .join(',')}`,
    'udp --destination-ports 9015,9016',
  ])
})

test('a chain’s name is 28 characters, from network and container', () => {
  expect(chainName('cbr0', 'x')).toHaveLength(28)
  expect(chainName('cbr0', 'x')).not.toBe(chainName('cbr0', 'y'))
})

describe('all rules', () => {
  test('there are none without sandboxes', () => expect(portmapRules(CBR0, [], 'IPv4')).toBeUndefined())

  test('iptables takes every line', () => {
    const rules = portmapRules(CBR0, [sandbox('10.0.0.2', 24, http), sandbox('10.0.0.3', 24, { ...http, protocol: 'sctp' })], 'IPv4')
    const chains = [...(rules?.chains.keys() ?? [])].map((chain) => `-t nat -N ${chain}`)
    const lines = [...(rules?.chains.values() ?? []), ...Object.values({ ...rules?.appended, ...rules?.inserted })].flat()
    const applied = applyCommands(EMPTY_RULESET, [...chains, ...lines.map(({ text }) => `-t nat ${text}`)], { agent: 'cni' })
    expect(applied).toMatchObject({ ok: true })
  })

  test('without SNAT nothing is marked', () => {
    const rules = portmapRules({ ...CBR0, snat: false }, [sandbox('10.0.0.2', 24, http)], 'IPv4')
    expect([...(rules?.chains.keys() ?? [])]).toEqual(['CNI-HOSTPORT-DNAT', chainName('cbr0', 'c-10.0.0.2')])
    expect(rules?.inserted).toEqual({})
  })
})
