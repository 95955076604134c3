import type { NetnsId } from '../../core/kernel/interface.ts'
import type { Hook, TableName } from '../../core/kernel/netfilter/ruleset.ts'
import type { Step } from '../../core/kernel/step.ts'
import type { Ip } from '../../core/net/ip.ts'
import type { Mac } from '../../core/net/mac.ts'
import type { Packet } from '../../core/net/packet.ts'
import type { Disposition, PacketTrace } from '../../core/walk/trace.ts'

/** `10.244.0.2:40000 > 10.96.0.10:80` as a SYN; a first pair in brackets, `[192.168.1.11 > 192.168.1.12] …`, is a tunnel around it. */
export function syn(text: string): Packet {
  const [, outerSource, outerDestination, source = '', sourcePort, destination = '', destinationPort] =
    /^(?:\[(\S+) > (\S+)\] )?([\d.]+):(\d+) > ([\d.]+):(\d+)$/.exec(text) ?? []
  const inner: Packet = {
    ip: header(source, destination, 'tcp', 60),
    transport: { kind: 'tcp', sourcePort: Number(sourcePort), destinationPort: Number(destinationPort), flags: 'S', sequence: 0, acknowledgment: 0 },
  }
  if (outerSource === undefined || outerDestination === undefined) return inner
  const ethernet = { source: 'aa:00:00:00:00:01' as Mac, destination: 'aa:00:00:00:00:02' as Mac }
  const vxlan = { vni: 1, frame: { ethernet, packet: inner } }
  return { ip: header(outerSource, outerDestination, 'udp', 110), transport: { kind: 'udp', sourcePort: 51000, destinationPort: 8472, length: 90, vxlan } }
}

const header = (source: string, destination: string, protocol: 'tcp' | 'udp', length: number): Packet['ip'] => ({
  source: source as Ip,
  destination: destination as Ip,
  ttl: 64,
  protocol,
  length,
  id: 1,
  dontFragment: true,
})

/**
 * A trace as text. A line that begins with `@` enters a namespace: `@p-default-web-1 in=eth0 out=veth1`. Other lines are steps: `send PACKET`, `receive DEV`,
 * `chain nat PREROUTING`, `nat PACKET`, `route input`, `bridge cni0`, `encapsulate flannel.1 PACKET`, `socket OWNER`, `drop REASON`. Steps repeat the
 * packet of the step before unless they name one.
 */
export function trace(text: string, disposition?: Disposition, direction: PacketTrace['direction'] = 'original'): PacketTrace {
  const hops: { netns: NetnsId; in?: string; out?: string; steps: Step[] }[] = []
  let packet = syn('0.0.0.0:0 > 0.0.0.0:0')
  let sent: Packet | undefined
  for (const line of text.split('\n').map((each) => each.trim()).filter(Boolean)) {
    if (line.startsWith('@')) {
      const [netns = '', ...ends] = line.slice(1).split(' ')
      hops.push({ netns: netns as NetnsId, ...Object.fromEntries(ends.map((end) => end.split('='))), steps: [] })
      continue
    }
    const named = /((?:\[.*\] )?[\d.]+:\d+ > [\d.]+:\d+)$/.exec(line)?.[1]
    if (named !== undefined) packet = syn(named)
    sent ??= packet
    hops.at(-1)?.steps.push(step(line.split(' '), packet))
  }
  const netns = hops[0]?.netns ?? ('' as NetnsId)
  return { direction, netns, sent: sent ?? packet, hops, disposition: disposition ?? { kind: 'delivered', netns: hops.at(-1)?.netns ?? netns, packet }, fidelity: [] }
}

const tuple = { source: '0.0.0.0' as Ip, sourcePort: 0, destination: '0.0.0.0' as Ip, destinationPort: 0, protocol: 'tcp' as const }

function step([kind, a = '', b = '']: readonly string[], packet: Packet): Step {
  switch (kind) {
    case 'send':
      return { kind, by: a === 'kernel' ? 'kernel' : 'socket', packet }
    case 'receive':
    case 'transmit':
      return { kind, dev: a, packet }
    case 'bridge':
      return { kind, bridge: a, port: '', destination: '' as Mac, action: 'up', ports: [] }
    case 'conntrack':
      return { kind, hook: a as Hook, state: 'NEW', direction: 'original', created: true }
    case 'chain':
      return { kind, family: 'ip', table: a as TableName, chain: b as Hook, hook: b as Hook, priority: 0, packet, rules: [], verdict: 'ACCEPT' }
    case 'nat':
      return { kind, hook: a as Hook, manip: 'destination', from: tuple, to: tuple, by: 'rule', packet }
    case 'route':
      return { kind, purpose: a as 'input' | 'output' | 'error', destination: packet.ip.destination, result: 'forward', rejected: [] }
    case 'forward':
      return { kind, ttl: { from: 64, to: 63 }, packet }
    case 'neighbour':
      return { kind, dev: a, ip: packet.ip.destination, how: 'cached' }
    case 'encapsulate':
      return { kind, dev: a, vni: 1, remote: packet.ip.destination, inner: '' as Mac, packet }
    case 'decapsulate':
      return { kind, dev: a, vni: 1, packet }
    case 'socket':
      return { kind, protocol: 'tcp', ip: packet.ip.destination, port: 80, ...(a === '' ? {} : { owner: a }), packet }
    case 'reject':
      return { kind, with: 'icmp-port-unreachable', reply: packet }
    case 'drop':
      return { kind, reason: 'rule' }
    default:
      throw new Error(`no step is called ${kind}`)
  }
}
