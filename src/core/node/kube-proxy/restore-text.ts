import type { ProxyConfig } from '../../cluster/config.ts'
import type { Ip } from '../../net/ip.ts'
import { dispatchLine } from './dispatch.ts'
import { firewallLines, forwardLines, KUBE_FIREWALL, markLines, nodePortLines, postroutingLines, TOP_CHAINS } from './fixed-rules.ts'
import type { KubeProxy } from './kube-proxy.ts'
import type { PortProgram } from './port-program.ts'
import type { RuleLine } from './rule-line.ts'

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
      const out: string[] = []
      for (const rule of program.rules) {
        if (rule.chain.startsWith('nat')) add(out, dispatchLine(rule))
        else filter.push(dispatchLine(rule).text)
      }
      if (!asBefore.has(program)) {
        const chains = program.write({ proxy, large })
        if (chains.size > 0) natChains.push([...chains.keys()].map(declaration).join('\n'))
        for (const lines of chains.values()) for (const line of lines) add(out, line)
      }
      if (out.length > 0) nat.push(out.join(''))
    }
  const blocked = proxy.localhostNodePorts ? [declaration(KUBE_FIREWALL)] : []
  const lines = ['*filter', ...TOP_CHAINS.filter.map(declaration), ...blocked, ...firewallLines(proxy)]
  for (const line of filter) lines.push(line)
  lines.push(...forwardLines(proxy), 'COMMIT', '*nat', ...TOP_CHAINS.nat.map(declaration))
  for (const some of natChains) lines.push(some)
  lines.push(...postroutingLines(proxy), ...markLines(proxy))
  for (const some of nat) lines.push(some)
  lines.push(...nodePortLines(proxy, addresses, family), 'COMMIT', '')
  return lines.join('\n')
}

/** Pieces are joined port by port: that leaves one flat text of each behind, instead of a rope with a node for each piece. */
function add(out: string[], line: RuleLine): void {
  if (out.length > 0) out.push('\n')
  line.write(out)
}

const declaration = (chain: string): string => `:${chain} - [0:0]`
