import { parseIp, type IpFamily } from '../../core/net/ip.ts'
import { socketText, type VirtualServer } from '../../core/kernel/ipvs/ipvs.ts'
import { memberText } from '../../core/kernel/netfilter/ipset-save.ts'
import { type IpvsProxy, ipvsProxy } from '../../core/node/kube-proxy/ipvs/ipvs-proxy.ts'
import { serviceAddresses } from '../../core/node/kube-proxy/ipvs/service-addresses.ts'
import { serviceMap } from '../../core/node/kube-proxy/service-map.ts'
import { chainDifference, chainsOf, clusterOf, type State, STATES } from './kube-proxy.ts'
import { type CaseFiles, difference, type Outcome, outcome, type Suite } from './suite.ts'

/** kube-proxy v1.30's IPVS mode over the states of its own tests: virtual servers, sets, addresses and rules. */
interface Computed {
  readonly virtualServers: readonly {
    readonly address: string
    readonly port: number
    readonly protocol: string
    readonly scheduler: string
    readonly persistent: boolean
    readonly timeout?: number
    readonly realServers: readonly string[]
  }[]
  /** Members by set; empty sets are left out. */
  readonly ipsets: Readonly<Record<string, readonly string[]>>
  readonly kubeIpvs0Addresses: readonly string[]
  /** iptables-restore input. */
  readonly iptables: readonly string[] | string
}

export const IPVS_SUITE: Suite = {
  folder: 'kubeproxy',
  run(cases) {
    const computed = cases.json<{ readonly cases: Readonly<Record<string, Computed>> }>('kubeproxy/ipvs_computed.json')?.cases ?? {}
    const states = new Map((cases.json<readonly State[]>(STATES) ?? []).map((state) => [state.id, state]))
    return Object.entries(computed).map(([id, expected]) => {
      const state = states.get(id)
      return outcome(`${id} ipvs`, () => (state ? ipvsDifference(state, expected) : `${STATES} has no ${id}`))
    })
  },
}

export const IPVS_REAL_WORLD_SUITE: Suite = {
  folder: 'kubeproxy-realworld',
  run: (cases) =>
    cases
      .list('kubeproxy-realworld', '.input.json')
      .flatMap((path) => cases.json<State>(path) ?? [])
      .map((state) => realWorld(cases, state)),
}

function realWorld(cases: CaseFiles, state: State): Outcome {
  const path = `kubeproxy-realworld/${state.id}.ipvs.json`
  const expected = cases.json<Computed>(path)
  return outcome(`${state.id} ipvs`, () => (expected ? ipvsDifference(state, expected) : `${path} is absent`))
}

function ipvsDifference(state: State, expected: Computed): string | undefined {
  const proxy = proxyOf(state)
  const family = state.options.ipFamily === 'IPv6' ? 'ip6' : 'ip'
  const restore = [expected.iptables].flat().join('\n')
  const rules = chainDifference(chainsOf(restore, family), chainsOf(proxy.restoreText(), family))
  return (
    difference(sorted(expected.virtualServers.map(expectedServer)), sorted([...proxy.ipvs.virtualServers()].map(serverText))) ??
    difference(setsText(Object.entries(expected.ipsets)), setsText(setsOf(proxy))) ??
    difference(sorted(expected.kubeIpvs0Addresses), sorted(proxy.addresses)) ??
    rules
  )
}

function proxyOf(state: State): IpvsProxy {
  const { options } = state
  const cluster = clusterOf(state)
  const family: IpFamily = options.ipFamily === 'IPv6' ? 'IPv6' : 'IPv4'
  return ipvsProxy({
    map: serviceMap(cluster, family),
    addresses: serviceAddresses(cluster.config, cluster.objects.Service, family),
    proxy: cluster.config.proxy,
    node: { name: options.nodeName, zone: options.nodeLabels?.['topology.kubernetes.io/zone'], ip: parseIp(options.nodeIP ?? '') },
    localAddresses: options.localAddresses.flatMap((text) => parseIp(text) ?? []),
    family,
  })
}

const sorted = (texts: readonly string[]): readonly string[] => [...texts].sort()

const expectedServer = ({
  address,
  port,
  protocol,
  scheduler,
  persistent,
  timeout,
  realServers,
}: Computed['virtualServers'][number]): string =>
  `${protocol} ${address} ${port} ${scheduler} ${persistent ? timeout : '-'} > ${sorted(realServers).join(' ')}`

function serverText({ protocol, address, port, scheduler, persistentSeconds, realServers }: VirtualServer): string {
  const servers = realServers.map((server) => socketText(server.address, server.port))
  return `${protocol.toUpperCase()} ${address} ${port} ${scheduler} ${persistentSeconds ?? '-'} > ${sorted(servers).join(' ')}`
}

const setsOf = ({ sets }: IpvsProxy): readonly (readonly [string, readonly string[]])[] =>
  [...sets.values()].map(({ name, members }) => [name, members.map(memberText)])

const setsText = (sets: readonly (readonly [string, readonly string[]])[]): readonly string[] =>
  sorted(sets.filter(([, members]) => members.length > 0).map(([name, members]) => `${name}: ${sorted(members).join(' ')}`))
