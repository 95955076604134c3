import { describe, expect, it } from 'vitest'
import type { Question } from '../core/base/choose.ts'
import { type Chain, type Ruleset, type Table, type TableName, chainOf } from '../core/kernel/netfilter/ruleset.ts'
import type { Ip } from '../core/net/ip.ts'
import { forced } from './forced.ts'

const origin = { agent: 'kube-proxy' } as const
const dnat = (name: string, to: string, port: number): Chain =>
  chainOf(name, [
    { matches: [], origin },
    { matches: [], origin, target: { kind: 'DNAT', to: { from: to as Ip, ports: { from: port, to: port } } } },
  ])
const chains = new Map(
  [dnat('SEP-A', '10.0.0.1', 80), dnat('SEP-B', '10.0.0.2', 80), dnat('SEP-C', '10.0.0.3', 80)].map((chain) => [chain.name, chain]),
)
const table: Table = { name: 'nat', chain: (name) => chains.get(name), chainNames: () => [...chains.keys()] }
const ruleset: Ruleset = { tables: new Map<TableName, Table>([['nat', table]]), sets: new Map() }

const statistic = (index: number, jump: string, chain = 'SVC', netns = 'node-1'): Question => ({
  kind: 'branch',
  weights: [0.5, 0.5],
  why: { kind: 'statistic', netns, table: 'nat', chain, index, jump },
})
const pick = (endpoint: string, node = 'node-1') => ({ node, table: 'nat', serviceChain: 'SVC', endpoint })

describe('forced chance', () => {
  it('jumps to the chain that translates to the picked endpoint, and to no other', () => {
    const choose = forced([pick('10.0.0.2:80')], () => ({ ruleset }), new Set(), 1)
    expect([statistic(1, 'SEP-A'), statistic(2, 'SEP-B')].map(choose)).toEqual([1, 0])
  })

  it('falls through to the last endpoint, which is not asked about', () => {
    const choose = forced([pick('10.0.0.3:80')], () => ({ ruleset }), new Set(), 1)
    expect([statistic(1, 'SEP-A'), statistic(2, 'SEP-B')].map(choose)).toEqual([1, 1])
  })

  it('takes the next pick when a packet comes by the chain again', () => {
    const choose = forced([pick('10.0.0.1:80'), pick('10.0.0.2:80')], () => ({ ruleset }), new Set(), 1)
    expect([statistic(1, 'SEP-A'), statistic(1, 'SEP-A'), statistic(2, 'SEP-B')].map(choose)).toEqual([0, 1, 0])
  })

  it('takes a pick without node or table anywhere', () => {
    const choose = forced([{ serviceChain: 'SVC', endpoint: '10.0.0.1:80' }], () => ({ ruleset }), new Set(), 1)
    expect(choose(statistic(1, 'SEP-A', 'SVC', 'node-9'))).toBe(0)
  })

  it('leaves other chains, and other nodes, to the seed', () => {
    const asked = Array.from({ length: 40 }, (_, i) => statistic(i, 'SEP-A', 'OTHER'))
    const choose = forced([pick('10.0.0.2:80')], () => ({ ruleset }), new Set(), 7)
    const again = forced([], () => ({ ruleset }), new Set(), 7)
    const answers = asked.map(choose)
    expect(answers).toEqual(asked.map(again))
    expect(new Set(answers)).toEqual(new Set([0, 1]))
  })

  it('draws neither a named port nor one twice', () => {
    const named = new Set([1000, 1001, 1002])
    const choose = forced([], () => ({ ruleset }), named, 3)
    const drawn = Array.from({ length: 5 }, () => choose({ kind: 'draw', from: 1000, to: 1031, why: 'port' }))
    expect(new Set(drawn).size).toBe(5)
    expect(drawn.filter((port) => [1000, 1001, 1002].includes(port))).toEqual([])
  })

  it('still draws when every value is taken', () => {
    const choose = forced([], () => ({ ruleset }), new Set([5]), 3)
    expect(choose({ kind: 'draw', from: 5, to: 5, why: 'port' })).toBe(5)
  })
})
