import { FIDELITY, type FidelityId } from '../core/fidelity.ts'
import type { Agent } from '../core/kernel/origin.ts'
import type { ChainRun, DropReason, Step } from '../core/kernel/step.ts'

/** How far a step can be trusted: the entry of the fidelity contract that speaks of it. The weakest one wins. */
export function fidelityOf(step: Step, conversation: readonly string[]): (typeof FIDELITY)[number] | undefined {
  const ids = idsOf(step, conversation)
  const entries = FIDELITY.filter((entry) => ids.includes(entry.id))
  return entries.find((entry) => entry.level === 'absent') ?? entries.find((entry) => entry.level === 'approximate') ?? entries[0]
}

function idsOf(step: Step, conversation: readonly string[]): readonly FidelityId[] {
  switch (step.kind) {
    case 'send':
      // Where the name became an address, before any packet.
      return step.by === 'socket' && conversation.includes('name-from-api') ? ['name-from-api'] : ['routing']
    case 'neighbour':
      return step.how === 'ndp' ? ['neighbour-discovery'] : ['routing']
    case 'bridge':
      return ['bridge']
    case 'fragment':
    case 'defragment':
      return ['later-fragments']
    case 'conntrack':
    case 'confirm':
    case 'nat':
      return ['conntrack-nat']
    case 'ipvs':
      return ['ipvs']
    case 'chain':
      return [chainId(step)]
    case 'encapsulate':
    case 'decapsulate':
      return ['vxlan']
    case 'socket':
      return conversation.includes('application-data') ? ['application-data'] : ['routing']
    case 'drop':
      return [DROPS[step.reason] ?? 'routing']
    default:
      return ['routing']
  }
}

/** iptables' own base chains are called as their hooks; those of nftables are not. In IPVS mode kube-proxy's rules of iptables ask for sets. */
function chainId({ chain, hook, rules }: ChainRun): FidelityId {
  const by = (agent: Agent): boolean => rules.some((rule) => rule.origin?.agent === agent)
  if (chain !== hook) return by('kube-proxy') ? 'kube-proxy-nftables' : 'nftables'
  if (rules.some((rule) => rule.rule?.includes('-m limit'))) return 'limit-match'
  if (by('cloud-controller')) return 'cloud-balancer'
  if (!by('kube-proxy')) return 'iptables'
  return rules.some((rule) => rule.rule?.includes('--match-set KUBE-')) ? 'kube-proxy-ipvs' : 'kube-proxy-iptables'
}

/** Which part of the contract a loss falls under, where it is not routing. */
const DROPS: { readonly [R in DropReason]?: FidelityId } = {
  rule: 'iptables',
  policy: 'iptables',
  invalid: 'conntrack-nat',
  'nat-exhausted': 'conntrack-nat',
  fdb: 'vxlan',
  hairpin: 'bridge',
  'no-real-server': 'ipvs',
}
