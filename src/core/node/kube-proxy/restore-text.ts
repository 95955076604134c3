import type { ProxyConfig } from '../../cluster/config.ts'
import type { Ip } from '../../net/ip.ts'
import { type DispatchRule, dispatchText } from './dispatch.ts'
import { firewallLines, forwardLines, KUBE_FIREWALL, markLines, nodePortLines, postroutingLines, TOP_CHAINS } from './fixed-rules.ts'
import type { KubeProxy } from './kube-proxy.ts'
import type { PortProgram } from './port-program.ts'
import { ruleText } from './rule-line.ts'

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
      const dispatch = textsOf(program.rules)
      if (dispatch.nat !== '') nat.push(dispatch.nat)
      if (dispatch.filter !== '') filter.push(dispatch.filter)
      if (asBefore.has(program)) continue
      const chains = program.write({ proxy, large })
      if (chains.length === 0) continue
      natChains.push(chains.map(({ name }) => declaration(name)).join('\n'))
      const own: string[] = []
      for (const { name, rules } of chains) for (const rule of rules) own.push(ruleText(name, rule))
      if (own.length > 0) nat.push(own.join('\n'))
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

interface DispatchText {
  readonly nat: string
  readonly filter: string
}

/** What ports put into shared chains is written at every sync, and changes only when they can be reached by others than before. */
const dispatchTexts = new WeakMap<readonly DispatchRule[], DispatchText>()

/** Lines are joined port by port: that leaves one flat text of each behind, instead of a rope with a node for each piece. */
function textsOf(rules: readonly DispatchRule[]): DispatchText {
  let text = dispatchTexts.get(rules)
  if (!text) {
    const nat: string[] = []
    const filter: string[] = []
    for (const rule of rules) (rule.chain.startsWith('nat') ? nat : filter).push(dispatchText(rule))
    dispatchTexts.set(rules, (text = { nat: flat(nat), filter: flat(filter) }))
  }
  return text
}

/** A list of one would give back the rope that it holds. */
const flat = (lines: readonly string[]): string => (lines.length === 1 ? [lines[0], ''].join('') : lines.join('\n'))

const declaration = (chain: string): string => `:${chain} - [0:0]`
