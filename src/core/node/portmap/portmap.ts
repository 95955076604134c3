/**
 * The reference plugin `portmap` with its iptables backend (containernetworking/plugins, plugins/meta/portmap/portmap_iptables.go): host ports of pods as
 * DNAT. One chain per sandbox, reached from a summary chain for packets to any local address; packets from the node's own pods and from localhost are
 * marked, and masqueraded ahead of everybody else. Left out: conditionsV4/V6, externalSetMarkChain, masqAll and the nftables backend.
 */
import { sha512Hex } from '../../base/sha512.ts'
import type { Origin } from '../../kernel/origin.ts'
import type { Line } from '../line-chain.ts'
import { type Family, hostMatch, type PortMapping } from './port-mapping.ts'

/** One CNI ADD. */
export interface Sandbox {
  readonly containerId: string
  readonly address: string
  /** Of the network on the sandbox's interface: who comes from there comes back through the bridge. */
  readonly prefixLength: number
  readonly mappings: readonly PortMapping[]
  readonly origin: Origin
}

export interface PortmapConfig {
  /** The network's name in its CNI configuration. */
  readonly name: string
  readonly snat: boolean
  readonly markMasqBit: number
}

/** As flannel's conflist for Kubernetes has it: network `cbr0`, and the plugin's own defaults. */
export const CBR0: PortmapConfig = { name: 'cbr0', snat: true, markMasqBit: 13 }

const DNAT = 'CNI-HOSTPORT-DNAT'
const SETMARK = 'CNI-HOSTPORT-SETMARK'
const MASQ = 'CNI-HOSTPORT-MASQ'
const PLUGIN: Origin = { agent: 'cni' }

/** Jumps into table nat: `inserted` go to the front of their chain, `appended` behind what stands there. */
export interface PortmapRules {
  readonly inserted: Readonly<Record<string, readonly Line[]>>
  readonly appended: Readonly<Record<string, readonly Line[]>>
  readonly chains: ReadonlyMap<string, readonly Line[]>
}

/** The rules after these ADDs, in their order. Nothing is set up before the first. */
export function portmapRules(config: PortmapConfig, sandboxes: readonly Sandbox[], family: Family): PortmapRules | undefined {
  if (sandboxes.length === 0) return undefined
  const chains = new Map<string, readonly Line[]>()
  const line = (text: string): Line => ({ text, origin: PLUGIN })
  const local = '-m addrtype --dst-type LOCAL'
  if (config.snat) {
    const bit = `0x${(2 ** config.markMasqBit).toString(16)}`
    chains.set(SETMARK, [line(`-A ${SETMARK} -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark ${bit}/${bit}`)])
    chains.set(MASQ, [line(`-A ${MASQ} -m mark --mark ${bit}/${bit} -j MASQUERADE`)])
  }
  chains.set(
    DNAT,
    sandboxes.flatMap((sandbox) => entryLines(config, sandbox)),
  )
  for (const sandbox of sandboxes) chains.set(chainName(config.name, sandbox.containerId), dnatLines(config, sandbox, family))
  const jump = `-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j ${MASQ}`
  return {
    inserted: config.snat ? { POSTROUTING: [line(jump)] } : {},
    appended: { PREROUTING: [line(`-A PREROUTING ${local} -j ${DNAT}`)], OUTPUT: [line(`-A OUTPUT ${local} -j ${DNAT}`)] },
    chains,
  }
}

/** utils.MustFormatChainNameWithPrefix: 28 characters, as long as iptables allows. */
export function chainName(network: string, containerId: string): string {
  const prefix = 'CNI-DN-'
  return prefix + sha512Hex(network + containerId, 28 - prefix.length)
}

/** Ports that one `multiport` match takes. */
const MULTIPORT = 15
/** Longest comment that the kernel keeps (XT_MAX_COMMENT_LEN less its final zero). */
const COMMENT = 255

/** Ports of both families stand in the entry; the chain behind it sorts out whose they are. */
export function entryLines({ name }: PortmapConfig, { containerId, mappings, origin }: Sandbox): readonly Line[] {
  const text = `dnat name: "${name}" id: "${containerId}"`
  const comment = (text.length > COMMENT ? `${text.slice(0, COMMENT - 3)}...` : text).replaceAll('"', '\\"')
  const protocols = [...new Set(mappings.map(({ protocol }) => protocol))].sort()
  return protocols.flatMap((protocol) => {
    const ports = mappings.filter((each) => each.protocol === protocol).map(({ hostPort }) => hostPort)
    const rules: Line[] = []
    for (let from = 0; from < ports.length; from += MULTIPORT) {
      const list = ports.slice(from, from + MULTIPORT).join(',')
      const matches = `-m comment --comment "${comment}" -m multiport -p ${protocol} --destination-ports ${list}`
      rules.push({ text: `-A ${DNAT} ${matches} -j ${chainName(name, containerId)}`, origin })
    }
    return rules
  })
}

/** Two that mark, one that translates; marks must come first. There is no localhost rule for IPv6, whose ::1 cannot cross to another device. */
export function dnatLines({ name, snat }: PortmapConfig, sandbox: Sandbox, family: Family): readonly Line[] {
  const { address, prefixLength, containerId, origin } = sandbox
  const chain = chainName(name, containerId)
  const to = family === 'IPv4' ? address : `[${address}]`
  return sandbox.mappings.flatMap((mapping) => {
    const host = hostMatch(mapping, family)
    if (host === undefined) return []
    const { protocol, hostPort, containerPort } = mapping
    const base = `-A ${chain} -p ${protocol} --dport ${hostPort}${host}`
    const mark = [`-s ${address}/${prefixLength}`, ...(family === 'IPv4' ? ['-s 127.0.0.1'] : [])]
    const texts = [
      ...(snat ? mark.map((source) => `${base} ${source} -j ${SETMARK}`) : []),
      `${base} -j DNAT --to-destination ${to}:${containerPort}`,
    ]
    return texts.map((text) => ({ text, origin }))
  })
}
