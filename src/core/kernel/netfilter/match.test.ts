import { expect, test } from 'vitest'
import { type Ip, parseIp } from '../../net/ip.ts'
import type { Mac } from '../../net/mac.ts'
import type { IpHeader, Packet, Transport } from '../../net/packet.ts'
import type { NetnsId } from '../interface.ts'
import type { ConntrackEntry } from './conntrack-entry.ts'
import type { IpSet } from './ipset.ts'
import { testsOf } from './match.ts'
import { type Environment, Probe, type RuleContext } from './probe.ts'
import { recentLists } from './recent.ts'
import { parseRule } from './restore.ts'
import { parseCidr } from '../../net/cidr.ts'

const ip = (text: string): Ip => {
  const address = parseIp(text)
  if (!address) throw new Error(text)
  return address
}
const prefix = (text: string) => {
  const parsed = parseCidr(text)
  if (!parsed) throw new Error(text)
  return parsed
}

const packet = (over: Partial<IpHeader>, transport: Transport): Packet => ({
  ip: { source: ip('10.244.0.5'), destination: ip('10.96.0.10'), ttl: 63, protocol: 'tcp', length: 60, id: 1, dontFragment: true, ...over },
  transport,
})
const SYN = packet({}, { kind: 'tcp', sourcePort: 40000, destinationPort: 80, flags: 'S', sequence: 1, acknowledgment: 0 })
const ACK = packet({}, { kind: 'tcp', sourcePort: 40000, destinationPort: 80, flags: 'A', sequence: 1, acknowledgment: 1 })
const DNS = packet({ protocol: 'udp', length: 43 }, { kind: 'udp', sourcePort: 40000, destinationPort: 53, length: 23 })
const PING = packet({ protocol: 'icmp' }, { kind: 'icmp-echo', type: 8, code: 0, id: 7, sequence: 1 })
const LATER = packet({ protocol: 'udp', fragmentOffset: 1480 }, { kind: 'udp', sourcePort: 40000, destinationPort: 53, length: 23 })
const TO_ALL = packet(
  { protocol: 'udp', destination: ip('255.255.255.255') },
  { kind: 'udp', sourcePort: 68, destinationPort: 67, length: 23 },
)

const tuple = { source: ip('10.244.0.5'), sourcePort: 40000, destination: ip('10.96.0.10'), destinationPort: 80, protocol: 'tcp' as const }
const answered: ConntrackEntry = {
  original: tuple,
  reply: { source: ip('10.244.1.9'), sourcePort: 8080, destination: ip('10.244.0.5'), destinationPort: 40000, protocol: 'tcp' },
  state: 'ESTABLISHED',
  seenReply: true,
  assured: true,
  mark: 0x1f,
  sourceNatDone: true,
  destinationNatDone: true,
}
const CT = { state: 'ESTABLISHED', direction: 'original', mark: 0x1f, entry: answered } as const

const SETS = new Map<string, IpSet>([
  ['ips', { name: 'ips', type: 'hash:ip', members: [{ ip: ip('10.96.0.10') }] }],
  ['nets', { name: 'nets', type: 'hash:net', members: [{ net: prefix('10.96.0.0/12') }, { net: prefix('10.96.0.0/24'), nomatch: true }] }],
  [
    'ip-ports',
    { name: 'ip-ports', type: 'hash:ip,port', members: [{ ip: ip('10.96.0.10'), protocol: 'tcp', port: { from: 80, to: 80 } }] },
  ],
  [
    'ip-port-ips',
    {
      name: 'ip-port-ips',
      type: 'hash:ip,port,ip',
      members: [{ ip: ip('10.96.0.10'), protocol: 'tcp', port: { from: 80, to: 80 }, second: ip('10.244.0.5') }],
    },
  ],
  [
    'ip-port-nets',
    {
      name: 'ip-port-nets',
      type: 'hash:ip,port,net',
      members: [{ ip: ip('10.96.0.10'), protocol: 'tcp', port: { from: 80, to: 80 }, second: prefix('10.244.0.0/24') }],
    },
  ],
  ['ports', { name: 'ports', type: 'bitmap:port', members: [{ port: { from: 80, to: 90 } }] }],
])

const environment = (draws: number[] = []): Environment => ({
  netns: 'node-1' as NetnsId,
  sets: SETS,
  addressType: (address, dev) => (address === '10.96.0.10' && (dev === undefined || dev === 'eth0') ? 'LOCAL' : 'UNICAST'),
  recent: recentLists(new Map()).in('node-1', 0),
  choose: () => draws.shift() ?? 0,
  detail: 'full',
  walk: 'linear',
  limit: 100,
})

