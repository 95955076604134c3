import { describe, expect, it } from 'vitest'
import { seeded } from '../base/choose.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { FRESH, type Runtime } from '../kernel/runtime.ts'
import type { Step } from '../kernel/step.ts'
import type { Ip } from '../net/ip.ts'
import type { Protocol } from '../net/packet.ts'
import { packetLine } from '../net/tcpdump.ts'
import { checkHops } from '../walk/hop.ts'
import { lab } from '../walk/lab.ts'
import type { Conversation, Request } from './conversation.ts'
import { converse } from './converse.ts'

/** `tcp a 10.0.0.2:80 sport=1000 ttl=3 df payload=1400` */
function request(text: string): Request {
  const [protocol = '', netns = '', target = '', ...options] = text.split(' ')
  const [destination = '', port] = target.split(':')
  const value = (name: string): number | undefined => {
    const found = options.find((o) => o.startsWith(`${name}=`))
    return found === undefined ? undefined : Number(found.split('=')[1])
  }
  const ttl = value('ttl')
  const payload = value('payload')
  const timeout = value('timeout')
  return {
    protocol: protocol as Protocol,
    netns: netns as NetnsId,
    destination: destination as Ip,
    ...(port !== undefined && { port: Number(port) }),
    sourcePort: value('sport') ?? 1000,
    ...(ttl !== undefined && { ttl }),
    ...(payload !== undefined && { payload }),
    ...(timeout !== undefined && { timeout }),
    ...(options.includes('df') && { dontFragment: true }),
    ...(options.includes('nodf') && { dontFragment: false }),
  }
}

const run = (network: ReturnType<typeof lab>, text: string, runtime: Runtime = FRESH) =>
  converse(network, runtime, request(text), seeded(1), { detail: 'full', walk: 'indexed' })

/** Where the n-th packet of a conversation was seen, and what came of it. */
function sightings(conversation: Conversation, nth = 0): string[] {
  const packet = conversation.connections[0]?.packets[nth]
  if (!packet) return []
  checkHops(packet.hops)
  const seen = packet.hops.flatMap((hop) =>
    hop.steps.flatMap((step) =>
      isSighting(step) ? [`${hop.netns} ${step.dev} ${step.kind === 'receive' ? 'in' : 'out'}: ${packetLine(step.packet)}`] : [],
    ),
  )
  const { disposition } = packet
  return [
    ...seen,
    `${disposition.kind}${'by' in disposition ? ` ${disposition.by}` : ''}${'with' in disposition ? ` ${disposition.with}` : ''}`,
  ]
}
const isSighting = (step: Step): step is Extract<Step, { kind: 'receive' | 'transmit' }> =>
  step.kind === 'receive' || step.kind === 'transmit'
const said = ({ outcome }: Conversation): string =>
  [outcome.kind, outcome.errno, outcome.answeredBy, outcome.clientSeen].filter(Boolean).join(' ')

const ROUTED = `
a
  eth0 wire left 10.0.0.2/24
  default via 10.0.0.1
r forward
  eth0 wire left 10.0.0.1/24
  eth1 wire right 10.0.1.1/24 mtu 1400
  blackhole 10.9.0.0/16
  unreachable 10.8.0.0/16
b
  eth0 wire right 10.0.1.2/24
  default via 10.0.1.1
  listen tcp 80
  listen udp 53
`

