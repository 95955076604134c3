import type { ProxyConfig } from '../../cluster/config.ts'
import type { Ip } from '../../net/ip.ts'
import { dispatchLine } from './dispatch.ts'
import { firewallLines, forwardLines, KUBE_FIREWALL, markLines, nodePortLines, postroutingLines, TOP_CHAINS } from './fixed-rules.ts'
import type { KubeProxy } from './kube-proxy.ts'
import type { PortProgram } from './port-program.ts'

/**
 * What kube-proxy feeds to `iptables-restore --noflush` on a first sync, line by line in its order; Services, which it takes in the random order of
 * a Go map, come in that of the cluster. With `synced`, what it was at the sync before: chains of ports that are as they were are left out then, as in
 * kube-proxy's partial syncs; those that all ports share are written whole.
 */
export function kubeProxyRestoreText(
  { sets, large, family }: KubeProxy,
  proxy: ProxyConfig,
  addresses: readonly Ip[],
  synced?: Pick<KubeProxy, 'sets' | 'large'>,
): string {
  const asBefore = new Set<PortProgram>()
  if (synced?.large === large) for (const set of synced.sets) for (const program of set.programs()) asBefore.add(program)
  const filter: string[] = []
  const natChains: string[] = []
  const nat: string[] = []
  for (const set of sets)
    for (const program of set.programs()) {
      for (const rule of program.rules) (rule.chain.startsWith('nat') ? nat : filter).push(dispatchLine(rule).text)
      if (asBefore.has(program)) continue
      for (const [chain, lines] of program.write({ proxy, large })) {
        natChains.push(declaration(chain))
        if (lines.length > 0) nat.push(lines.map((line) => line.text).join('\n'))
      }
    }
  const blocked = proxy.localhostNodePorts ? [declaration(KUBE_FIREWALL)] : []
  return [
    '*filter',
    ...TOP_CHAINS.filter.map(declaration),
    ...blocked,
    ...firewallLines(proxy),
    filter.join('\n'),
    ...forwardLines(proxy),
    'COMMIT',
    '*nat',
    ...TOP_CHAINS.nat.map(declaration),
    natChains.join('\n'),
    ...postroutingLines(proxy),
    ...markLines(proxy),
    nat.join('\n'),
    ...nodePortLines(proxy, addresses, family),
    'COMMIT',
    '',
  ]
    .filter((part, i, all) => part !== '' || i === all.length - 1)
    .join('\n')
}

const declaration = (chain: string): string => `:${chain} - [0:0]`