function matches(options: string, on: Packet, context: Partial<RuleContext> = {}, draws?: number[]): boolean {
  const parsed = parseRule(`-A FORWARD ${options}`, { agent: 'admin' })
  if (!parsed.ok) throw new Error(parsed.error.message)
  const probe = new Probe({ packet: on, in: 'cni0', out: 'eth0', mark: 0x4001, ct: CT, ...context }, environment(draws), 'filter')
  return testsOf(parsed.value.rule).every((match) => match.holds(probe))
}

test.each<[string, Packet, boolean]>([
  ['-s 10.244.0.5', SYN, true],
  ['-s 10.244.0.6', SYN, false],
  ['! -s 10.244.0.6', SYN, true],
  ['-d 10.96.0.0/12', SYN, true],
  ['! -d 10.96.0.0/12', SYN, false],
  ['-d 10.112.0.0/12', SYN, false],
  ['-i cni0', SYN, true],
  ['-i cni+ -o eth+', SYN, true],
  ['! -i cni+', SYN, false],
  ['-i cni', SYN, false],
  ['-p tcp', SYN, true],
  ['-p 6', SYN, true],
  ['-p 47', SYN, false],
  ['! -p 47', SYN, true],
  ['-p tcp --dport 80', SYN, true],
  ['-p tcp --dport 79:81 --sport 1024:', SYN, true],
  ['-p tcp ! --dport 80', SYN, false],
  ['-p tcp ! --dport 81:90', SYN, true],
  ['-p udp --dport 53', LATER, false],
  ['-p udp ! --dport 54', LATER, false],
  ['-f', LATER, true],
  ['-f', DNS, false],
  ['! -f', DNS, true],
  ['-p tcp --syn', SYN, true],
  ['-p tcp --syn', ACK, false],
  ['-p tcp ! --syn', ACK, true],
  ['-p tcp --tcp-flags SYN,RST SYN', SYN, true],
  ['-p tcp --tcp-flags ALL NONE', SYN, false],
  ['-p tcp --tcp-flags ACK,FIN ACK', ACK, true],
  ['-p tcp -m multiport --dports 22,80:90', SYN, true],
  ['-p tcp -m multiport --sports 22,80:90', SYN, false],
  ['-p tcp -m multiport --ports 40000', SYN, true],
  ['-p tcp -m multiport ! --dports 22,443', SYN, true],
  ['-p icmp --icmp-type echo-request', PING, true],
  ['-p icmp --icmp-type 8/1', PING, false],
  ['-p icmp --icmp-type any', PING, true],
  ['-p icmp ! --icmp-type 0', PING, true],
  ['-m iprange --src-range 10.244.0.1-10.244.0.9', SYN, true],
  ['-m iprange ! --dst-range 10.96.0.0-10.96.0.9', SYN, true],
  ['-m length --length 60', SYN, true],
  ['-m length --length 61:', SYN, false],
  ['-m length ! --length :59', SYN, true],
  ['-m ttl --ttl-eq 63', SYN, true],
  ['-m ttl ! --ttl-eq 63', SYN, false],
  ['-m ttl --ttl-gt 63', SYN, false],
  ['-m ttl --ttl-lt 64', SYN, true],
  ['-m pkttype --pkt-type broadcast', TO_ALL, true],
  ['-m pkttype --pkt-type unicast', SYN, true],
  ['-m pkttype ! --pkt-type multicast', SYN, true],
  ['-m limit --limit 1/day', SYN, true],
  ['-m comment --comment "says nothing"', SYN, true],
  ['-m mark --mark 0x4000/0x4000', SYN, true],
  ['-m mark --mark 0x4000', SYN, false],
  ['-m mark ! --mark 0x1/0x1', SYN, false],
  ['-m mark --mark 0x5/0x1', SYN, false],
  ['-m connmark --mark 0x1f', SYN, true],
  ['-m connmark ! --mark 0x10/0x10', SYN, false],
])('%s', (options, on, expected) => {
  expect(matches(options, on)).toBe(expected)
})