describe('a router between two hosts', () => {
  const network = lab(ROUTED)

  it('forwards a SYN and its answer, a hop of TTL each', () => {
    const { conversation } = run(network, 'tcp a 10.0.1.2:80')
    expect(sightings(conversation)).toEqual([
      'a eth0 out: 10.0.0.2:1000 > 10.0.1.2:80 tcp SYN mss 1460, ttl 64, length 60 DF',
      'r eth0 in: 10.0.0.2:1000 > 10.0.1.2:80 tcp SYN mss 1460, ttl 64, length 60 DF',
      'r eth1 out: 10.0.0.2:1000 > 10.0.1.2:80 tcp SYN mss 1460, ttl 63, length 60 DF',
      'b eth0 in: 10.0.0.2:1000 > 10.0.1.2:80 tcp SYN mss 1460, ttl 63, length 60 DF',
      'delivered',
    ])
    expect(sightings(conversation, 1).at(-2)).toBe('a eth0 in: 10.0.1.2:80 > 10.0.0.2:1000 tcp SYN-ACK mss 1460, ttl 63, length 60 DF')
    expect(sightings(conversation, 2).at(-2)).toBe('b eth0 in: 10.0.0.2:1000 > 10.0.1.2:80 tcp ACK, ttl 63, length 52 DF')
    expect(said(conversation)).toBe('answered b 10.0.0.2:1000')
  })

  it.each([
    ['tcp a 10.0.1.2:81', 'rejected rst', 'refused ECONNREFUSED'],
    ['udp a 10.0.1.2:54', 'rejected port-unreachable', 'refused ECONNREFUSED'],
    ['udp a 10.0.1.2:53', 'delivered', 'answered b 10.0.0.2:1000'],
    ['icmp a 10.0.1.2', 'delivered', 'answered b 10.0.0.2'],
    ['tcp a 10.0.1.2:80 ttl=1', 'rejected ttl-exceeded', 'icmp-error EHOSTUNREACH'],
    ['udp a 10.0.1.2:53 ttl=1', 'rejected ttl-exceeded', 'icmp-error TIMEOUT'],
    ['tcp a 10.9.0.1:80', 'dropped blackhole', 'timeout TIMEOUT'],
    ['tcp a 10.8.0.1:80', 'rejected host-unreachable', 'icmp-error EHOSTUNREACH'],
    ['tcp a 172.16.0.1:80', 'rejected net-unreachable', 'icmp-error ENETUNREACH'],
    ['udp a 10.0.1.2:53 payload=1400', 'rejected fragmentation-needed', 'icmp-error EMSGSIZE'],
    ['udp a 10.0.1.2:53 payload=1400 nodf', 'delivered', 'answered b 10.0.0.2:1000'],
    ['udp a 10.0.1.2:53 payload=1500', 'not-sent', 'local-error EMSGSIZE'],
    ['tcp r 172.16.0.1:80', 'not-sent', 'local-error ENETUNREACH'],
    ['tcp a 10.0.0.77:80', 'rejected host-unreachable', 'icmp-error EHOSTUNREACH'],
    ['tcp a 10.0.0.77:80 timeout=2', 'rejected host-unreachable', 'timeout TIMEOUT'],
    ['tcp a 10.0.0.2:80', 'rejected rst', 'refused ECONNREFUSED'],
    ['tcp b 10.0.1.2:80', 'delivered', 'answered b 10.0.1.2:1000'],
    ['tcp b 127.0.0.1:80', 'delivered', 'answered b 127.0.0.1:1000'],
  ])('%s: %s, %s', (text, disposition, outcome) => {
    const { conversation } = run(network, text)
    expect(sightings(conversation).at(-1)).toBe(disposition)
    expect(said(conversation)).toBe(outcome)
  })

  it('cuts a datagram without DF to the smaller MTU', () => {
    const { conversation } = run(network, 'udp a 10.0.1.2:53 payload=1400 nodf')
    expect(sightings(conversation).slice(1, 3)).toEqual([
      'r eth0 in: 10.0.0.2:1000 > 10.0.1.2:53 udp 1400 bytes, ttl 64, length 1428',
      'r eth1 out: 10.0.0.2:1000 > 10.0.1.2:53 udp 1400 bytes, ttl 63, length 1396 frag 0+',
    ])
    expect(conversation.fidelity).toEqual(['later-fragments'])
  })

  it('quotes the packet with the TTL that it had when the error was made', () => {
    const { conversation } = run(network, 'udp a 10.0.1.2:53 ttl=1')
    const reply = conversation.connections[0]?.packets[1]
    expect(reply && packetLine(reply.sent)).toBe('10.0.0.1 > 10.0.0.2 icmp time exceeded, ttl 64, length 71')
    const quoted = reply?.sent.transport.kind === 'icmp-error' ? reply.sent.transport.quoted.ip.ttl : undefined
    expect(quoted).toBe(1)
  })

  it('remembers how long a neighbour has been asked for', () => {
    const first = run(network, 'tcp a 10.0.0.77:80 timeout=2')
    expect(first.runtime.now).toBe(2)
    const second = run(network, 'tcp a 10.0.0.77:80 timeout=2', first.runtime)
    expect(said(second.conversation)).toBe('icmp-error EHOSTUNREACH')
    expect(second.runtime.now).toBeCloseTo(3.05)
  })
})

