import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Listing, Opened, Program, TableKind, TableRows } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const session = new Session(traffic)
const table = (target: string, kind: TableKind, find = '', limit = 1000): TableRows | undefined =>
  session.answer({ kind: 'table', target, table: kind, find, limit }) as TableRows | undefined
const lines = (target: string, kind: TableKind, find = ''): readonly string[] =>
  table(target, kind, find)?.rows.map(({ cells }) => cells.join(' | ')) ?? []

beforeAll(() => {
  const text = readFileSync(new URL('../../public/scenarios/shop.yaml', import.meta.url), 'utf8')
  session.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: DEFAULTS },
      { kind: 'apply', files: [{ name: 'shop.yaml', text }] },
      { kind: 'send', order: { from: 'pod/default/curl', to: 'http://web/', protocol: 'tcp' } },
    ],
  })
})

describe('the tables of a namespace at rest', () => {
  it.each<readonly [string, string, TableKind, RegExp]>([
    ['a pod’s address', 'pod/default/curl', 'address', /^eth0 \| 10\.244\.\d+\.\d+\/24 \| [\da-f:]{17} \| veth mtu 1450 peer /],
    ['its way out', 'pod/default/curl', 'route', /^main \| default \| via 10\.244\.\d+\.1 dev eth0$/],
    ['its gateway', 'pod/default/curl', 'neighbour', /^eth0 \| 10\.244\.\d+\.1 \| [\da-f:]{17} \| ARP$/],
    ['the devices of a node', 'node/node-1', 'address', /^flannel\.1 \| 10\.244\.0\.0\/32 \| .* vxlan mtu 1450 vni 1$/],
    ['what flannel told it', 'node/node-1', 'neighbour', /^flannel\.1 \| 10\.244\.1\.0 \| [\da-f:]{17} \| PERM$/],
    ['where MACs live', 'node/node-1', 'fdb', /^flannel\.1 \| [\da-f:]{17} \| 192\.168\.1\.\d+$/],
    ['what hangs on the bridge', 'node/node-1', 'fdb', /^cni0 \| [\da-f:]{17} \| veth/],
    ['kube-proxy’s rules', 'node/node-1', 'chain', /^nat \| -A KUBE-SERVICES .*-j KUBE-SVC-/],
    ['policies', 'node/node-1', 'chain', /^filter \| -P FORWARD /],
  ])('%s', (_, target, kind, expected) => {
    expect(lines(target, kind).some((line) => expected.test(line))).toBe(true)
  })

  it('are those that the trace speaks of by the namespace’s own name', () => {
    const found = table('pod/default/curl', 'route')
    expect(table(found?.netns ?? '', 'route')?.rows).toEqual(found?.rows)
  })

  it('hold the connections that packets left', () => {
    const all = ['node-1', 'node-2', 'node-3'].flatMap((node) => lines(`node/${node}`, 'conntrack'))
    expect(all).toContainEqual(
      expect.stringMatching(/^tcp \| 10\.244\.\d+\.\d+:\d+ → 10\.(?:9[6-9]|1[01]\d)\.\d+\.\d+:80 \| 10\.244\..* ASSURED$/),
    )
  })

  it('are narrowed by words and cut at the limit', () => {
    expect(lines('node/node-1', 'chain', 'nat masq').every((line) => /nat/i.test(line) && /masq/i.test(line))).toBe(true)
    const cut = table('node/node-1', 'chain', '', 3)
    expect(cut).toMatchObject({ complete: false })
    expect(cut?.rows).toHaveLength(3)
  })

  it('say who has their addresses', () => {
    expect(
      Object.values(table('node/node-1', 'conntrack')?.owners ?? {}).length +
        Object.values(table('node/node-1', 'route')?.owners ?? {}).length,
    ).toBeGreaterThan(0)
  })

  it.each(['pod/default/nobody', 'node/none', 'service/default/web', 'external/none'])('of %s do not exist', (target) => {
    expect(table(target, 'route')).toBeUndefined()
  })
})

describe('tables of the other modes', () => {
  const inMode = (value: 'ipvs' | 'nftables') => {
    session.answer({ kind: 'edit', edits: [{ op: 'configure', setting: { name: 'mode', value } }] })
    session.answer({ kind: 'send', order: { from: 'pod/default/curl', to: 'http://web/', protocol: 'tcp' } })
  }
  const everywhere = (kind: TableKind) => ['node-1', 'node-2', 'node-3'].flatMap((node) => lines(`node/${node}`, kind))

  it.each<readonly ['ipvs' | 'nftables', TableKind, RegExp]>([
    ['ipvs', 'address', /^kube-ipvs0 \| .*\b10\.\d+\.\d+\.\d+\/32/],
    ['ipvs', 'ipvs', /^tcp 10\.\S+:80 \| rr \| 10\.244\.\d+\.\d+:8080 \| 1 \| \d+ \| \d+$/],
    ['ipvs', 'ipvs-connection', /^tcp \| 10\.244\.\S+ \| 10\.\S+:80 \| 10\.244\.\S+:8080 \| \S+ \d+s$/],
    ['ipvs', 'ipset', /^KUBE-CLUSTER-IP \| hash:ip,port \| 10\.\S+,tcp:80$/],
    ['nftables', 'nft', /^ip kube-proxy \| services \| ip daddr/],
    ['nftables', 'nft', /^ip kube-proxy \| \S+ \| policy accept$/],
    ['nftables', 'nft-set', /^ip kube-proxy service-ips \| \S+ \. tcp \. 80 \| goto service-/],
  ])('%s: %s', (mode, kind, expected) => {
    inMode(mode)
    expect(everywhere(kind).filter((line) => expected.test(line))).not.toEqual([])
  })
})

