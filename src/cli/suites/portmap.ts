import { klipperCommands } from '../../core/node/klipper-lb.ts'
import type { Line } from '../../core/node/line-chain.ts'
import type { Family, PortMapping } from '../../core/node/portmap/port-mapping.ts'
import { chainName, dnatLines, entryLines, type PortmapConfig, portmapRules, type Sandbox } from '../../core/node/portmap/portmap.ts'
import { difference, type Outcome, outcome, type Suite } from './suite.ts'

/** The CNI plugin `portmap`, iptables backend: chains for a list of port mappings. */
interface PortmapCases {
  /** The name may be followed by where it comes from, in parentheses. */
  readonly chainNames: readonly { readonly netName: string; readonly chain: string }[]
  readonly topLevel: ChainCase
  readonly setMark: ChainCase & { readonly masqBit: number }
  readonly masq: ChainCase
  readonly portMappings: readonly PortMapping[]
  readonly cases: readonly {
    readonly podNet: string
    readonly snat: boolean
    readonly entryDestinationPorts?: Readonly<Record<string, string>>
    readonly rules: readonly (readonly string[])[]
  }[]
}

interface ChainCase {
  readonly name: string
  readonly entryChains?: readonly string[]
  readonly entryRules?: readonly (readonly string[])[]
  readonly rules?: readonly (readonly string[])[]
}

/** The container of the plugin's own test, which the cases' chain names were hashed from. */
const CONTAINER =
  'icee6giejonei6sohng6ahngee7laquohquee9shiGo7fohferakah3Feiyoolu2pei7ciPhoh7shaoX6vai3vuf0ahfaeng8yohb9ceu0daez5hashee8ooYai5wa3y'

export const PORTMAP_SUITE: Suite = {
  folder: 'cni',
  run(cases) {
    const found = cases.json<PortmapCases>('cni/portmap_iptables.json')
    if (!found) return []
    const names = found.chainNames.map(({ netName, chain }) =>
      outcome(`portmap: chain of ${netName}`, () => difference(chain, chainName(netName.split(' ', 1)[0] ?? '', CONTAINER))),
    )
    return [...names, ...fixedChains(found), ...found.cases.map((each) => mappingOutcome(found, each))]
  },
}

function fixedChains({ topLevel, setMark, masq, portMappings }: PortmapCases): readonly Outcome[] {
  const config: PortmapConfig = { name: 'test', snat: true, markMasqBit: setMark.masqBit }
  const rules = portmapRules(config, [sandboxOf('10.0.0.2/24', portMappings)], 'IPv4')
  const jumps = { ...rules?.appended, ...rules?.inserted }
  const entries = ({ name, entryChains = [], entryRules = [] }: ChainCase): string[] =>
    entryChains.flatMap((chain) => entryRules.map((rule) => `-A ${chain} ${rule.map(quoted).join(' ')} -j ${name}`))
  const written = ({ entryChains = [] }: ChainCase): string[] => entryChains.flatMap((chain) => texts(jumps[chain]))
  return [topLevel, setMark, masq].map((chain) =>
    outcome(`portmap: ${chain.name}`, () => {
      const expected = (chain.rules ?? []).map((rule) => `-A ${chain.name} ${rule.map(quoted).join(' ')}`)
      const actual = chain.rules ? texts(rules?.chains.get(chain.name)) : []
      return difference([...entries(chain), ...expected], [...written(chain), ...actual])
    }),
  )
}

function mappingOutcome(
  { portMappings }: PortmapCases,
  { podNet, snat, entryDestinationPorts, rules }: PortmapCases['cases'][number],
): Outcome {
  return outcome(`portmap: ${podNet} snat ${snat}`, () => {
    const config: PortmapConfig = { name: 'test', snat, markMasqBit: 13 }
    const sandbox = sandboxOf(podNet, portMappings)
    const family: Family = podNet.includes(':') ? 'IPv6' : 'IPv4'
    const chain = chainName(config.name, CONTAINER)
    const expected = rules.map((rule) => `-A ${chain} ${rule.join(' ')}`)
    const ports = entryDestinationPorts && Object.fromEntries(entryLines(config, sandbox).map(({ text }) => entryPorts(text)))
    return difference({ ports: entryDestinationPorts, expected }, { ports, expected: texts(dnatLines(config, sandbox, family)) })
  })
}

function sandboxOf(podNet: string, mappings: readonly PortMapping[]): Sandbox {
  const [address = '', length] = podNet.split('/')
  return { containerId: CONTAINER, address, prefixLength: Number(length), mappings, origin: { agent: 'cni' } }
}

const texts = (lines: readonly Line[] | undefined): string[] => (lines ?? []).map(({ text }) => text)
const quoted = (word: string): string => (word.includes(' ') ? `"${word}"` : word)

function entryPorts(text: string): readonly [string, string] {
  const [, protocol = '', ports = ''] = /-p (\S+) --destination-ports (\S+)/.exec(text) ?? []
  return [protocol, ports]
}

interface KlipperCases {
  readonly template: { readonly perSrcRange: readonly string[]; readonly perDestIPv4: readonly string[] }
}

const ENVIRONMENTS = [
  { SRC_PORT: '80', DEST_PROTO: 'tcp', DEST_PORT: '8080', SRC_RANGES: '0.0.0.0/0', DEST_IPS: '10.43.0.7' },
  { SRC_PORT: '53', DEST_PROTO: 'udp', DEST_PORT: '31053', SRC_RANGES: '10.0.0.0/8,192.168.0.0/16', DEST_IPS: '10.43.0.7 10.43.0.8' },
] as const

/** ServiceLB's pods: the script's commands for an environment. */
export const KLIPPER_SUITE: Suite = {
  folder: 'cni',
  run(cases) {
    const template = cases.json<KlipperCases>('cni/klipper_lb.json')?.template
    if (!template) return []
    return ENVIRONMENTS.map((env) =>
      outcome(`klipper-lb: ${env.SRC_PORT} to ${env.DEST_IPS}`, () => {
        const fill = (lines: readonly string[], name: string, list: string): string[] =>
          list.split(/[\s,]+/).flatMap((item) => lines.map((line) => filled(line, { ...env, [name]: item })))
        const expected = [
          ...fill(template.perSrcRange, 'src_range', env.SRC_RANGES),
          ...fill(template.perDestIPv4, 'dest_ip', env.DEST_IPS),
        ]
        return difference(expected, klipperCommands(env, 'IPv4'))
      }),
    )
  },
}

/** `--to` is short for `--to-destination`. */
const filled = (line: string, values: Readonly<Record<string, string>>): string =>
  line
    .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
    .replace(/^iptables /, '')
    .replace(' --to ', ' --to-destination ')
