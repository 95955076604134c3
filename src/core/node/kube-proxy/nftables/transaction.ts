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
  const { chains, firewall, written, setsAt } = lines
  let text = ''
  for (const { name } of chains) text += made(at, name)
  const elements = serviceElements(port, reach)
  const late = firewall ? elements.findIndex(({ address }) => address !== undefined && port.loadBalancerVIPs.includes(address)) : -1
  elements.forEach((element, i) => {
    if (i === late && firewall) text += firewallText(at, firewall)
    text += `add element ${at} ${element.set} { ${elementText(element)} }\n`
  })
  for (let i = 0; i < written.length; i++) {
    if (i === setsAt) text += setsText(at, words, lines)
    const [chain, rule] = written[i] ?? []
    text += `add rule ${at} ${chain} ${rule}\n`
  }
  return text.slice(0, -1)
}

const made = (at: string, name: string): string => `add chain ${at} ${name}\nflush chain ${at} ${name}\n`

function firewallText(at: string, { name, lines }: PortChainLines): string {
  return `${made(at, name)}${lines.map(({ text }) => `add rule ${at} ${name} ${text}\n`).join('')}`
}

const setsText = (at: string, { address }: Words, { affinities, affinitySeconds }: PortLines): string =>
  affinities.map((name) => `add set ${at} ${name} { type ${address} ; flags dynamic,timeout ; timeout ${affinitySeconds}s ; }\n`).join('')