test.each<[string, Partial<RuleContext>, boolean]>([
  ['-m conntrack --ctstate RELATED,ESTABLISHED', {}, true],
  ['-m conntrack ! --ctstate ESTABLISHED', {}, false],
  ['-m conntrack --ctstate DNAT', {}, true],
  ['-m conntrack --ctstate SNAT', {}, false],
  ['-m conntrack ! --ctstate RELATED,DNAT', {}, false],
  ['-m state --state ESTABLISHED', {}, true],
  ['-m conntrack --ctstatus SEEN_REPLY', {}, true],
  ['-m conntrack ! --ctstatus ASSURED', {}, false],
  ['-m conntrack --ctstatus EXPECTED', {}, false],
  ['-m conntrack --ctstatus NONE', {}, false],
  ['-m conntrack --ctorigdst 10.96.0.0/12', {}, true],
  ['-m conntrack --ctorigsrc 10.244.0.5', {}, true],
  ['-m conntrack --ctreplsrc 10.244.1.9', {}, true],
  ['-m conntrack ! --ctrepldst 10.244.0.5', {}, false],
  ['-m conntrack --ctorigdstport 80:81', {}, true],
  ['-m conntrack ! --ctorigdstport 80', {}, false],
  ['-m conntrack --ctdir ORIGINAL', {}, true],
  ['-m conntrack --ctdir REPLY', {}, false],
  ['-m conntrack --ctstate INVALID', { ct: { state: 'INVALID', direction: 'original', mark: 0 } }, true],
  ['-m conntrack --ctstate UNTRACKED', { ct: { state: 'UNTRACKED', direction: 'original', mark: 0 } }, true],
  // Without a connection an inverted condition does not hold either, unless a state in the same -m has already decided.
  ['-m conntrack ! --ctorigdst 1.1.1.1', { ct: { state: 'INVALID', direction: 'original', mark: 0 } }, false],
  ['-m conntrack --ctstate INVALID --ctorigdst 1.1.1.1', { ct: { state: 'INVALID', direction: 'original', mark: 0 } }, true],
  ['-m conntrack --ctstate INVALID -m conntrack --ctorigdst 1.1.1.1', { ct: { state: 'INVALID', direction: 'original', mark: 0 } }, false],
  ['-m connmark ! --mark 1', { ct: { state: 'INVALID', direction: 'original', mark: 0 } }, false],
  ['-m addrtype --dst-type LOCAL', {}, true],
  ['-m addrtype --dst-type LOCAL,BROADCAST ! --src-type LOCAL', {}, true],
  ['-m addrtype --dst-type LOCAL --limit-iface-out', {}, true],
  ['-m addrtype --dst-type LOCAL --limit-iface-in', {}, false],
  ['-m mac --mac-source 0a:58:0a:f4:00:05', { sourceMac: '0a:58:0a:f4:00:05' as Mac }, true],
  ['-m mac ! --mac-source 0a:58:0a:f4:00:05', {}, false],
  ['-m set --match-set ips dst', {}, true],
  ['-m set --match-set ips src', {}, false],
  ['-m set ! --match-set ips src', {}, true],
  ['-m set --match-set nets dst', {}, false],
  ['-m set --match-set ip-ports dst,dst', {}, true],
  ['-m set --match-set ip-ports dst,src', {}, false],
  ['-m set --match-set ip-port-ips dst,dst,src', {}, true],
  ['-m set --match-set ip-port-nets dst,dst,src', {}, true],
  ['-m set --match-set ip-port-nets dst,dst,dst', {}, false],
  ['-m set --match-set ports dst', {}, true],
  ['-m physdev --physdev-is-in', {}, false],
  ['-m physdev ! --physdev-is-in', {}, true],
  ['-m physdev --physdev-in veth+', { physIn: 'veth1' }, true],
  ['-m physdev ! --physdev-in veth1', { physIn: 'veth1' }, false],
  ['-m physdev --physdev-is-bridged', { physIn: 'veth1', physOut: 'veth2' }, true],
  ['-m physdev ! --physdev-is-bridged', { physIn: 'veth1' }, true],
  ['-m physdev --physdev-is-in --physdev-out veth2', { physIn: 'veth1', physOut: 'veth2' }, true],
  ['-m ipvs --vaddr 10.96.0.10', {}, false],
  ['-m statistic --mode nth --every 3 --packet 0', {}, true],
  ['-m statistic --mode nth --every 3 --packet 1', {}, false],
  ['-m statistic --mode random --probability 1', {}, true],
  ['-m statistic --mode random --probability 0', {}, false],
])('%s (what the kernel knows besides the packet)', (options, context, expected) => {
  expect(matches(options, SYN, context)).toBe(expected)
})

test('chance is asked only when it is open, and only behind matches that held', () => {
  expect(matches('-m statistic --mode random --probability 0.5', SYN, {}, [0])).toBe(true)
  expect(matches('-m statistic --mode random --probability 0.5', SYN, {}, [1])).toBe(false)
  expect(matches('-m statistic --mode random ! --probability 0.5', SYN, {}, [1])).toBe(true)
  const untouched = [1]
  expect(matches('-p udp -m statistic --mode random --probability 0.5', SYN, {}, untouched)).toBe(false)
  expect(untouched).toEqual([1])
})
