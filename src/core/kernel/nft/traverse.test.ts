import { describe, expect, it } from 'vitest'
import { enumerate } from '../../base/choose.ts'
import type { Ip } from '../../net/ip.ts'
import type { Packet } from '../../net/packet.ts'
import type { NetnsId } from '../interface.ts'
import type { RuleContext } from '../netfilter/probe.ts'
import { recentLists } from '../netfilter/recent.ts'
import type { Traversal } from '../netfilter/traverse.ts'
import { applyNft, EMPTY_NFT } from './apply.ts'
import { Learned, type LearnedSets } from './learned.ts'
import type { NftBase, NftChain, NftTable } from './ruleset.ts'
import { traverseNft } from './traverse.ts'

const origin = { agent: 'admin' } as const

/** A table `ip t` with a base chain `c` of these rules, and whatever else. */
function tableOf(rules: string, rest = '', hook = 'input', family = 'ip'): NftTable {
  const block = `table ${family} t {\n${rest}\nchain c {\ntype filter hook ${hook} priority 0\n${rules}\n}\n}`
  const applied = applyNft(EMPTY_NFT, block, origin)
  if (!applied.ok) throw new Error(JSON.stringify(applied.error))
  const [table] = applied.value.tables
  if (!table) throw new Error('no table')
  return table
}

const tcp = (flags = 'S'): Packet['transport'] => ({
  kind: 'tcp',
  sourcePort: 40000,
  destinationPort: 80,
  flags,
  sequence: 0,
  acknowledgment: 0,
})

function packet(source: string, destination: string, transport: Packet['transport'] = tcp()): Packet {
  const protocol = transport.kind === 'icmp-echo' ? 'icmp' : transport.kind === 'icmp-error' ? 'icmp' : transport.kind
  return {
    ip: { source: source as Ip, destination: destination as Ip, ttl: 64, protocol, length: 60, id: 0, dontFragment: true },
    transport,
  }
}

const SYN = packet('10.244.0.5', '10.96.0.10')

interface How {
  readonly mark?: number
  readonly ct?: RuleContext['ct']
  readonly learned?: LearnedSets
  readonly now?: number
  readonly choose?: (weights: readonly number[]) => number
}

function run(table: NftTable, sent: Packet = SYN, how: How = {}, learned = new Learned(how.learned ?? new Map())): Traversal {
  const [base] = table.baseChains as readonly (NftChain & { readonly base: NftBase })[]
  if (!base) throw new Error('no base chain')
  const ct = 'ct' in how ? how.ct : ({ state: 'NEW', direction: 'original', mark: 0 } as const)
  return traverseNft(
    table,
    base,
    { packet: sent, in: 'eth0', mark: how.mark ?? 0, ct },
    {
      netns: 'n' as NetnsId,
      sets: new Map(),
      addressType: (ip) => (ip.startsWith('127.') || ip === '192.168.1.11' ? 'LOCAL' : 'UNICAST'),
      recent: recentLists(new Map()).in('n', 0),
      choose: (question) => (question.kind === 'branch' ? (how.choose?.(question.weights) ?? 0) : question.from),
      detail: 'full',
      walk: 'indexed',
      limit: 1000,
    },
    learned,
    how.now ?? 0,
  )
}

/** Whether `RULE accept` accepts. */
const matches = (rule: string, sent: Packet = SYN, how: How = {}, rest = '', family = 'ip'): boolean =>
  run(tableOf(`${rule} accept\ndrop`, rest, 'input', family), sent, how).verdict.kind === 'ACCEPT'

const ENTRY = {
  original: { source: '10.0.0.1' as Ip, sourcePort: 1, destination: '10.96.0.10' as Ip, destinationPort: 80, protocol: 'tcp' as const },
  reply: { source: '10.244.0.9' as Ip, sourcePort: 8080, destination: '10.0.0.1' as Ip, destinationPort: 1, protocol: 'tcp' as const },
  seenReply: true,
  assured: false,
  mark: 5,
  sourceNatDone: true,
  destinationNatDone: true,
}
const tracked = { ct: { state: 'ESTABLISHED', entry: ENTRY, direction: 'reply', mark: 5 } } as const