describe('source checks', () => {
  const network = (flags: string) =>
    lab(`
a
  eth0 wire left 10.0.0.2/24
  lo1 dummy 10.5.0.1/32
  default via 10.0.0.1
r forward ${flags}
  eth0 wire left 10.0.0.1/24
  eth1 wire right 10.0.1.1/24
  10.5.0.0/16 via 10.0.1.2
b
  eth0 wire right 10.0.1.2/24
  default via 10.0.1.1
  listen tcp 80
`)
  it.each([
    ['rp_filter=0', 'delivered'],
    ['rp_filter=2', 'delivered'],
    ['rp_filter=1', 'dropped rp-filter'],
  ])('with %s a source whose way back is elsewhere is %s', (flags, disposition) => {
    const { conversation } = converse(network(flags), FRESH, { ...request('tcp a 10.0.1.2:80'), source: '10.5.0.1' as Ip }, seeded(1), {
      detail: 'full',
      walk: 'indexed',
    })
    expect(sightings(conversation).at(-1)).toBe(disposition)
  })

  it('an address that is not local cannot be bound', () => {
    const { conversation } = converse(network(''), FRESH, { ...request('tcp a 10.0.1.2:80'), source: '10.77.0.1' as Ip }, seeded(1), {
      detail: 'full',
      walk: 'indexed',
    })
    expect(said(conversation)).toBe('local-error EINVAL')
  })
})

const BRIDGED = (flags: string, rules: readonly string[]): string => `
a
  eth0 veth n.va 10.0.0.2/24
  default via 10.0.0.1
  listen tcp 80
b
  eth0 veth n.vb 10.0.0.3/24
  default via 10.0.0.1
  listen tcp 80
n forward ${flags}
  br0 bridge 10.0.0.1/24
  va veth a.eth0 master br0 hairpin
  vb veth b.eth0 master br0
${rules.map((rule) => `  ${rule}`).join('\n')}
`
const VIRTUAL = ['-t nat -A PREROUTING -d 10.96.0.1/32 -p tcp -j DNAT --to-destination 10.0.0.3:80', '-t filter -A FORWARD -j ACCEPT']

