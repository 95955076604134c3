import { describe, expect, it } from 'vitest'
import { enumerate, seeded } from '../base/choose.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { DEFAULT_IPVS_SYSCTLS, type Ipvs, ipvsOf, type IpvsSysctls, type VirtualServer } from '../kernel/ipvs/ipvs.ts'
import { listConnections } from '../kernel/ipvs/print.ts'
import { NO_IPVS_STATE } from '../kernel/ipvs/state.ts'
import type { Network } from '../kernel/netns.ts'
import { KERNEL } from '../kernel/origin.ts'
import { FRESH, type Runtime } from '../kernel/runtime.ts'
import { type Ip, parseIp } from '../net/ip.ts'
import type { Protocol } from '../net/packet.ts'
import { lab } from '../walk/lab.ts'
import type { Conversation } from './conversation.ts'
import { converse } from './converse.ts'

/** A director between a client and three real servers, one of which is the director itself (8080). */
const NETWORK = lab(`
client
  eth0 wire left 10.0.0.2/24
  default via 10.0.0.1
other
  eth0 wire left 10.0.0.3/24
  default via 10.0.0.1
lb forward
  eth0 wire left 10.0.0.1/24
  eth1 wire right 10.0.1.1/24
  vip dummy 10.96.0.1/32
  listen tcp 8080
  -t nat -A POSTROUTING -m mark --mark 0x1 -j MASQUERADE
  -t filter -A FORWARD -p icmp -j ACCEPT
s1
  eth0 wire right 10.0.1.11/24
  default via 10.0.1.1
  listen tcp 80
  listen udp 53
s2
  eth0 wire right 10.0.1.12/24
  default via 10.0.1.1
  listen tcp 80
  listen udp 53
`)
const LB = 'lb' as NetnsId

/** `tcp 10.96.0.1:80 rr persistent 10 > 10.0.1.11:80 10.0.1.12:80*0` */
function virtualServer(text: string): VirtualServer {
  const [head = '', servers = ''] = text.split('>')
  const [protocol = '', socket = '', scheduler = '', , persistent] = head.trim().split(' ')
  const [address = '', port] = socket.split(':')
  return {
    protocol: protocol as VirtualServer['protocol'],
    address: address as Ip,
    port: Number(port),
    scheduler: scheduler as VirtualServer['scheduler'],
    ...(persistent !== undefined && { persistentSeconds: Number(persistent) }),
    realServers: servers
      .trim()
      .split(' ')
      .filter((one) => one !== '')
      .map((one) => {
        const [ip = '', rest = ''] = one.split(':')
        const [number = '', weight = '1'] = rest.split('*')
        return { address: ip as Ip, port: Number(number), weight: Number(weight), origin: KERNEL }
      }),
    graceful: true,
    origin: KERNEL,
  }
}

function withIpvs(servers: readonly string[], sysctls: Partial<IpvsSysctls> = {}): Network {
  const ipvs: Ipvs = ipvsOf(servers.map(virtualServer), { ...DEFAULT_IPVS_SYSCTLS, conntrack: true, ...sysctls })
  const lbs = NETWORK.netns(LB)
  const changed = lbs && { ...lbs, ipvs }
  return { ...NETWORK, netns: (id) => (id === LB ? changed : NETWORK.netns(id)) }
}

interface Asked {
  readonly from?: string
  readonly sport?: number
  readonly protocol?: Protocol
  readonly hold?: boolean
  readonly ttl?: number
  readonly payload?: number
}

function ask(network: Network, to: string, asked: Asked = {}, runtime: Runtime = FRESH, choose = seeded(1)) {
  const [address = '', port] = to.split(':')
  const destination = parseIp(address)
  if (!destination) throw new Error(`not an address: ${to}`)
  const request = {
    netns: (asked.from ?? 'client') as NetnsId,
    protocol: asked.protocol ?? ('tcp' as const),
    destination,
    ...(port !== undefined && { port: Number(port) }),
    sourcePort: asked.sport ?? 40001,
    timeout: 2,
    ...(asked.hold && { hold: true }),
    ...(asked.ttl !== undefined && { ttl: asked.ttl }),
    ...(asked.payload !== undefined && { payload: asked.payload }),
  }
  return converse(network, runtime, request, choose, { detail: 'full', walk: 'indexed' })
}