describe('relations', () => {
  const ping = packet('10.244.0.5', '10.96.0.10', { kind: 'icmp-echo', type: 8, code: 0, id: 1, sequence: 1 })
  const set = 'set s { type ipv4_addr; flags interval; elements = { 10.244.0.0/16, 192.168.1.5-192.168.1.9 }; }'
  const pairs = 'set p { type ipv4_addr . inet_service; flags interval; elements = { 10.96.0.0/12 . 80-90 }; }'

  it.each<[string, boolean, Packet?, How?, string?]>([
    ['ip saddr 10.244.0.5', true],
    ['ip saddr != 10.244.0.5', false],
    ['ip saddr 10.244.0.0/16', true],
    ['ip saddr != 10.244.0.0/16', false],
    ['ip saddr 10.244.0.1-10.244.0.4', false],
    ['ip saddr { 10.244.0.4, 10.244.0.5 }', true],
    ['ip saddr != { 10.0.0.0/8, 192.168.0.0/16 }', false],
    ['ip saddr @s', true, SYN, {}, set],
    ['ip daddr @s', false, SYN, {}, set],
    ['ip daddr . tcp dport @p', true, SYN, {}, pairs],
    ['ip daddr . meta l4proto . th dport { 10.96.0.10 . tcp . 80 }', true],
    ['ip daddr . meta l4proto . th dport { 10.96.0.10 . udp . 80 }', false],
    ['tcp dport 80', true],
    ['tcp dport 80-90', true],
    ['tcp dport > 80', false],
    ['udp dport 80', false],
    ['th dport 80', true],
    ['th dport 80', false, ping],
    ['meta l4proto { tcp, udp }', true],
    ['meta l4proto icmp', true, ping],
    ['icmp type echo-request', true, ping],
    ['icmp type echo-reply', false, ping],
    ['tcp flags syn', true],
    ['tcp flags syn', true, packet('10.0.0.1', '10.0.0.2', tcp('SA'))],
    ['tcp flags == syn', false, packet('10.0.0.1', '10.0.0.2', tcp('SA'))],
    ['tcp flags syn / syn,ack', false, packet('10.0.0.1', '10.0.0.2', tcp('SA'))],
    ['tcp flags syn / syn,ack', true],
    ['ct state new', true],
    ['ct state established,related', false],
    ['ct state != established', true],
    ['ct state invalid', true, SYN, { ct: undefined }],
    ['ct status dnat', false],
    ['ct status dnat', true, SYN, tracked],
    ['ct status snat', false, SYN, tracked],
    ['ct direction reply', true, SYN, tracked],
    ['ct original ip daddr 10.96.0.10', true, SYN, tracked],
    ['ct reply ip saddr 10.244.0.9', true, SYN, tracked],
    ['ct original proto-dst 80', true, SYN, tracked],
    ['ct mark 5', true, SYN, tracked],
    ['meta mark & 0x4000 == 0x4000', true, SYN, { mark: 0xc000 }],
    ['meta mark & 0x4000 == 0', false, SYN, { mark: 0xc000 }],
    ['meta mark & 0x80000000 == 0x80000000', true, SYN, { mark: 0x80000001 }],
    ['fib saddr type local', false],
    ['fib daddr type { local, broadcast }', true, packet('10.0.0.1', '192.168.1.11')],
    ['iifname "eth0"', true],
    ['iifname "eth*"', true],
    ['iifname { "eth1", "lo" }', false],
    ['oifname != "eth1"', true],
    ['ip ttl 64', true],
    ['ip protocol tcp', true],
    ['meta length < 61', true],
    ['ip6 daddr fd00::1', false],
  ])('%s: %s', (rule, holds, sent = SYN, how = {}, rest = '') => {
    expect(matches(rule, sent, how, rest)).toBe(holds)
  })

  it.each<[string, boolean]>([
    ['ip6 saddr fd00::5', true],
    ['ip6 saddr fd00::/64', true],
    ['ip6 saddr { fd00::/64, fd01::1 }', true],
    ['ip6 saddr != fd00::/8', false],
    ['ip saddr 10.0.0.1', false],
    ['meta nfproto ipv6', true],
    ['ip6 daddr . meta l4proto . th dport { fd00:10:96::a . tcp . 80 }', true],
  ])('of IPv6, in a table of both families: %s is %s', (rule, holds) => {
    expect(matches(rule, packet('fd00::5', 'fd00:10:96::a'), {}, '', 'inet')).toBe(holds)
  })
})

