import type { Cluster } from '../../core/cluster/cluster.ts'
import type { Ipvs, VirtualServer } from '../../core/kernel/ipvs/ipvs.ts'
import { socketText } from '../../core/kernel/ipvs/ipvs.ts'
import { listServices } from '../../core/kernel/ipvs/print.ts'
import { saveSets } from '../../core/kernel/netfilter/ipset-save.ts'
import { saveRuleset } from '../../core/kernel/netfilter/save.ts'
import type { NetworkNamespace } from '../../core/kernel/netns.ts'
import { ipvsProxyOf, rulesetOf } from '../../core/node/ruleset.ts'
import type { Dump } from './dumps.ts'

/** What a scenario compares of a node in IPVS mode, besides its rules. */
export function* ipvsDumps(folder: string, { ipvs, ruleset }: NetworkNamespace): Generator<Dump> {
  if (!ipvs) return
  yield [`${folder}/ipvsadm-Ln.txt`, listServices(ipvs)]
  yield [`${folder}/ipset-save.txt`, saveSets(ruleset.sets)]
}

/** What a rules case compares of a node: what kube-proxy would write if it ran in IPVS mode. */
export function* ipvsRulesDumps(cluster: Cluster, name: string): Generator<Dump> {
  const { config } = cluster
  const inMode: Cluster = { ...cluster, config: { ...config, proxy: { ...config.proxy, mode: 'ipvs' } } }
  const ruleset = rulesetOf(inMode, name, ['kube-proxy'])
  const proxy = ipvsProxyOf(inMode, name, ['kube-proxy'], 'IPv4')
  if (!proxy) return
  yield [`${name}/ipvs-iptables-save.txt`, saveRuleset(ruleset)]
  yield [`${name}/ipvs-ipset-save.txt`, saveSets(ruleset.sets)]
  yield [`${name}/ipvs.json`, `${JSON.stringify(ipvsState(proxy.ipvs, proxy.addresses, proxy.restoreText()), null, 1)}\n`]
}

/** IP_VS_SVC_F_PERSISTENT */
const PERSISTENT = 1

const ipvsState = (ipvs: Pick<Ipvs, 'virtualServers'>, kubeIpvs0Addresses: readonly string[], restore: string) => ({
  iptablesRestore: [restore],
  kubeIpvs0Addresses,
  virtualServers: [...ipvs.virtualServers()].map(serverState),
})

const serverState = ({ protocol, address, port, scheduler, persistentSeconds, realServers }: VirtualServer) => ({
  virtualServer: `${protocol}/${socketText(address, port)}`,
  scheduler,
  flags: persistentSeconds === undefined ? 0 : PERSISTENT,
  timeout: persistentSeconds ?? 0,
  realServers: realServers.map((server) => ({ address: socketText(server.address, server.port), weight: server.weight })),
})