describe('tables of IPv6', () => {
  const dual = new Session(traffic)
  const of = (kind: TableKind) =>
    (dual.answer({ kind: 'table', target: 'node/node-1', table: kind, find: '', limit: 9999 }) as TableRows).rows.map(({ cells }) =>
      cells.join(' | '),
    )
  beforeAll(() => {
    const text = readFileSync(new URL('../../public/scenarios/shop.yaml', import.meta.url), 'utf8')
    dual.answer({
      kind: 'open',
      intents: [
        { kind: 'start', options: { ...DEFAULTS, ipFamilies: ['IPv4', 'IPv6'] } },
        { kind: 'apply', files: [{ name: 'shop.yaml', text }] },
      ],
    })
  })

  it.each<readonly [TableKind, RegExp]>([
    ['neighbour', /^\S+ \| [\da-f:]+:[\da-f:]+ \| [\da-f:]{17} \| NDP$/],
    ['route', /^main \| fd00:10:244:\S*\/64 \| /],
    ['chain', /^ip6 nat \| -A POSTROUTING /],
  ])('%s', (kind, expected) => {
    expect(of(kind).filter((line) => expected.test(line))).not.toEqual([])
    expect(of('neighbour').filter((line) => /:.*:.*ARP/.test(line.split(' | ')[1] ?? ''))).toEqual([])
  })
})

describe('what programs print on a node', () => {
  const of = (target: string, program: Program, find = '', offset = 0) =>
    session.answer({ kind: 'listing', target, program, find, offset, limit: 5 }) as Listing | undefined
  const setMode = (value: 'iptables' | 'ipvs' | 'nftables') =>
    session.answer({ kind: 'edit', edits: [{ op: 'configure', setting: { name: 'mode', value } }] })

  it.each<readonly ['iptables' | 'ipvs' | 'nftables', readonly Program[]]>([
    ['iptables', ['iptables-save']],
    ['ipvs', ['iptables-save', 'ipvsadm -Ln', 'ipvsadm -Lnc', 'ipset list']],
    ['nftables', ['iptables-save', 'nft list ruleset']],
  ])('in %s mode', (mode, programs) => {
    setMode(mode)
    expect(of('node/node-1', 'iptables-save')?.programs).toEqual(programs)
  })

  it('comes in parts, narrowed by words', () => {
    setMode('nftables')
    const first = of('node/node-1', 'nft list ruleset')
    expect(first?.lines[0]).toBe('table ip kube-proxy {')
    expect(of('node/node-1', 'nft list ruleset', '', 3)?.lines.slice(0, 2)).toEqual(first?.lines.slice(3))
    const dnat = of('node/node-1', 'nft list ruleset', 'dnat to')
    expect(dnat?.total).toBeLessThan(first?.total ?? 0)
    expect(dnat?.lines.every((line) => line.includes('dnat to'))).toBe(true)
  })

  it('is another program’s where a mode has none', () => expect(of('node/node-1', 'ipvsadm -Ln')?.program).toBe('iptables-save'))
  it('is nothing where there is no node', () => expect(of('node/none', 'iptables-save')).toBeUndefined())
})

describe('owners of IPv6 addresses', () => {
  it('are named beside them', () => {
    const six = new Session(traffic)
    const text = readFileSync(new URL('../../public/scenarios/shop.yaml', import.meta.url), 'utf8')
    const { sent } = six.answer({
      kind: 'open',
      intents: [
        { kind: 'start', options: { ...DEFAULTS, ipFamilies: ['IPv6'] } },
        { kind: 'apply', files: [{ name: 'shop.yaml', text }] },
        { kind: 'send', order: { from: 'pod/default/curl', to: 'http://web/', protocol: 'tcp' } },
      ],
    }) as Opened
    const owners = sent[0]?.owners ?? {}
    expect(Object.keys(owners).every((ip) => ip.includes(':'))).toBe(true)
    expect(Object.values(owners)).toEqual(expect.arrayContaining(['pod/default/curl', 'service/default/web', 'node/node-1']))
  })
})