describe('a bridge', () => {
  it('switches frames of its ports without touching their TTL', () => {
    const { conversation } = run(lab(BRIDGED('', [])), 'tcp a 10.0.0.3:80')
    expect(sightings(conversation).map((s) => s.split(':')[0])).toEqual(['a eth0 out', 'n va in', 'n vb out', 'b eth0 in', 'delivered'])
  })

  it('translates bridged frames where bridge-nf is on: the host never sees them', () => {
    const { conversation } = run(lab(BRIDGED('', VIRTUAL)), 'tcp a 10.96.0.1:80')
    expect(sightings(conversation)).toEqual([
      'a eth0 out: 10.0.0.2:1000 > 10.96.0.1:80 tcp SYN mss 1460, ttl 64, length 60 DF',
      'n va in: 10.0.0.2:1000 > 10.96.0.1:80 tcp SYN mss 1460, ttl 64, length 60 DF',
      'n vb out: 10.0.0.2:1000 > 10.0.0.3:80 tcp SYN mss 1460, ttl 64, length 60 DF',
      'b eth0 in: 10.0.0.2:1000 > 10.0.0.3:80 tcp SYN mss 1460, ttl 64, length 60 DF',
      'delivered',
    ])
    expect(said(conversation)).toBe('answered b 10.0.0.2:1000')
  })

  it('routes them where it is off, and the answer goes home untranslated', () => {
    const { conversation } = run(lab(BRIDGED('bridge-nf=0', VIRTUAL)), 'tcp a 10.96.0.1:80')
    expect(sightings(conversation).map((s) => s.split(':')[0])).toEqual([
      'a eth0 out',
      'n va in',
      'n br0 in',
      'n br0 out',
      'n vb out',
      'b eth0 in',
      'delivered',
    ])
    expect(sightings(conversation, 1).at(-1)).toBe('rejected rst')
    expect(said(conversation)).toBe('timeout TIMEOUT')
  })

  it.each([
    ['a', 'delivered', 'answered a 10.0.0.1:1000'],
    ['b', 'dropped hairpin', 'timeout TIMEOUT'],
  ])('reflects a frame of %s only by a hairpin port: %s', (who, disposition, outcome) => {
    const to = who === 'a' ? '10.0.0.2' : '10.0.0.3'
    const rules = [
      `-t nat -A PREROUTING -d 10.96.0.1/32 -p tcp -j DNAT --to-destination ${to}:80`,
      `-t nat -A POSTROUTING -s ${to}/32 -d ${to}/32 -j MASQUERADE`,
    ]
    const { conversation } = run(lab(BRIDGED('', rules)), `tcp ${who} 10.96.0.1:80`)
    expect(sightings(conversation).at(-1)).toBe(disposition)
    expect(said(conversation)).toBe(outcome)
  })

  it('takes the slow path by its device while the neighbour is not known', () => {
    const { conversation } = run(lab(BRIDGED('', VIRTUAL)), 'tcp a 10.96.0.1:80', { ...FRESH, neighbours: new Map() })
    expect(sightings(conversation).map((s) => s.split(':')[0])).toEqual([
      'a eth0 out',
      'n va in',
      'n br0 out',
      'n vb out',
      'b eth0 in',
      'delivered',
    ])
  })
})

describe('netfilter on the way', () => {
  it.each([
    ['-t filter -A FORWARD -p tcp --dport 80 -j DROP', 'dropped rule', 'timeout TIMEOUT'],
    ['-t filter -P FORWARD DROP', 'dropped policy', 'timeout TIMEOUT'],
    ['-t filter -A FORWARD -j REJECT', 'rejected icmp-port-unreachable', 'refused ECONNREFUSED'],
    ['-t filter -A FORWARD -j REJECT --reject-with icmp-admin-prohibited', 'rejected icmp-admin-prohibited', 'icmp-error EHOSTUNREACH'],
    ['-t filter -A FORWARD -p tcp -j REJECT --reject-with tcp-reset', 'rejected tcp-reset', 'refused ECONNREFUSED'],
    ['-t raw -A PREROUTING -j DROP', 'dropped rule', 'timeout TIMEOUT'],
    ['-t nat -A POSTROUTING -o eth1 -j MASQUERADE', 'delivered', 'answered b 10.0.1.1:1000'],
    ['-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 99', 'rejected rst', 'refused ECONNREFUSED'],
    ['-t filter -A FORWARD -m conntrack --ctstate INVALID -j DROP', 'delivered', 'answered b 10.0.0.2:1000'],
  ])('%s: %s, %s', (rule, disposition, outcome) => {
    const { conversation } = run(lab(ROUTED.replace('  blackhole', `  ${rule}\n  blackhole`)), 'tcp a 10.0.1.2:80')
    expect(sightings(conversation).at(-1)).toBe(disposition)
    expect(said(conversation)).toBe(outcome)
  })

  it('leaves an entry only for what passed, and none when a reset was the only answer', () => {
    const tracked = (rule: string, text: string): unknown => {
      const { runtime } = run(lab(ROUTED.replace('  blackhole', `  ${rule}\n  blackhole`)), text)
      return [...(runtime.conntrack.get('r' as NetnsId)?.values() ?? [])].map(
        (e) => `${e.state ?? ''}${e.assured ? ' assured' : ''}${e.seenReply ? '' : ' unreplied'}`,
      )
    }
    expect(tracked('-t filter -A FORWARD -j ACCEPT', 'tcp a 10.0.1.2:80')).toEqual(['ESTABLISHED assured'])
    expect(tracked('-t filter -A FORWARD -j ACCEPT', 'tcp a 10.0.1.2:81')).toEqual([])
    expect(tracked('-t filter -A FORWARD -j DROP', 'tcp a 10.0.1.2:80')).toEqual([])
    expect(tracked('-t filter -A FORWARD -j ACCEPT', 'udp a 10.0.1.2:54')).toEqual([' unreplied'])
  })
})

