import type { Node } from '../api/node.ts'
import type { Service } from '../api/service.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { proxyModeOf } from '../cluster/config.ts'
import { healthChecks } from '../cluster/health-check.ts'
import type { Socket } from '../kernel/netns.ts'
import { contains, parseCidr } from '../net/cidr.ts'
import { ANY, type Ip } from '../net/ip.ts'
import { Memo } from './memo.ts'
import { nodeFacts } from './node-facts.ts'
import { localAddresses } from './ruleset.ts'

const NONE: readonly Socket[] = []
const sockets = new Memo<Node, readonly Socket[]>()

/** Where kube-proxy of a node listens for the health checks of Services: on all addresses, or on those that nodePortAddresses selects. Userspace mode had none. */
export function healthSockets(cluster: Cluster, node: Node): readonly Socket[] {
  const { proxy } = cluster.config
  const checks: ReadonlyMap<number, Service> = healthChecks(cluster)
  if (checks.size === 0 || proxy.healthServers === false || proxyModeOf(cluster.config, nodeFacts(node).name) === 'userspace') return NONE
  const prefixes = proxy.nodePortAddresses.flatMap((text) => parseCidr(text) ?? [])
  const everywhere = prefixes.length === 0 || prefixes.some(({ length }) => length === 0)
  const addresses: readonly Ip[] = everywhere
    ? [ANY]
    : localAddresses(cluster, node).filter((ip) => prefixes.some((prefix) => contains(prefix, ip)))
  const ports = [...checks.keys()]
  const owner = `kube-proxy/${nodeFacts(node).name}`
  return sockets.get(node, [owner, ...addresses, ...ports], () =>
    ports.flatMap((port) => addresses.map((address): Socket => ({ protocol: 'tcp', address, port, owner }))),
  )
}
