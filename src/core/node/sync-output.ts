import type { Cluster } from '../cluster/cluster.ts'
import { familiesOf, proxyModeOf } from '../cluster/config.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { listServices } from '../kernel/ipvs/print.ts'
import { saveSets } from '../kernel/netfilter/ipset-save.ts'
import { network } from './network.ts'
import { nftTransaction } from './nft-ruleset.ts'
import { restoreText } from './ruleset.ts'

/**
 * All that a sync of kube-proxy on a node hands to the kernel, as text: input of iptables-restore or nft, in IPVS mode sets and virtual servers besides.
 * With `synced`, the cluster at the sync before, only what v1.30 writes then: in iptables mode the chains of Services that changed, elsewhere everything.
 */
export function syncOutput(cluster: Cluster, nodeName: string, synced?: Cluster): string {
  const mode = proxyModeOf(cluster.config, nodeName)
  if (mode === 'nftables') return nftTransaction(cluster, nodeName)
  const restored = familiesOf(cluster.config)
    .map((family) => restoreText(cluster, nodeName, family, synced))
    .join('')
  const netns = mode === 'ipvs' ? network(cluster).netns(nodeName as NetnsId) : undefined
  if (!netns?.ipvs) return restored
  return [restored, saveSets(netns.ruleset.sets), netns.ruleset6 ? saveSets(netns.ruleset6.sets) : '', listServices(netns.ipvs)].join('')
}