/** `chain rule verdict`, as a trace shows them. */
const steps = ({ run: { rules } }: Traversal): string[] =>
  rules.map(
    ({ chain, rule, end, verdict, mark }) =>
      `${chain}: ${rule ?? (end ? 'end' : 'policy')} ${verdict}${mark ? ` ${mark.toString(16)}` : ''}`,
  )

describe('chains', () => {
  it('return behind a jump, and from where they were gone to behind the jump before', () => {
    const rest = 'chain a { goto b\n}\nchain b { meta mark set meta mark | 0x4000\n}'
    expect(steps(run(tableOf('jump a\nip ttl 64 return\naccept', rest)))).toEqual([
      'c: jump a JUMP a',
      'a: goto b GOTO b',
      'b: meta mark set meta mark | 0x00004000 CONTINUE 4000',
      'b: end RETURN 4000',
      'c: ip ttl 64 return RETURN 4000',
      'c: policy ACCEPT 4000',
    ])
  })

  it('keep what statements did although the next does not match', () => {
    const { mark, run: ran } = run(tableOf('meta mark set 7 ip saddr 10.0.0.1 accept'))
    expect(mark).toBe(7)
    expect(ran.rules.map(({ verdict }) => verdict)).toEqual(['ACCEPT'])
  })

  it('tell what rules before did not match, and on which statement', () => {
    const [matched] = run(tableOf('ip saddr 10.0.0.1 drop\ntcp dport 80 ip ttl 3 drop\naccept')).run.rules
    expect(matched?.considered).toEqual([
      { index: 0, rule: 'ip saddr 10.0.0.1 drop', failed: 'ip saddr 10.0.0.1', actual: '10.244.0.5' },
      { index: 1, rule: 'tcp dport 80 ip ttl 3 drop', failed: 'ip ttl 3', actual: '64' },
    ])
  })

  it('say which field a packet lacks', () => {
    const udp = packet('10.0.0.1', '10.0.0.2', { kind: 'udp', sourcePort: 1, destinationPort: 53, length: 8 })
    expect(run(tableOf('tcp dport 53 drop\naccept'), udp).run.rules[0]?.considered?.[0]?.actual).toBe('no tcp dport')
  })

  it('end by their policy', () => {
    expect(run(tableOf('policy drop;\nip saddr 10.0.0.1 accept')).verdict).toEqual({ kind: 'DROP', by: 'policy', rule: 'policy drop' })
  })

  it('are cut where they never end', () => {
    expect(run(tableOf('jump a', 'chain a { jump b\n}\nchain b { jump a\n}')).verdict.kind).toBe('cut')
  })

  it.each<[string, object]>([
    ['reject', { kind: 'REJECT', with: 'icmp-port-unreachable' }],
    ['reject with tcp reset', { kind: 'REJECT', with: 'tcp-reset' }],
    ['reject with icmp admin-prohibited', { kind: 'REJECT', with: 'icmp-admin-prohibited' }],
    ['dnat to 10.244.0.9:8080', { kind: 'NAT', target: { kind: 'DNAT', to: { from: '10.244.0.9', ports: { from: 8080, to: 8080 } } } }],
    ['masquerade fully-random', { kind: 'NAT', target: { kind: 'MASQUERADE', randomFully: true } }],
    ['snat to 1.2.3.4', { kind: 'NAT', target: { kind: 'SNAT', to: { from: '1.2.3.4' } } }],
    ['redirect to :8080', { kind: 'NAT', target: { kind: 'REDIRECT', ports: { from: 8080, to: 8080 } } }],
    ['dnat to ip saddr map { 10.244.0.5 : 10.0.0.7 }', { kind: 'NAT', target: { kind: 'DNAT', to: { from: '10.0.0.7' } } }],
  ])('%s', (rule, verdict) => {
    expect(run(tableOf(rule)).verdict).toMatchObject(verdict)
  })
})

