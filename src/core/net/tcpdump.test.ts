import { describe, expect, it } from 'vitest'
import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import type { Packet, Transport } from './packet.ts'
import { packetLine } from './tcpdump.ts'

const packet = (transport: Transport, ip: Partial<Packet['ip']> = {}): Packet => ({
  ip: {
    source: '10.244.0.5' as Ip,
    destination: '10.244.1.7' as Ip,
    ttl: 64,
    protocol: transport.kind === 'icmp-echo' || transport.kind === 'icmp-error' ? 'icmp' : transport.kind,
    length: 60,
    id: 1,
    dontFragment: false,
    ...ip,
  },
  transport,
})

const syn: Transport = { kind: 'tcp', sourcePort: 40001, destinationPort: 80, flags: 'S', sequence: 1, acknowledgment: 0, mss: 1410 }
const datagram: Transport = { kind: 'udp', sourcePort: 40001, destinationPort: 53, length: 23 }
const tunnel: Transport = {
  kind: 'udp',
  sourcePort: 5,
  destinationPort: 8472,
  length: 90,
  vxlan: {
    vni: 1,
    frame: { ethernet: { source: '0e:f1:0a:f4:00:00' as Mac, destination: '0e:f1:0a:f4:01:00' as Mac }, packet: packet(datagram) },
  },
}

describe('one line per packet', () => {
  it.each<[string, Packet]>([
    ['10.244.0.5:40001 > 10.244.1.7:80 tcp SYN mss 1410, ttl 64, length 60 DF', packet(syn, { dontFragment: true })],
    [
      '10.244.0.5:40001 > 10.244.1.7:80 tcp RST-ACK, ttl 64, length 40',
      packet({ kind: 'tcp', sourcePort: 40001, destinationPort: 80, flags: 'RA', sequence: 0, acknowledgment: 2 }, { length: 40 }),
    ],
    ['10.244.0.5:40001 > 10.244.1.7:53 udp 15 bytes, ttl 64, length 60', packet(datagram)],
    [
      '10.244.0.5:9 > 10.244.1.7:10 sctp INIT, ttl 64, length 60',
      packet({ kind: 'sctp', sourcePort: 9, destinationPort: 10, chunk: 'INIT' }),
    ],
    [
      '10.244.0.5 > 10.244.1.7 icmp echo request id 7, ttl 1, length 60',
      packet({ kind: 'icmp-echo', type: 8, code: 0, id: 7, sequence: 1 }, { ttl: 1 }),
    ],
    [
      '10.244.0.5 > 10.244.1.7 icmp fragmentation needed mtu 1450, ttl 64, length 60',
      packet({ kind: 'icmp-error', type: 3, code: 4, mtu: 1450, quoted: packet(datagram) }),
    ],
    ['10.244.0.5 > 10.244.1.7 icmp 3/12, ttl 64, length 60', packet({ kind: 'icmp-error', type: 3, code: 12, quoted: packet(datagram) })],
    ['10.244.0.5:40001 > 10.244.1.7:53 udp 15 bytes, ttl 64, length 60 frag 0+', packet(datagram, { moreFragments: true })],
    [
      '10.244.0.5:5 > 10.244.1.7:8472 vxlan 1 [10.244.0.5:40001 > 10.244.1.7:53 udp 15 bytes, ttl 64, length 60], ttl 64, length 60',
      packet(tunnel),
    ],
  ])('%s', (line, given) => {
    expect(packetLine(given)).toBe(line)
  })
})
