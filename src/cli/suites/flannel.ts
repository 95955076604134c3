import { contains, parseCidr } from '../../core/net/cidr.ts'
import { FLANNEL_JUMPS, flannelChains } from '../../core/node/flannel.ts'
import { difference, type Outcome, outcome, type Suite } from './suite.ts'

/** flannel with Kubernetes' own subnets: its rules, and which ranges lie in which. What is about its leases in etcd is not simulated. */
interface Facts {
  readonly containsCIDR: readonly { readonly outer: string; readonly inner: string; readonly expected: boolean }[]
  readonly masqRules: readonly {
    readonly id: string
    readonly clusterCIDR: string
    readonly podCIDR: string
    readonly randomFully: boolean
    readonly expected: readonly Rule[]
  }[]
  readonly forwardRules: { readonly network: string; readonly expected: readonly Rule[] }
}

interface Rule {
  readonly table: 'filter' | 'nat'
  readonly chain: string
  readonly rulespec: readonly string[]
}

export const FLANNEL_SUITE: Suite = {
  folder: 'flannel',
  run(cases) {
    const found = cases.json<Partial<Facts>>('flannel/facts.json')
    const ranges = (found?.containsCIDR ?? []).map(({ outer, inner, expected }) =>
      outcome(`${inner} in ${outer}`, () => difference(expected, within(outer, inner))),
    )
    const masquerades = (found?.masqRules ?? []).map(({ id, clusterCIDR, podCIDR, randomFully, expected }) =>
      outcome(`masquerade ${id}`, () => rulesDiffer('nat', clusterCIDR, podCIDR, randomFully, expected)),
    )
    const { network, expected } = found?.forwardRules ?? {}
    const forward: readonly Outcome[] =
      network === undefined || !expected ? [] : [outcome('forward', () => rulesDiffer('filter', network, network, true, expected))]
    return [...ranges, ...masquerades, ...forward]
  },
}

function within(outer: string, inner: string): boolean {
  const [a, b] = [parseCidr(outer), parseCidr(inner)]
  if (!a || !b) throw new Error('no ranges')
  return b.length >= a.length && contains(a, b.ip)
}

function rulesDiffer(
  table: Rule['table'],
  clusterCIDR: string,
  podCIDR: string,
  randomFully: boolean,
  expected: readonly Rule[],
): string | undefined {
  const cidr = parseCidr(podCIDR)
  if (!cidr) throw new Error(`${podCIDR} is no range`)
  const pods = { cidr, base: cidr.ip, gateway: cidr.ip }
  const jumps = Object.values(FLANNEL_JUMPS[table] ?? {}).map(({ text }) => text)
  const own = Object.values(flannelChains(clusterCIDR, pods)[table] ?? {}).flatMap((lines) => lines.map(({ text }) => text))
  const said = [...jumps, ...own].map((text) => (randomFully ? text : text.replace(' --random-fully', '')))
  return difference(
    expected.map(({ chain, rulespec }) => `-A ${chain} ${rulespec.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}`),
    said,
  )
}