const TUNNEL = `
n1 forward
  eth0 wire lan 192.168.0.1/24
  vx vxlan 1 192.168.0.1 10.1.0.0/32 mtu 1450 mac 0e:00:00:00:00:01 fdb 0e:00:00:00:00:02>192.168.0.2
  neigh 10.2.0.0 0e:00:00:00:00:02 vx
  10.2.0.0/24 via 10.2.0.0 dev vx
n2 forward
  eth0 wire lan 192.168.0.2/24
  vx vxlan 1 192.168.0.2 10.2.0.0/32 mtu 1450 mac 0e:00:00:00:00:02 fdb 0e:00:00:00:00:01>192.168.0.1
  neigh 10.1.0.0 0e:00:00:00:00:01 vx
  10.1.0.0/24 via 10.1.0.0 dev vx
  c0 dummy 10.2.0.1/24
  listen tcp 80
  REJECTION
`

describe('vxlan', () => {
  it('wraps the frame in a datagram of its own and unwraps it on the other side', () => {
    const { conversation } = run(lab(TUNNEL.replace('  REJECTION', '')), 'tcp n1 10.2.0.1:80')
    expect(sightings(conversation)).toEqual([
      'n1 vx out: 10.1.0.0:1000 > 10.2.0.1:80 tcp SYN mss 1410, ttl 64, length 60 DF',
      expect.stringMatching(
        /^n1 eth0 out: 192\.168\.0\.1:\d+ > 192\.168\.0\.2:8472 vxlan 1 \[10\.1\.0\.0:1000 > 10\.2\.0\.1:80 tcp SYN mss 1410, ttl 64, length 60 DF\], ttl 64, length 110$/,
      ),
      expect.stringMatching(/^n2 eth0 in: /),
      'n2 vx in: 10.1.0.0:1000 > 10.2.0.1:80 tcp SYN mss 1410, ttl 64, length 60 DF',
      'delivered',
    ])
    expect(said(conversation)).toBe('answered n2 10.1.0.0:1000')
  })

  it('is lost where its port is blocked', () => {
    const { conversation } = run(lab(TUNNEL.replace('REJECTION', '-t filter -A INPUT -p udp --dport 8472 -j DROP')), 'tcp n1 10.2.0.1:80')
    expect(sightings(conversation).at(-1)).toBe('dropped rule')
  })

  it('drops what its FDB does not know', () => {
    const { conversation } = run(
      lab(TUNNEL.replace('fdb 0e:00:00:00:00:02>192.168.0.2', '').replace('  REJECTION', '')),
      'tcp n1 10.2.0.1:80',
    )
    expect(sightings(conversation).at(-1)).toBe('dropped fdb')
  })
})

describe('what is not simulated', () => {
  it('ends a packet by name instead of guessing', () => {
    const { conversation } = run(lab(ROUTED), 'udp a 224.0.0.251:5353')
    expect(conversation.connections[0]?.packets[0]?.disposition).toMatchObject({
      kind: 'unsupported',
      what: 'multicast destination 224.0.0.251',
    })
    expect(said(conversation)).toBe('unsupported')
  })
})
