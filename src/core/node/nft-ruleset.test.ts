import { describe, expect, it } from 'vitest'
import { type Cluster, emptyCluster, get } from '../cluster/cluster.ts'
import { defaultConfig, type ProxyMode } from '../cluster/config.ts'
import { withNodes } from '../cluster/nodes.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { listRuleset } from '../kernel/nft/list.ts'
import { configProblems } from './config-problems.ts'
import { network } from './network.ts'
import { nftRulesetOf, nodeNft } from './nft-ruleset.ts'
import { rulesetOf } from './ruleset.ts'

function clusterWith(mode: ProxyMode, rules: readonly string[]): Cluster {
  const config = defaultConfig('kubeadm')
  return withNodes(emptyCluster({ ...config, proxy: { ...config.proxy, mode }, admin: { sysctls: {}, rules: { 'node-1': rules } } }), 2)
}

const FILTER = ['nft add table ip mine', "nft 'add chain ip mine in { type filter hook input priority 0 ; policy accept ; }'"]
const node = (cluster: Cluster) => {
  const found = get(cluster, 'Node', '', 'node-1')
  if (!found) throw new Error('no node-1')
  return found
}

describe('nftables of a node', () => {
  it('is not there in other modes, unless somebody made it', () => {
    expect(nodeNft(clusterWith('iptables', []), node(clusterWith('iptables', [])))).toBeUndefined()
    expect(nftRulesetOf(clusterWith('iptables', FILTER), 'node-1').tables.map(({ name }) => name)).toEqual(['mine'])
  })

  it('has tables made by hand behind those of kube-proxy', () => {
    expect(nftRulesetOf(clusterWith('nftables', FILTER), 'node-1').tables.map(({ name }) => name)).toEqual(['kube-proxy', 'mine'])
  })

  it("lets a rule be added to kube-proxy's own chains, whose others stay as lazy as they were", () => {
    const cluster = clusterWith('nftables', ['nft insert rule ip kube-proxy services ip saddr 10.0.0.1 drop', '-A INPUT -j DROP'])
    expect(listRuleset(nftRulesetOf(cluster, 'node-1'))).toContain('chain services {\n\t\tip saddr 10.0.0.1 drop\n\t\tip daddr .')
    expect(rulesetOf(cluster, 'node-1').tables.get('filter')?.chain('INPUT')?.length).toBe(1)
  })

  it('remembers itself for as long as nothing changed', () => {
    const cluster = clusterWith('nftables', [])
    expect(nodeNft(cluster, node(cluster))).toBe(nodeNft(cluster, node(cluster)))
  })

  it.each<[string, readonly string[], string]>([
    ['a table that is not there', ['nft add chain ip gone c'], 'admin.rules.node-1[0] nft: No such file or directory: gone (column 14)'],
    ['a word', [...FILTER, 'nft add rule ip mine in quota 5 mbytes'], 'admin.rules.node-1[2] nft: unsupported: quota (column 21)'],
  ])('is refused by name: %s', (_, rules, problem) => {
    expect(configProblems(clusterWith('nftables', rules)).map(({ path, message }) => `${path} ${message}`)).toEqual([problem])
  })

  it('is what packets on the node meet', () => {
    const cluster = clusterWith('iptables', FILTER)
    expect(network(cluster).netns('node-1' as NetnsId)?.nft).toBe(nftRulesetOf(cluster, 'node-1'))
    expect(network(cluster).netns('node-2' as NetnsId)?.nft).toBeUndefined()
  })
})