const said = ({ outcome }: Conversation): string =>
  [outcome.kind, outcome.errno, outcome.answeredBy, outcome.clientSeen].filter((part) => part !== undefined).join(' ')
/** Who answered each of several requests in a row. */
function inARow(network: Network, to: string, requests: readonly Asked[]): string {
  let runtime = FRESH
  return requests
    .map((asked) => {
      const done = ask(network, to, asked, runtime, () => 0)
      runtime = done.runtime
      return done.conversation.outcome.answeredBy ?? done.conversation.outcome.kind
    })
    .join(' ')
}
const times = (count: number, asked: Asked = {}): readonly Asked[] =>
  Array.from({ length: count }, (_, i) => ({ sport: 40001 + i, ...asked }))
const connections = ({ ipvs, now }: Runtime): readonly string[] =>
  listConnections(ipvs.get(LB) ?? NO_IPVS_STATE, now)
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.replace(/\s+/g, ' '))

const WEB = 'tcp 10.96.0.1:80 rr > 10.0.1.11:80 10.0.1.12:80'

describe('requests through a director', () => {
  it.each<[string, readonly string[], string, Asked, string]>([
    ['reach a real server, which sees the client', [WEB], '10.96.0.1:80', {}, 'answered s1 10.0.0.2:40001'],
    ['reach the director itself', ['tcp 10.96.0.1:80 rr > 10.0.1.1:8080'], '10.96.0.1:80', {}, 'answered lb 10.0.0.2:40001'],
    ['of the director come from the service’s own address', [WEB], '10.96.0.1:80', { from: 'lb' }, 'answered s1 10.96.0.1:40001'],
    ['find nobody', ['tcp 10.96.0.1:80 rr > 10.0.1.11:80*0'], '10.96.0.1:80', {}, 'refused ECONNREFUSED'],
    ['find an empty service', ['tcp 10.96.0.1:80 sh >'], '10.96.0.1:80', {}, 'refused ECONNREFUSED'],
    ['to another port are nobody’s', [WEB], '10.96.0.1:81', {}, 'refused ECONNREFUSED'],
    ['are datagrams', ['udp 10.96.0.1:53 rr > 10.0.1.12:53'], '10.96.0.1:53', { protocol: 'udp' }, 'answered s2 10.0.0.2:40001'],
    ['of a ping are answered by the director', [WEB], '10.96.0.1', { protocol: 'icmp' }, 'answered lb 10.0.0.2'],
    ['lose a hop', [WEB], '10.96.0.1:80', { ttl: 1 }, 'icmp-error EHOSTUNREACH'],
    ['have no route', ['tcp 10.96.0.1:80 rr > 10.7.0.1:80'], '10.96.0.1:80', {}, 'icmp-error EHOSTUNREACH'],
    ['meet a closed port', ['tcp 10.96.0.1:80 rr > 10.0.1.11:81'], '10.96.0.1:80', {}, 'refused ECONNREFUSED'],
    ['meet a closed datagram port', ['udp 10.96.0.1:53 rr > 10.0.1.11:54'], '10.96.0.1:53', { protocol: 'udp' }, 'refused ECONNREFUSED'],
  ])('%s', (_, servers, to, asked, expected) => {
    const { conversation } = ask(withIpvs(servers), to, asked, FRESH, () => 0)
    expect(said(conversation)).toBe(expected)
  })

  it('cost one hop of TTL, and none when the director serves', () => {
    const ttl = (servers: string): number | undefined => {
      const end = ask(withIpvs([servers]), '10.96.0.1:80').conversation.connections[0]?.packets[0]?.disposition
      return end?.kind === 'delivered' ? end.packet.ip.ttl : undefined
    }
    expect([ttl(WEB), ttl('tcp 10.96.0.1:80 rr > 10.0.1.1:8080')]).toEqual([63, 64])
  })

  it('are forked by chance once, with equal weights', () => {
    const network = withIpvs(['tcp 10.96.0.1:80 rr > 10.0.1.11:80 10.0.1.12:80 10.0.1.1:8080'])
    const { paths, complete } = enumerate((choose) => ask(network, '10.96.0.1:80', {}, FRESH, choose).conversation, 100)
    const by = paths.map(({ value, probability }) => `${value.outcome.answeredBy} ${probability.toFixed(3)}`)
    expect([complete, by.sort()]).toEqual([true, ['lb 0.333', 's1 0.333', 's2 0.333']])
  })
})

