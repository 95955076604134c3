import type { PortProgram } from '../port-program.ts'
import { TABLE_NAME, type Words } from './fixed-lines.ts'
import { elementText, serviceElements } from './service-elements.ts'
import type { PortChainLines, PortLines } from './service-lines.ts'
import type { NftProxy } from './table.ts'

/**
 * What kube-proxy feeds to `nft -f -` on a first sync, line by line in its order; Services, which it takes in the random order of a Go map, come in that
 * of the cluster.
 */
export function transactionText(proxy: NftProxy): string {
  const parts = [proxy.fixed.join('\n')]
  for (const set of proxy.sets) for (const program of set.programs()) parts.push(portText(proxy, program, proxy.linesOf(program)))
  return `${parts.join('\n')}\n`
}

/** Chains, elements, rules; the chain of a firewall comes as late as the first element that needs it. */
function portText({ words }: NftProxy, { port, reach }: PortProgram, lines: PortLines): string {
  const at = `${words.ip} ${TABLE_NAME}`
  const { chains, firewall, endpointChains } = lines
  let text = ''
  for (const { name } of chains) text += made(at, name)
  const elements = serviceElements(port, reach)
  const late = firewall ? elements.findIndex(({ address }) => address !== undefined && port.loadBalancerVIPs.includes(address)) : -1
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]
    if (i === late && firewall) text += made(at, firewall.name) + rulesText(at, firewall, 0, 1)
    if (element) text += `add element ${at} ${element.set} { ${elementText(element)} }\n`
  }
  const policies = chains.slice(endpointChains)
  for (const chain of policies) text += rulesText(at, chain, 0, chain.early)
  text += setsText(at, words, lines)
  for (const chain of policies) text += rulesText(at, chain, chain.early, chain.lines.length)
  for (let i = 0; i < endpointChains; i++) {
    const chain = chains[i]
    if (chain) text += rulesText(at, chain, 0, chain.lines.length)
  }
  return text.slice(0, -1)
}

const made = (at: string, name: string): string => `add chain ${at} ${name}\nflush chain ${at} ${name}\n`

function rulesText(at: string, { name, lines }: PortChainLines, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += `add rule ${at} ${name} ${lines[i]?.text}\n`
  return text
}

const setsText = (at: string, { address }: Words, { affinities, affinitySeconds }: PortLines): string =>
  affinities.map((name) => `add set ${at} ${name} { type ${address} ; flags dynamic,timeout ; timeout ${affinitySeconds}s ; }\n`).join('')
