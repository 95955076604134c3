import { FIDELITY, type FidelityId } from '../core/fidelity.ts'
import type { DropReason, Step } from '../core/kernel/step.ts'

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
      return step.rules.some((rule) => rule.rule?.includes('-m limit'))
        ? ['limit-match']
        : step.rules.some((rule) => rule.origin?.agent === 'cloud-controller')
          ? ['cloud-balancer']
          : step.rules.some((rule) => rule.origin?.agent === 'kube-proxy')
            ? ['kube-proxy-iptables']
            : ['iptables']
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
