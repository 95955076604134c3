import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { type Cluster, emptyCluster, transact } from '../../cluster/cluster.ts'
import { defaultConfig, type Profile, type ProxyConfig } from '../../cluster/config.ts'
import { applyRestore } from '../../kernel/netfilter/apply.ts'
import { printRule } from '../../kernel/netfilter/print.ts'
import { type Chain, EMPTY_RULESET } from '../../kernel/netfilter/ruleset.ts'
import { restoreText, rulesetOf } from '../ruleset.ts'

const TESTDATA = new URL('testdata/', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, TESTDATA), 'utf8')
const recordings = readdirSync(TESTDATA)
  .filter((file) => file.endsWith('.rules'))
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
    emptyCluster({ ...config, proxy: { ...config.proxy, ...proxy } }),
    objects.map((object) => ({ op: 'put', object })),
  )
}

const ANY_ORDER = /^-A KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL) /

/** Lines by table and chain, declarations included; chains that kube-proxy fills in random order are sorted. */
function byChain(text: string): Record<string, readonly string[]> {
  const chains: Record<string, string[]> = {}
  let table = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line
    const chain = /^(?::|-A )(\S+)/.exec(line)?.[1]
    if (chain !== undefined) (chains[`${table} ${chain}`] ??= []).push(line)
  }
  for (const lines of Object.values(chains)) if (ANY_ORDER.test(lines[1] ?? '')) lines.sort()
  return chains
}

test('there are recordings', () => expect(recordings.length).toBeGreaterThan(30))

test.each(recordings)('%s: what kube-proxy feeds to iptables-restore on %s', (name, node) => {
  const text = restoreText(clusterOf(name), node)
  expect(byChain(text)).toEqual(byChain(read(`${name}.${node}.rules`)))
})

const printed = (chain: Chain): readonly string[] => Array.from({ length: chain.length }, (_, i) => printRule(chain.name, chain.rule(i)))

test.each(recordings)('%s: chains visited one by one on %s are those of the text', (name, node) => {
  const cluster = clusterOf(name)
  const restored = applyRestore(EMPTY_RULESET, restoreText(cluster, node), { agent: 'kube-proxy' }, { flush: false })
  if (!restored.ok) throw new Error(restored.error.message)
  const lazy = rulesetOf(cluster, node, ['kube-proxy'])
  for (const table of restored.value.tables.values())
    for (const chain of table.chainNames().filter((chain) => chain.startsWith('KUBE-'))) {
      const other = lazy.tables.get(table.name)?.chain(chain)
      expect(other && printed(other), chain).toEqual(printed(table.chain(chain) as Chain))
    }
})

test.each(recordings)('%s: what iptables-save prints on %s needs no visit', (name, node) => {
  for (const table of rulesetOf(clusterOf(name), node).tables.values()) {
    const saved = table.savedRules?.()
    expect(new Set(saved?.keys())).toEqual(new Set(table.chainNames()))
    for (const chain of table.chainNames()) expect(saved?.get(chain)).toBe(printed(table.chain(chain) as Chain).join('\n'))
  }
})

test('the NodePorts jump is the last rule of KUBE-SERVICES', () => {
  for (const [name, node] of recordings) {
    const chain = rulesetOf(clusterOf(name), node).tables.get('nat')?.chain('KUBE-SERVICES') as Chain
    expect(chain.rule(chain.length - 1).target).toEqual({ kind: 'jump', chain: 'KUBE-NODEPORTS' })
  }
})

test('every rule says who asked for it', () => {
  for (const [name, node] of recordings)
    for (const table of rulesetOf(clusterOf(name), node).tables.values())
      for (const chain of table.chainNames().map((chain) => table.chain(chain) as Chain))
        for (let i = 0; i < chain.length; i++) {
          const { agent, object } = chain.rule(i).origin
          const service = /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain.name)
          expect([agent, object?.split('/')[0]]).toEqual(
            service ? ['kube-proxy', expect.stringMatching(/^(Service|EndpointSlice)$/)] : [expect.any(String), object && 'Service'],
          )
        }
})
