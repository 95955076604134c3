import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import type { ApiObject } from '../../../api/object.ts'
import { type Cluster, emptyCluster, get, transact } from '../../../cluster/cluster.ts'
import { defaultConfig, type Profile, type ProxyConfig } from '../../../cluster/config.ts'
import { applyNft, EMPTY_NFT } from '../../../kernel/nft/apply.ts'
import { listRuleset, listTable } from '../../../kernel/nft/list.ts'
import { printElement, printRule } from '../../../kernel/nft/print.ts'
import type { NftRuleset, NftTable } from '../../../kernel/nft/ruleset.ts'
import type { Ip } from '../../../net/ip.ts'
import { nftRulesetOf, nftTransaction, proxiesOf } from '../../nft-ruleset.ts'
import { nodePortIps, WORDS } from './fixed-lines.ts'

const TESTDATA = new URL('../testdata/', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, TESTDATA), 'utf8')
const recordings = readdirSync(TESTDATA)
  .filter((file) => file.endsWith('.nft'))
  .map((file) => file.split('.') as [name: string, node: string, extension: string])

interface Case {
  readonly profile: Profile
  readonly proxy: Partial<ProxyConfig>
  readonly objects: readonly ApiObject[]
}

function clusterOf(name: string): Cluster {
  const { profile, proxy, objects } = JSON.parse(read(`${name}.json`)) as Case
  const config = defaultConfig(profile)
  return transact(
    emptyCluster({ ...config, proxy: { ...config.proxy, ...proxy, mode: 'nftables' } }),
    objects.map((object) => ({ op: 'put', object })),
  )
}

function readBack(text: string): NftRuleset {
  const applied = applyNft(EMPTY_NFT, text, { agent: 'kube-proxy' })
  if (!applied.ok) throw new Error(JSON.stringify(applied.error))
  return applied.value
}

/** Rules of each chain in their order; elements of each set, whose order means nothing, sorted. */
function contents({ tables }: NftRuleset): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {}
  for (const table of tables) {
    for (const name of table.chainNames()) found[`${table.family} ${name}`] = rulesOf(table, name)
    for (const name of table.setNames()) {
      const set = table.set(name)
      const elements = [...(set?.elements.list() ?? [])].map((element) => printElement(element, set?.key ?? []))
      found[`${table.family} @${name} ${set?.flags.join()} ${set?.timeout ?? ''}`] = elements.sort()
    }
  }
  return found
}

function rulesOf(table: NftTable, name: string): readonly string[] {
  const chain = table.chain(name)
  return Array.from({ length: chain?.length ?? 0 }, (_, i) => (chain ? printRule(chain.rule(i)) : ''))
}

test('there are recordings', () => expect(recordings.length).toBeGreaterThan(10))

describe.each(recordings)('%s on %s', (name, node) => {
  const cluster = clusterOf(name)
  const lazy = nftRulesetOf(cluster, node)

  it('holds what the real one left in the kernel', () => {
    expect(contents(lazy)).toEqual(contents(readBack(read(`${name}.${node}.nft`))))
  })

  it('holds what its transaction says', () => {
    expect(contents(lazy)).toEqual(contents(readBack(nftTransaction(cluster, node))))
  })

  it('is listed all at once as it is rule by rule', () => {
    expect(listRuleset(lazy)).toBe(lazy.tables.map(listTable).join(''))
  })

  it('knows its elements by their keys', () => {
    for (const table of lazy.tables)
      for (const name of table.setNames())
        for (const element of table.set(name)?.elements.list() ?? []) {
          const key = element.key.map((value) => (value.kind === 'single' ? value.text : ''))
          expect(table.set(name)?.elements.lookup(key)).toEqual(element)
        }
  })
})

describe('the table', () => {
  const cluster = clusterOf('nodeport-b')
  const [node] = [...(cluster.objects.Node.get('')?.keys() ?? [])]

  it('has no chain of a name that nobody has', () => {
    const [table] = nftRulesetOf(cluster, node ?? '').tables
    expect(table?.chain('service-AAAAAAAA-default/nobody/tcp/http')).toBeUndefined()
    expect(table?.chain('quite else')).toBeUndefined()
    expect(table?.set('affinity-AAAAAAAA-default/nobody/tcp/http__10.0.0.1/80')).toBeUndefined()
  })

  it('is there once for each family', () => {
    const dual = { ...cluster, config: { ...cluster.config, ipFamilies: ['IPv4', 'IPv6'] as const } }
    const found = get(dual, 'Node', '', node ?? '')
    expect(found && proxiesOf(dual, found).map(({ table }) => table.family)).toEqual(['ip', 'ip6'])
  })
})

describe('addresses of node ports', () => {
  const local = ['127.0.0.1', '192.168.1.11', '10.244.0.1', '10.244.0.0', '::1', 'fd00::11'] as Ip[]
  const proxy = (nodePortAddresses: readonly string[]): ProxyConfig => ({ ...defaultConfig('kubeadm').proxy, nodePortAddresses })

  it.each<[string, readonly string[], 'IPv4' | 'IPv6', readonly string[] | 'all']>([
    ["the node's own", [], 'IPv4', ['192.168.1.11']],
    ['those within a prefix', ['10.244.0.0/16'], 'IPv4', ['10.244.0.1', '10.244.0.0']],
    ['never loopback', ['127.0.0.0/8', '192.168.1.0/24'], 'IPv4', ['192.168.1.11']],
    ['all for a prefix of everything', ['0.0.0.0/0'], 'IPv4', 'all'],
    ['all where prefixes are of the other family only', ['192.168.1.0/24'], 'IPv6', 'all'],
    ['those of one family', ['192.168.1.0/24', 'fd00::/64'], 'IPv6', ['fd00::11']],
  ])('%s', (_, prefixes, family, expected) => {
    expect(nodePortIps(WORDS[family], proxy(prefixes), '192.168.1.11' as Ip, local)).toEqual(expected)
  })
})