describe('verdict maps', () => {
  const map = 'map m { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.0.10 . tcp . 80 : goto a }; }'
  const a = 'chain a { accept\n}'

  it('lead on, or leave the rule undecided', () => {
    const table = tableOf('ip daddr . meta l4proto . th dport vmap @m\ndrop', `${map}\n${a}`)
    expect(steps(run(table))).toEqual(['c: ip daddr . meta l4proto . th dport vmap @m GOTO a', 'a: accept ACCEPT'])
    const [missed] = run(table, packet('10.0.0.1', '10.96.0.11')).run.rules
    expect(missed?.considered?.[0]).toMatchObject({ failed: 'ip daddr . meta l4proto . th dport vmap @m', actual: '10.96.0.11 . tcp . 80' })
  })

  it('draw among numbers, all as likely', () => {
    const table = tableOf(
      'numgen random mod 4 vmap { 0 : accept, 1 : accept, 2 : drop }\npolicy accept'.replace('\npolicy accept', '\nreject'),
    )
    const { paths } = enumerate((choose) => {
      const weights = (all: readonly number[]): number =>
        choose({ kind: 'branch', weights: all, why: { kind: 'address', name: '', addresses: [] } })
      return run(table, SYN, { choose: weights }).verdict.kind
    }, 100)
    expect(paths.map(({ value, probability }) => [value, probability])).toEqual([
      ['ACCEPT', 0.25],
      ['ACCEPT', 0.25],
      ['DROP', 0.25],
      ['REJECT', 0.25],
    ])
  })

  it('are not drawn from where there is one way', () => {
    const choose = (): number => {
      throw new Error('asked')
    }
    expect(run(tableOf('numgen random mod 1 vmap { 0 : accept }'), SYN, { choose }).verdict.kind).toBe('ACCEPT')
  })

  it('compare a drawn number by how many would do', () => {
    const asked: (readonly number[])[] = []
    run(tableOf('numgen random mod 10 < 3 accept'), SYN, { choose: (weights) => (asked.push(weights), 1) })
    expect(asked).toEqual([[0.3, 0.7]])
  })
})

describe('sets that packets fill', () => {
  const set = 'set seen { type ipv4_addr; flags dynamic,timeout; timeout 60s; size 2; }'
  const table = tableOf('ip saddr @seen accept\nupdate @seen { ip saddr } drop', set)

  it('remember until the time is over', () => {
    const learned = new Learned(new Map())
    const kinds = [0, 30, 89, 150].map((now) => run(table, SYN, { now }, learned).verdict.kind)
    expect(kinds).toEqual(['DROP', 'ACCEPT', 'DROP', 'DROP'])
    expect([...(learned.sets().get('n ip t seen') ?? [])]).toEqual([['10.244.0.5', 210]])
  })

  it('live longer with update, and not with add', () => {
    const until = (operation: string): number | undefined => {
      const learned = new Learned(new Map([['n ip t seen', new Map([['10.244.0.5', 60]])]]))
      run(tableOf(`${operation} @seen { ip saddr } accept`, set), SYN, { now: 10 }, learned)
      return learned.sets().get('n ip t seen')?.get('10.244.0.5')
    }
    expect([until('update'), until('add')]).toEqual([70, 60])
  })

  it('leave the rule undecided when they are full', () => {
    const learned: LearnedSets = new Map([
      [
        'n ip t seen',
        new Map([
          ['1.1.1.1', 60],
          ['2.2.2.2', 60],
        ]),
      ],
    ])
    expect(run(tableOf('add @seen { ip saddr } drop\naccept', set), SYN, { learned }).verdict.kind).toBe('ACCEPT')
  })

  it('do not change what was learned before', () => {
    const before: LearnedSets = new Map()
    run(table, SYN, { learned: before })
    expect(before.size).toBe(0)
  })
})