describe('one request after the other', () => {
  it.each<[string, string, readonly Asked[], string]>([
    ['rr takes turns', WEB, times(4), 's1 s2 s1 s2'],
    ['lc gives to whom has less', 'tcp 10.96.0.1:80 lc > 10.0.1.11:80 10.0.1.12:80', times(3, { hold: true }), 's1 s2 s1'],
    [
      'lc counts closed ones for little',
      'tcp 10.96.0.1:80 lc > 10.0.1.11:80 10.0.1.12:80',
      [{ sport: 1, hold: true }, ...times(3)],
      's1 s2 s2 s2',
    ],
    ['nq takes an idle one', 'tcp 10.96.0.1:80 nq > 10.0.1.11:80 10.0.1.12:80', times(2, { hold: true }), 's1 s2'],
    ['sed looks at open ones only', 'tcp 10.96.0.1:80 sed > 10.0.1.11:80 10.0.1.12:80', times(3), 's1 s1 s1'],
    ['sh keeps a client, whatever its port', 'tcp 10.96.0.1:80 sh > 10.0.1.11:80 10.0.1.12:80', times(3), 's1 s1 s1'],
    ['persistence keeps a client', 'tcp 10.96.0.1:80 rr persistent 60 > 10.0.1.11:80 10.0.1.12:80', times(3), 's1 s1 s1'],
    [
      'persistence is for one client at a time',
      'tcp 10.96.0.1:80 rr persistent 60 > 10.0.1.11:80 10.0.1.12:80',
      [{ sport: 1 }, { sport: 2, from: 'other' }, { sport: 3 }, { sport: 4, from: 'other' }],
      's1 s2 s1 s2',
    ],
    ['the same ports again are scheduled anew once the connection is closed', WEB, [{ sport: 1 }, { sport: 1 }], 's1 s2'],
    ['the same ports again are the same connection while it is held', WEB, [{ sport: 1, hold: true }, { sport: 1 }], 's1 s1'],
  ])('%s', (_, server, requests, expected) => {
    expect(inARow(withIpvs([server]), '10.96.0.1:80', requests)).toBe(expected)
  })

  it('datagrams from one port stay with one server', () => {
    const network = withIpvs(['udp 10.96.0.1:53 rr > 10.0.1.11:53 10.0.1.12:53'])
    const same: Asked = { protocol: 'udp', sport: 5353 }
    expect(inARow(network, '10.96.0.1:53', [same, same, { protocol: 'udp', sport: 5354 }])).toBe('s1 s1 s2')
  })

  it('persistence ends with its time', () => {
    const network = withIpvs(['tcp 10.96.0.1:80 rr persistent 60 > 10.0.1.11:80 10.0.1.12:80'])
    const first = ask(network, '10.96.0.1:80', { sport: 1 }, FRESH, () => 0)
    const after = (seconds: number): string | undefined =>
      ask(network, '10.96.0.1:80', { sport: 2 }, { ...first.runtime, now: first.runtime.now + seconds }).conversation.outcome.answeredBy
    // The connection made from the template lives on in TIME_WAIT, and the template with it.
    expect([after(59), after(1000)]).toEqual(['s1', 's2'])
  })

  it('a server taken out keeps its connections and gets no new ones', () => {
    const before = withIpvs([WEB])
    const held = ask(before, '10.96.0.1:80', { sport: 1, hold: true }, FRESH, () => 0)
    const after = withIpvs(['tcp 10.96.0.1:80 rr > 10.0.1.12:80'])
    const next = ask(after, '10.96.0.1:80', { sport: 2 }, held.runtime)
    const again = ask(after, '10.96.0.1:80', { sport: 3 }, next.runtime)
    expect([next, again].map(({ conversation }) => conversation.outcome.answeredBy)).toEqual(['s2', 's2'])
    expect(
      next.runtime.ipvs
        .get(LB)
        ?.services.get('tcp 10.96.0.1:80')
        ?.servers.map(({ weight, active }) => `${weight} ${active}`),
    ).toEqual(['0 1', '1 1'])
  })
})

