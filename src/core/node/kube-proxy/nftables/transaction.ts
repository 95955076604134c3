import type { PortProgram } from '../port-program.ts'
import { TABLE_NAME } from './fixed-lines.ts'
import { elementText, serviceElements } from './service-elements.ts'
import type { PortChainLines, PortLines } from './service-lines.ts'
import type { NftProxy } from './table.ts'

/**
 * What kube-proxy feeds to `nft -f -` on a first sync, line by line in its order; Services, which it takes in the random order of a Go map, come in that
 * of the cluster.
 */
export function transactionText(proxy: NftProxy): string {
  const parts = [`${proxy.fixed.join('\n')}\n`]
  for (const set of proxy.sets) for (const program of set.programs()) parts.push(portText(proxy, program, proxy.linesOf(program)))
  return parts.join('')
}

/**
 * Chains, elements, rules; the chain of a firewall comes as late as the first element that needs it. Pieces are joined port by port: that leaves one flat
 * text of each behind, instead of a rope with a node for each piece.
 */
function portText({ words }: NftProxy, { port, reach }: PortProgram, lines: PortLines): string {
  const at = `${words.ip} ${TABLE_NAME} `
  const { chains, firewall, endpointChains } = lines
  const out: string[] = []
  for (const { name } of chains) declare(out, at, name)
  const elements = serviceElements(port, reach)
  const late = firewall ? elements.findIndex(({ address }) => address !== undefined && port.loadBalancerVIPs.includes(address)) : -1
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]
    if (i === late && firewall) {
      declare(out, at, firewall.name)
      rules(out, at, firewall, 0, 1)
    }
    if (element) out.push('add element ', at, element.set, ' { ', elementText(element), ' }\n')
  }
  const policies = chains.slice(endpointChains)
  for (const chain of policies) rules(out, at, chain, 0, chain.early)
  for (const name of lines.affinities)
    out.push('add set ', at, name, ` { type ${words.address} ; flags dynamic,timeout ; timeout ${lines.affinitySeconds}s ; }\n`)
  for (const chain of policies) rules(out, at, chain, chain.early, chain.lines.length)
  for (let i = 0; i < endpointChains; i++) {
    const chain = chains[i]
    if (chain) rules(out, at, chain, 0, chain.lines.length)
  }
  return out.join('')
}

function declare(out: string[], at: string, name: string): void {
  out.push('add chain ', at, name, '\nflush chain ', at, name, '\n')
}

function rules(out: string[], at: string, { name, lines }: PortChainLines, from: number, to: number): void {
  for (let i = from; i < to; i++) out.push('add rule ', at, name, ' ', lines[i]?.text ?? '', '\n')
}
