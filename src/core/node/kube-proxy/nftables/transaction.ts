import type { ProxyConfig } from '../../../cluster/config.ts'
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
  const parts = [`${proxy.fixed.join('\n')}\n`]
  for (const set of proxy.sets) for (const program of set.programs()) parts.push(programText(proxy, program))
  return parts.join('')
}

interface ProgramText {
  readonly config: ProxyConfig
  readonly words: Words
  readonly text: string
}

/** Every sync writes everything; the texts of ports that are as they were are still there from the sync before. */
const texts = new WeakMap<PortProgram, ProgramText>()

function programText(proxy: NftProxy, program: PortProgram): string {
  const { words, config } = proxy
  let known = texts.get(program)
  if (known?.config !== config || known.words !== words)
    texts.set(program, (known = { config, words, text: portText(words, program, proxy.linesOf(program)) }))
  return known.text
}

/**
 * Chains, elements, rules; the chain of a firewall comes as late as the first element that needs it. Lines are joined port by port: that leaves one flat
 * text of each behind, instead of a rope with a node for each piece.
 */
function portText(words: Words, { port, reach }: PortProgram, lines: PortLines): string {
  const at = `${words.ip} ${TABLE_NAME} `
  const { chains, firewall, endpointChains } = lines
  const out: string[] = []
  for (const { name } of chains) out.push(declaration(at, name))
  const elements = serviceElements(port, reach)
  const late = firewall ? elements.findIndex(({ address }) => address !== undefined && port.loadBalancerVIPs.includes(address)) : -1
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]
    if (i === late && firewall) {
      out.push(declaration(at, firewall.name))
      rules(out, at, firewall, 0, 1)
    }
    if (element) out.push(`add element ${at}${element.set} { ${elementText(element)} }\n`)
  }
  for (let i = endpointChains; i < chains.length; i++) rules(out, at, chains[i], 0, chains[i]?.early ?? 0)
  for (const name of lines.affinities)
    out.push(`add set ${at}${name} { type ${words.address} ; flags dynamic,timeout ; timeout ${lines.affinitySeconds}s ; }\n`)
  for (let i = endpointChains; i < chains.length; i++) rules(out, at, chains[i], chains[i]?.early ?? 0)
  for (let i = 0; i < endpointChains; i++) rules(out, at, chains[i], 0)
  return out.join('')
}

const declaration = (at: string, name: string): string => `add chain ${at}${name}\nflush chain ${at}${name}\n`

function rules(out: string[], at: string, chain: PortChainLines | undefined, from: number, to = chain?.lines.length ?? 0): void {
  if (!chain || from >= to) return
  const head = `add rule ${at}${chain.name} `
  for (let i = from; i < to; i++) out.push(`${head}${chain.lines[i]?.text ?? ''}\n`)
}