describe('what is left behind', () => {
  it.each<[string, string, Asked, readonly string[]]>([
    ['an open connection', WEB, {}, ['TCP 15:00 ESTABLISHED 10.0.0.2:40001 10.96.0.1:80 10.0.1.11:80']],
    ['one that was refused', 'tcp 10.96.0.1:80 rr > 10.0.1.11:81', {}, ['TCP 00:10 CLOSE 10.0.0.2:40001 10.96.0.1:80 10.0.1.11:81']],
    ['one that died on its way', WEB, { ttl: 1 }, ['TCP 01:00 SYN_RECV 10.0.0.2:40001 10.96.0.1:80 10.0.1.11:80']],
    [
      'one with its template',
      'tcp 10.96.0.1:80 rr persistent 90 > 10.0.1.11:80',
      {},
      ['TCP 01:30 ASSURED 10.0.0.2:0 10.96.0.1:80 10.0.1.11:80', 'TCP 15:00 ESTABLISHED 10.0.0.2:40001 10.96.0.1:80 10.0.1.11:80'],
    ],
    ['nothing, where nobody takes it', 'tcp 10.96.0.1:80 rr >', {}, []],
  ])('%s', (_, server, asked, expected) => {
    expect(connections(ask(withIpvs([server]), '10.96.0.1:80', asked, FRESH, () => 0).runtime)).toEqual(expected)
  })

  it('conntrack follows the connection as if it had been DNATed, and only with vs/conntrack', () => {
    const entries = (conntrack: boolean): readonly string[] => {
      const { runtime } = ask(withIpvs([WEB], { conntrack }), '10.96.0.1:80', {}, FRESH, () => 0)
      return [...(runtime.conntrack.get(LB)?.values() ?? [])].map(
        ({ original, reply }) => `${original.destination}:${original.destinationPort} ${reply.source}:${reply.sourcePort}`,
      )
    }
    expect([entries(true), entries(false)]).toEqual([['10.96.0.1:80 10.0.1.11:80'], []])
  })

  it('what-ifs leave nothing: the runtime that came in is as it was', () => {
    const before = ask(withIpvs([WEB]), '10.96.0.1:80').runtime
    const copy = JSON.stringify([...before.ipvs].map(([id, state]) => [id, [...state.connections], [...state.services]]))
    ask(withIpvs([WEB]), '10.96.0.1:80', { sport: 2 }, before)
    expect(JSON.stringify([...before.ipvs].map(([id, state]) => [id, [...state.connections], [...state.services]]))).toBe(copy)
  })
})

describe('a real server that is gone', () => {
  const gone = (expireNodestConn: boolean): string => {
    const first = ask(withIpvs([WEB]), '10.96.0.1:80', { sport: 1, hold: true }, FRESH, () => 0)
    const server = { ...virtualServer('tcp 10.96.0.1:80 rr > 10.0.1.12:80'), graceful: false }
    const lbs = NETWORK.netns(LB)
    const changed = lbs && { ...lbs, ipvs: ipvsOf([server], { ...DEFAULT_IPVS_SYSCTLS, conntrack: true, expireNodestConn }) }
    const network: Network = { ...NETWORK, netns: (id) => (id === LB ? changed : NETWORK.netns(id)) }
    // The same ports: the connection is still known, its server is not.
    const second = ask(network, '10.96.0.1:80', { sport: 1 }, first.runtime)
    const third = ask(network, '10.96.0.1:80', { sport: 1 }, second.runtime)
    return [second, third].map(({ conversation }) => conversation.outcome.answeredBy ?? conversation.outcome.kind).join(', ')
  }

  it.each([
    [true, 'timeout, s2'],
    [false, 'timeout, timeout'],
  ])('vs/expire_nodest_conn %s: %s', (expire, expected) => {
    expect(gone(expire)).toBe(expected)
  })
})
