import { assert } from '../base/assert.ts'
import type { Node } from '../api/node.ts'
import type { Pod } from '../api/pod.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Interface, NetnsId } from '../kernel/interface.ts'
import type { NetworkNamespace, Route } from '../kernel/netns.ts'
import type { Sysctls } from '../kernel/sysctl.ts'
import { cidr } from '../net/cidr.ts'
import { parseIp } from '../net/ip.ts'
import { applySysctls } from './admin.ts'
import { bridgeInterfaces } from './cni-bridge.ts'
import { interfaceMap, lanInterface, LO } from './devices.ts'
import { overlay, podMtu } from './flannel.ts'
import { localhostNodePorts } from './kube-proxy/fixed-rules.ts'
import { nodeFacts } from './node-facts.ts'
import { podsOnNode } from './node-pods.ts'
import { DEFAULT_DESTINATION, DEFAULT_RULES, tablesOf, viaGateway } from './routes.ts'
import { rulesetOf } from './ruleset.ts'
import { addRoutes, siteNetwork } from './site-hosts.ts'
import { podSockets } from './sockets.ts'

/** A node's root namespace: the machine as its installer left it, then what each agent wrote, then what a person changed. */
export function nodeNamespace(cluster: Cluster, node: Node): NetworkNamespace {
  const { config, objects } = cluster
  const facts = nodeFacts(node)
  const { name, ip, pods: network } = facts
  const { prefix, mtu } = siteNetwork(config.site, config.site.nodeNetwork)
  const pods = podsOnNode(objects.Pod, name)
  const devices: Interface[] = [LO]
  const routes: Route[] = []
  const gateway = parseIp(config.site.nodeGateway)
  if (ip)
    devices.push(
      lanInterface('eth0', devices.length + 1, config.site.nodeNetwork, mtu, cidr(ip, prefix.length), {
        agent: 'site',
        object: `Node/${name}`,
      }),
    )
  if (ip && gateway) routes.push(viaGateway(DEFAULT_DESTINATION, gateway, 'eth0', { agent: 'site' }))
  const flannel = overlay(config, facts, objects.Node.get('')?.values() ?? [], mtu, devices.length + 1)
  if (flannel.device) devices.push(flannel.device)
  if (network) devices.push(...bridgeInterfaces(cluster, ownNamespaces(pods), network, podMtu(config, mtu), devices.length + 1))
  const interfaces = interfaceMap(devices)
  return {
    id: name as NetnsId,
    interfaces,
    rules: DEFAULT_RULES,
    tables: tablesOf(devices, addRoutes([...routes, ...flannel.routes], config.admin.routes?.[name] ?? [], interfaces, { agent: 'admin' })),
    neighbours: flannel.neighbours,
    ruleset: rulesetOf(cluster, name),
    sysctls: nodeSysctls(cluster, name),
    sockets: pods.filter((pod) => pod.spec.hostNetwork).flatMap(podSockets),
  }
}

export const ownNamespaces = (pods: readonly Pod[]): readonly Pod[] => pods.filter((pod) => !pod.spec.hostNetwork)

/** kubeadm's and k3s' requirements, the distribution's loose rp_filter, and the one switch that kube-proxy sets itself. */
function nodeSysctls({ config }: Cluster, node: string): Sysctls {
  const installed: Sysctls = {
    ipForward: true,
    bridgeNfCallIptables: true,
    rpFilter: 2,
    routeLocalnet: localhostNodePorts(config.proxy),
    defaultTtl: 64,
  }
  const changed = applySysctls(installed, config.admin.sysctls[node] ?? {})
  assert(changed.ok, changed.ok ? '' : changed.error)
  return changed.value
}
