import type { PortProgram } from '../port-program.ts'
import { TABLE_NAME } from './fixed-lines.ts'
import { portChain } from './names.ts'
import { elementText, serviceElements, usesFirewall } from './service-elements.ts'
import type { NftProxy } from './table.ts'

/**
 * What kube-proxy feeds to `nft -f -` on a first sync, line by line in its order; Services, which it takes in the random order of a Go map, come in that
 * of the cluster.
 */
export function transactionText(proxy: NftProxy): string {
  const parts = [proxy.fixed.join('\n')]
  for (const set of proxy.sets) for (const program of set.programs()) parts.push(portText(proxy, program))
  return `${parts.join('\n')}\n`
}

/** Chains, elements, rules; the chain of a firewall comes as late as the first element that needs it. */
function portText({ words, linesOf }: NftProxy, program: PortProgram): string {
  const { port, reach } = program
  const at = `${words.ip} ${TABLE_NAME}`
  const { chains, affinities, written, setsAt } = linesOf(program)
  const firewall = usesFirewall(port) ? portChain('firewall', port) : undefined
  let text = ''
  let guard = ''
  for (const name of chains.keys()) {
    const made = `add chain ${at} ${name}\nflush chain ${at} ${name}\n`
    if (name === firewall) guard = `${made}${(chains.get(name) ?? []).map((line) => `add rule ${at} ${name} ${line.text}\n`).join('')}`
    else text += made
  }
  const elements = serviceElements(port, reach)
  const late = elements.findIndex(({ address }) => address !== undefined && port.loadBalancerVIPs.includes(address))
  elements.forEach((element, i) => {
    if (i === late) text += guard
    text += `add element ${at} ${element.set} { ${elementText(element)} }\n`
  })
  let sets = ''
  for (const [name, seconds] of affinities)
    sets += `add set ${at} ${name} { type ${words.address} ; flags dynamic,timeout ; timeout ${seconds}s ; }\n`
  for (const [i, [chain, line]] of written.entries()) {
    if (i === setsAt) text += sets
    if (chain !== firewall) text += `add rule ${at} ${chain} ${line.text}\n`
  }
  return text.slice(0, -1)
}
