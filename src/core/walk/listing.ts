import { listConnections, listServices } from '../kernel/ipvs/print.ts'
import { NO_IPVS_STATE } from '../kernel/ipvs/state.ts'
import { listSets } from '../kernel/netfilter/ipset-save.ts'
import type { Ruleset } from '../kernel/netfilter/ruleset.ts'
import { saveRuleset } from '../kernel/netfilter/save.ts'
import { listRuleset } from '../kernel/nft/list.ts'
import type { NetworkNamespace } from '../kernel/netns.ts'
import type { Runtime } from '../kernel/runtime.ts'

/** What a person would type on a machine to see what its netfilter and IPVS hold, and what would be printed. */
export type Program = 'iptables-save' | 'ip6tables-save' | 'nft list ruleset' | 'ipvsadm -Ln' | 'ipvsadm -Lnc' | 'ipset list'

/** Those that have something to print. */
export function programsOf({ ruleset, ruleset6, nft, ipvs }: NetworkNamespace): readonly Program[] {
  const found: Program[] = []
  if (ruleset.tables.size > 0) found.push('iptables-save')
  if (ruleset6 && ruleset6.tables.size > 0) found.push('ip6tables-save')
  if (nft && nft.tables.length > 0) found.push('nft list ruleset')
  if (ipvs) found.push('ipvsadm -Ln', 'ipvsadm -Lnc')
  if (ruleset.sets.size > 0 || (ruleset6 && ruleset6.sets.size > 0)) found.push('ipset list')
  return found
}

/** The whole text; makes every rule. `nft list ruleset` leaves out tables that iptables keeps in nftables, and elements that packets added. */
export function listing(program: Program, netns: NetworkNamespace, runtime: Runtime): string {
  const { id, ruleset, ruleset6, nft, ipvs } = netns
  const state = runtime.ipvs.get(id) ?? NO_IPVS_STATE
  switch (program) {
    case 'iptables-save':
      return saveRuleset(ruleset)
    case 'ip6tables-save':
      return ruleset6 ? saveRuleset(ruleset6) : ''
    case 'nft list ruleset':
      return nft ? listRuleset(nft) : ''
    case 'ipvsadm -Ln':
      return ipvs ? listServices(ipvs, state) : ''
    case 'ipvsadm -Lnc':
      return listConnections(state, runtime.now)
    case 'ipset list':
      return [ruleset, ...(ruleset6 ? [ruleset6] : [])].map(setListing).join('\n')
  }
}

/** Whether the same namespace prints the same whatever packets came. */
export const isProgrammed = (program: Program): boolean => program !== 'ipvsadm -Ln' && program !== 'ipvsadm -Lnc'

export function setListing(ruleset: Ruleset): string {
  const words = new Map<string, number>()
  for (const word of saveRuleset(ruleset).split(/\s+/)) words.set(word, (words.get(word) ?? 0) + 1)
  return listSets(ruleset.sets, (name) => words.get(name) ?? 0)
}
