/** Random rules as a person might add them by iptables(8): firewalls, NAT of their own, marks, leftovers. */
import { POD_CIDR, SERVICE_CIDR } from '../../core/cluster/config.ts'
import type { Draw } from './draw.ts'
import { type Machines, nodeIP } from './machines.ts'

type Where = readonly [table: 'raw' | 'mangle' | 'nat' | 'filter', chain: 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING']

const PLACES: readonly (readonly [number, Where])[] = [
  [4, ['filter', 'FORWARD']],
  [3, ['filter', 'INPUT']],
  [2, ['filter', 'OUTPUT']],
  [2, ['nat', 'PREROUTING']],
  [1, ['nat', 'OUTPUT']],
  [3, ['nat', 'POSTROUTING']],
  [1, ['nat', 'INPUT']],
  [1, ['mangle', 'PREROUTING']],
  [1, ['mangle', 'INPUT']],
  [1, ['mangle', 'FORWARD']],
  [1, ['mangle', 'OUTPUT']],
  [1, ['mangle', 'POSTROUTING']],
  [1, ['raw', 'PREROUTING']],
  [1, ['raw', 'OUTPUT']],
]

/** One to three commands: a policy, a rule, or a chain of one's own with a jump to it. */
export function rules(draw: Draw, ground: Machines): string[] {
  if (draw.chance(0.1)) return ['-P FORWARD DROP']
  if (draw.chance(0.1)) return ['-I INPUT -p udp -m udp --dport 8472 -j DROP']
  const [table, chain] = draw.weighted(PLACES)
  const rule = words(draw, ground, [table, chain])
  if (!draw.chance(0.2)) return [`-t ${table} ${draw.pick(['-A', '-I'])} ${chain} ${rule}`]
  return [
    `-t ${table} -N LOCAL`,
    `-t ${table} -A LOCAL ${rule}`,
    `-t ${table} -I ${chain} ${draw.chance(0.5) ? `${transport(draw)} ` : ''}${draw.pick(['-j', '-g'])} LOCAL`,
  ]
}

const transport = (draw: Draw): string => draw.pick(['-p tcp', '-p udp', '-p icmp', '! -p tcp'])

function words(draw: Draw, ground: Machines, where: Where): string {
  // Pings that nodes send warm the switch between them before anything is recorded. A switch that has not learnt floods; ours has always learnt.
  const own = where[0] !== 'nat' && (where[1] === 'OUTPUT' || where[1] === 'POSTROUTING')
  const protocol = draw.pick(own ? (['tcp', 'udp'] as const) : (['tcp', 'udp', 'icmp', undefined] as const))
  const general = draw
    .some(
      GENERAL,
      draw.weighted([
        [3, 0],
        [3, 1],
        [1, 2],
      ]),
    )
    .flatMap((make) => make(draw, ground, where) ?? [])
  const special = protocol && draw.chance(0.5) ? [specific(draw, ground, protocol)] : []
  return [...(protocol ? [`-p ${protocol}`] : []), ...general, ...special, target(draw, ground, where, protocol)].join(' ')
}

type Match = (draw: Draw, ground: Machines, where: Where) => string | undefined

const not = (draw: Draw): string => (draw.chance(0.2) ? '! ' : '')
const podIP = (draw: Draw, { pods }: Machines): string => draw.pick(pods).status.podIP ?? '10.0.0.1'

function prefix(draw: Draw, ground: Machines): string {
  const { profile, nodes } = ground
  return draw.pick([
    `${podIP(draw, ground)}/32`,
    `${nodeIP(draw.pick(nodes))}/32`,
    POD_CIDR[profile],
    SERVICE_CIDR[profile],
    '192.168.1.0/24',
    '203.0.113.0/24',
  ])
}

/** Matches that any protocol may have. */
const GENERAL: readonly Match[] = [
  (draw, ground) => `${not(draw)}-s ${prefix(draw, ground)}`,
  (draw, ground) => `${not(draw)}-d ${prefix(draw, ground)}`,
  (draw, _, [, chain]) =>
    chain === 'OUTPUT' || chain === 'POSTROUTING' ? undefined : `${not(draw)}-i ${draw.pick(['eth0', 'cni0', 'eth+', 'flannel.1', 'lo'])}`,
  (draw, _, [, chain]) =>
    chain === 'INPUT' || chain === 'PREROUTING' ? undefined : `${not(draw)}-o ${draw.pick(['eth0', 'cni0', 'eth+', 'flannel.1', 'lo'])}`,
  (draw) => `-m comment --comment ${draw.pick(['closed', '"two words"', '"quoted \\"word\\""'])}`,
  (draw, _, [table]) =>
    table === 'raw'
      ? undefined
      : `-m conntrack ${not(draw)}--ctstate ${draw.pick(['NEW', 'RELATED,ESTABLISHED', 'INVALID', 'DNAT', 'SNAT', 'UNTRACKED', 'NEW,DNAT'])}`,
  (draw, _, [table]) => (table === 'raw' ? undefined : `-m conntrack --ctdir ${draw.pick(['ORIGINAL', 'REPLY'])}`),
  (draw, _, [table]) =>
    table === 'raw' ? undefined : `-m conntrack ${not(draw)}--ctstatus ${draw.pick(['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'NONE'])}`,
  (draw, ground, [table]) => (table === 'raw' ? undefined : `-m conntrack ${not(draw)}--ctorigdst ${prefix(draw, ground)}`),
  (draw, _, [table]) => (table === 'raw' ? undefined : `-m state --state ${draw.pick(['NEW', 'RELATED,ESTABLISHED'])}`),
  (draw) => `-m mark ${not(draw)}--mark ${draw.pick(['0x1/0x1', '0x4000/0x4000', '0x0/0xff'])}`,
  (draw) => `-m connmark ${not(draw)}--mark 0x1/0x1`,
  (draw) => `-m addrtype ${not(draw)}--dst-type ${draw.pick(['LOCAL', 'UNICAST', 'BROADCAST'])}`,
  (draw) => `-m addrtype ${not(draw)}--src-type ${draw.pick(['LOCAL', 'UNICAST'])}`,
  (draw, { nodes }) => `-m iprange ${not(draw)}--dst-range ${nodeIP(draw.pick(nodes))}-192.168.1.255`,
  (draw, _, [, chain]) => (chain === 'FORWARD' || chain === 'POSTROUTING' ? `-m physdev ${not(draw)}--physdev-is-bridged` : undefined),
  (draw) => `-m length ${not(draw)}--length ${draw.pick(['0:100', '84', '1400:65535'])}`,
  (draw) => `-m ttl --ttl-${draw.pick(['eq 64', 'lt 64', 'gt 62'])}`,
  (draw, _, [, chain]) =>
    chain === 'OUTPUT' || chain === 'POSTROUTING' ? undefined : `-m pkttype --pkt-type ${draw.pick(['unicast', 'broadcast'])}`,
  (draw) => `-m recent --name local --${draw.pick(['set', 'rcheck', 'update --seconds 60'])} --rsource`,
]

function specific(draw: Draw, ground: Machines, protocol: 'tcp' | 'udp' | 'icmp'): string {
  const port = portOf(draw, ground)
  switch (protocol) {
    case 'icmp':
      return `-m icmp ${not(draw)}--icmp-type ${draw.pick(['8', '0', '3', '3/4', '11'])}`
    case 'udp':
    case 'tcp':
      return draw.pick([
        `-m ${protocol} ${not(draw)}--dport ${port}`,
        `-m ${protocol} --sport ${port}`,
        `-m ${protocol} --dport 30000:32767`,
        `-m multiport --dports 80,443,8000:8100,${port}`,
        `-m multiport ${not(draw)}--ports 53,${port}`,
        ...(protocol === 'tcp'
          ? ['-m tcp --tcp-flags FIN,SYN,RST,ACK SYN', '-m tcp --tcp-flags RST RST', '-m tcp ! --tcp-flags SYN,ACK SYN']
          : []),
      ])
  }
}

const portOf = (draw: Draw, { apps }: Machines): number => draw.pick(apps.flatMap(({ ports }) => ports)).containerPort

function target(draw: Draw, ground: Machines, [table, chain]: Where, protocol: 'tcp' | 'udp' | 'icmp' | undefined): string {
  const ported = protocol === 'tcp' || protocol === 'udp'
  const to = podIP(draw, ground)
  const port = portOf(draw, ground)
  switch (table) {
    case 'filter':
      return draw.pick([
        '-j DROP',
        '-j ACCEPT',
        '-j RETURN',
        `-j REJECT --reject-with ${draw.pick(['icmp-port-unreachable', 'icmp-host-prohibited', 'icmp-net-unreachable', 'icmp-admin-prohibited', ...(protocol === 'tcp' ? ['tcp-reset'] : [])])}`,
      ])
    case 'nat':
      if (chain === 'POSTROUTING')
        return draw.pick([
          '-j MASQUERADE',
          '-j MASQUERADE --random-fully',
          `-j SNAT --to-source ${nodeIP(draw.pick(ground.nodes))}`,
          '-j ACCEPT',
          '-j RETURN',
        ])
      if (chain === 'INPUT') return draw.pick(['-j SNAT --to-source 192.168.1.99', '-j ACCEPT'])
      return draw.pick([
        `-j DNAT --to-destination ${to}`,
        '-j ACCEPT',
        '-j RETURN',
        ...(ported ? [`-j DNAT --to-destination ${to}:${port}`, `-j REDIRECT --to-ports ${port}`] : []),
      ])
    case 'mangle':
      return draw.pick([
        '-j MARK --set-xmark 0x1/0x1',
        '-j MARK --set-xmark 0x4000/0x4000',
        '-j CONNMARK --set-xmark 0x1/0xffffffff',
        '-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff',
        '-j CONNMARK --restore-mark --nfmask 0x1 --ctmask 0x1',
        '-j DROP',
        '-j ACCEPT',
      ])
    case 'raw':
      return draw.pick(['-j DROP', '-j ACCEPT', '-j NOTRACK', '-j CT --notrack'])
  }
}
