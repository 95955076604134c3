import { type Choose, enumerate } from '../../core/base/choose.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { recentLists } from '../../core/kernel/netfilter/recent.ts'
import type { Traversal } from '../../core/kernel/netfilter/traverse.ts'
import { Learned } from '../../core/kernel/nft/learned.ts'
import { traverseNft } from '../../core/kernel/nft/traverse.ts'
import { joinHostPort, parseIp } from '../../core/net/ip.ts'
import { runningConfig } from '../../core/node/kube-proxy/fixed-rules.ts'
import { type NftProxy, nftProxy } from '../../core/node/kube-proxy/nftables/table.ts'
import { transactionText } from '../../core/node/kube-proxy/nftables/transaction.ts'
import { serviceMap } from '../../core/node/kube-proxy/service-map.ts'
import { clusterOf, type Flow, packetOf, type State, STATES } from './kube-proxy.ts'
import { type CaseFiles, type Outcome, outcome, type Suite } from './suite.ts'

/** kube-proxy v1.30's nftables mode over the states of its own tests: the lines of its transaction, and what its table does with single packets. */
export const NFTABLES_SUITE: Suite = {
  folder: 'kubeproxy',
  run: (cases) =>
    (cases.json<readonly State[]>(STATES) ?? []).flatMap((state) => {
      const dump = state.computedDumps?.nftables
      const flows = (state.flows ?? []).map((flow) => outcome(`${state.id}/${flow.name} nftables`, () => flowDifference(state, flow)))
      return dump === undefined ? flows : [...flows, dumpOutcome(cases, state, `kubeproxy/${dump}`)]
    }),
}

export const NFTABLES_REAL_WORLD_SUITE: Suite = {
  folder: 'kubeproxy-realworld',
  run: (cases) =>
    cases
      .list('kubeproxy-realworld', '.input.json')
      .flatMap((path) => cases.json<State>(path) ?? [])
      .map((state) => dumpOutcome(cases, state, `kubeproxy-realworld/${state.id}.nftables.txt`)),
}

function proxyOf(state: State): NftProxy {
  const { options } = state
  const cluster = clusterOf(state)
  const family = options.ipFamily === 'IPv6' ? 'IPv6' : 'IPv4'
  return nftProxy({
    family,
    map: serviceMap(cluster, family),
    proxy: runningConfig(cluster.config.proxy, family),
    node: { name: options.nodeName, zone: options.nodeLabels?.['topology.kubernetes.io/zone'], ip: parseIp(options.nodeIP ?? '') },
    addresses: options.localAddresses.flatMap((text) => parseIp(text) ?? []),
  })
}

function dumpOutcome(cases: CaseFiles, state: State, path: string): Outcome {
  return outcome(`${state.id} nftables`, () => {
    const expected = cases.text(path)
    if (expected === undefined) return `${path} is absent`
    return linesDifference(leftOver(expected), leftOver(transactionText(proxyOf(state))))
  })
}

/**
 * What a transaction leaves behind, as `add` lines by what they add to: rules of a chain in their order, all else, whose order means nothing, sorted. A
 * base chain that is deleted first, because it might have had another priority, is the one that is added then.
 */
function leftOver(text: string): ReadonlyMap<string, readonly string[]> {
  const lines = text.split('\n').filter((line) => line.startsWith('add '))
  const described = new Set(lines.flatMap((line) => /^(add chain \S+ \S+ \S+) \{/.exec(line)?.[1] ?? []))
  const groups = new Map<string, string[]>()
  for (const line of lines) {
    if (described.has(line)) continue
    const key = /^add rule \S+ \S+ (\S+)/.exec(line)?.[1] ?? ''
    // The tests' own proxier writes its mark without leading zeros.
    groups.set(key, [...(groups.get(key) ?? []), line.replace(/\b0x0+/g, '0x')])
  }
  groups.set('', [...new Set(groups.get(''))].sort())
  return groups
}

function linesDifference(
  expected: ReadonlyMap<string, readonly string[]>,
  actual: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const [a, b] = [expected.get(key) ?? [], actual.get(key) ?? []]
    const at = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find((i) => a[i] !== b[i])
    if (at !== undefined) return `${key} line ${at}: expected ${a[at]}, got ${b[at]}`
  }
  return undefined
}

interface Seen {
  readonly verdict: Flow['expectedVerdict']
  readonly masquerade: boolean
  readonly endpoint?: string
}

const MASQUERADE_MARK = 0x4000

function flowDifference(state: State, flow: Flow): string | undefined {
  const { expectedVerdict, expectedMasq, expectedEndpoints, nftables1303: other } = flow
  const proxy = proxyOf(state)
  const { paths } = enumerate((choose) => follow(state, proxy, flow, choose), 1000)
  const said = (verdicts: readonly string[], masquerades: readonly boolean[], to: readonly string[]): string =>
    `${[...new Set(verdicts)].join('|')} masq=${[...new Set(masquerades)].join('|')} [${[...new Set(to)].sort().join(' ')}]`
  const expected = other
    ? said([other.output === '' ? 'NOMATCH' : other.output], [other.masq], [])
    : said([expectedVerdict], [expectedMasq], expectedEndpoints)
  const actual = said(
    paths.map(({ value }) => value.verdict),
    paths.map(({ value }) => value.masquerade),
    paths.flatMap(({ value }) => value.endpoint ?? []),
  )
  return expected === actual ? undefined : `expected ${expected}, got ${actual}`
}

/**
 * One packet of a new connection through all base chains on its way, as far as a verdict. kube-proxy's own tests send packets of the node itself this way
 * too; in a kernel those pass OUTPUT, where filters come before translation and may refuse what would have been translated.
 */
function follow(state: State, { table }: NftProxy, flow: Flow, choose: Choose): Seen {
  const isLocal = (ip: string): boolean => ip === '::1' || ip.startsWith('127.') || state.options.localAddresses.includes(ip)
  const learned = new Learned(new Map())
  let mark = 0
  for (const hook of ['PREROUTING', isLocal(flow.destIP) ? 'INPUT' : 'FORWARD'] as const) {
    const chains = table.baseChains
      .flatMap((chain) => (chain.base?.hook === hook ? [{ ...chain, base: chain.base }] : []))
      .sort((a, b) => a.base.priority - b.base.priority)
    for (const chain of chains) {
      const ran: Traversal = traverseNft(
        table,
        chain,
        { packet: packetOf(flow), mark, ct: { state: 'NEW', direction: 'original', mark: 0 } },
        {
          netns: state.options.nodeName as NetnsId,
          sets: new Map(),
          addressType: (ip) => (isLocal(ip) ? 'LOCAL' : 'UNICAST'),
          recent: recentLists(new Map()).in(state.options.nodeName, 0),
          choose,
          detail: 'lean',
          walk: 'indexed',
          limit: 100_000,
        },
        learned,
        0,
      )
      mark = ran.mark
      const masquerade = (mark & MASQUERADE_MARK) !== 0
      const { verdict } = ran
      if (verdict.kind === 'DROP' || verdict.kind === 'REJECT') return { verdict: verdict.kind, masquerade }
      if (verdict.kind === 'NAT' && verdict.target.kind === 'DNAT') {
        const { from = flow.destIP, ports } = verdict.target.to
        return { verdict: 'DNAT', masquerade, endpoint: joinHostPort(from, ports?.from ?? flow.destPort) }
      }
    }
  }
  return { verdict: 'NOMATCH', masquerade: (mark & MASQUERADE_MARK) !== 0 }
}
