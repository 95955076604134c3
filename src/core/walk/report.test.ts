import { describe, expect, it } from 'vitest'
import type { NetnsId } from '../kernel/interface.ts'
import type { Step } from '../kernel/step.ts'
import type { Ip } from '../net/ip.ts'
import type { Mac } from '../net/mac.ts'
import type { Packet } from '../net/packet.ts'
import { sequenceDiagram } from './mermaid.ts'
import { markdownReport, type ReportWords } from './report.ts'
import type { PacketTrace } from './trace.ts'

const words: ReportWords = {
  place: (netns) => `place ${netns}`,
  explain: ({ key, params }) => `${key}(${params['to'] ?? params['reason'] ?? ''})`,
  story: (clauses) => clauses.map(({ key }) => key).join(', '),
  heading: (key) => key.toUpperCase(),
}
const packet = (destination: string, ttl = 64): Packet => ({
  ip: { source: '10.0.0.2' as Ip, destination: destination as Ip, ttl, protocol: 'udp', length: 43, id: 1, dontFragment: true },
  transport: { kind: 'udp', sourcePort: 40001, destinationPort: 53, length: 23 },
})
const asked = packet('10.96.0.10')
const translated = packet('10.0.1.3')
const tuple = (destination: string) =>
  ({ source: '10.0.0.2' as Ip, sourcePort: 40001, destination: destination as Ip, destinationPort: 53, protocol: 'udp' }) as const
const frame = (held: Packet) => ({
  ethernet: { source: '02:00:00:00:00:01' as Mac, destination: '02:00:00:00:00:02' as Mac },
  packet: held,
})
const envelope: Packet = {
  ip: { ...asked.ip, source: '192.168.1.11' as Ip, destination: '192.168.1.12' as Ip, length: 93 },
  transport: { kind: 'udp', sourcePort: 5, destinationPort: 8472, length: 73, vxlan: { vni: 1, frame: frame(packet('10.0.1.3', 63)) } },
}
const onNode: readonly Step[] = [
  { kind: 'receive', dev: 'veth1', frame: frame(asked), packet: asked },
  {
    kind: 'chain',
    family: 'ip',
    table: 'nat',
    chain: 'PREROUTING',
    hook: 'PREROUTING',
    priority: -100,
    packet: asked,
    verdict: 'ACCEPT',
    rules: [
      { chain: 'PREROUTING', index: 0, rule: '-A PREROUTING -j KUBE-SERVICES', verdict: 'JUMP KUBE-SERVICES', depth: 0 },
      {
        chain: 'KUBE-SERVICES',
        index: 0,
        rule: '-A KUBE-SERVICES -m comment --comment "```" -j KUBE-SEP-A',
        verdict: 'ACCEPT',
        depth: 1,
        origin: { agent: 'kube-proxy', object: 'Service/default/dns', field: 'spec.ports[0]' },
      },
      { chain: 'PREROUTING', policy: true, verdict: 'ACCEPT', depth: 0 },
    ],
  },
  {
    kind: 'nat',
    hook: 'PREROUTING',
    manip: 'destination',
    from: tuple('10.96.0.10'),
    to: tuple('10.0.1.3'),
    by: 'rule',
    packet: translated,
  },
  { kind: 'encapsulate', dev: 'flannel.1', vni: 1, remote: '192.168.1.12' as Ip, inner: '02:00:00:00:00:02' as Mac, packet: envelope },
  { kind: 'transmit', dev: 'eth0', frame: frame(envelope), packet: envelope },
]
const netns = (name: string) => name as NetnsId
const request: PacketTrace = {
  direction: 'original',
  netns: netns('pod'),
  sent: asked,
  hops: [
    { netns: netns('pod'), out: 'eth0', steps: [{ kind: 'transmit', dev: 'eth0', frame: frame(asked), packet: asked }] },
    { netns: netns('node'), in: 'veth1', out: 'eth0', steps: onNode },
    { netns: netns('peer'), in: 'eth0', steps: [{ kind: 'drop', reason: 'no-socket' }] },
  ],
  disposition: { kind: 'dropped', netns: netns('peer'), by: 'no-socket' },
  fidelity: [],
}
const refused: PacketTrace = { ...request, netns: netns('peer'), hops: [], disposition: { kind: 'not-sent', errno: 'ENETUNREACH' } }

describe('a sequence diagram', () => {
  it('has a participant per namespace, an arrow per wire, notes for changes and ends', () => {
    expect(sequenceDiagram([request, { ...request, direction: 'reply', hops: request.hops.slice(0, 2) }, refused], words)).toEqual([
      'sequenceDiagram',
      '  participant n1 as place pod',
      '  participant n2 as place node',
      '  participant n3 as place peer',
      '  n1->>n2: 10.0.0.2:40001 → 10.96.0.10:53 udp 15 bytes, ttl 64',
      '  Note over n2: nat.destination.rule(10.0.1.3:53)<br/>encapsulate()',
      '  n2->>n3: 192.168.1.11:5 → 192.168.1.12:8472 vxlan 1, ttl 64<br/>[10.0.0.2:40001 → 10.0.1.3:53 udp 15 bytes, ttl 63]',
      '  Note over n3: ✗ end.dropped(no-socket)',
      '  n1-->>n2: 10.0.0.2:40001 → 10.96.0.10:53 udp 15 bytes, ttl 64',
      '  Note over n2: nat.destination.rule(10.0.1.3:53)<br/>encapsulate()',
      '  Note over n2: ✗ end.dropped(no-socket)',
      '  Note over n3: ✗ end.not-sent()',
    ])
  })

  it('writes what Mermaid would read as syntax by its number', () => {
    const diagram = sequenceDiagram([refused], { ...words, place: () => '<b>#1;\nend</b>', explain: () => 'a `b` $$c$$' })
    expect(diagram.slice(1)).toEqual([
      '  participant n1 as #60;b#62;#35;1#59; end#60;/b#62;',
      '  Note over n1: ✗ a #96;b#96; #36;#36;c#36;#36;',
    ])
  })
})

describe('a report', () => {
  const page = markdownReport({ title: 'udp to a|b <i>', outcome: 'no *answer*', remarks: ['one', 'two'], traces: [request] }, words)

  it('tells request, outcome and remarks, then diagram, hops and rules', () => {
    expect(page.split('\n').slice(0, 9)).toEqual([
      '# udp to a\\|b &lt;i&gt;',
      '',
      '**no \\*answer\\***',
      '',
      '*one*',
      '',
      '*two*',
      '',
      '```mermaid',
    ])
    expect(page.match(/^#+ .*$/gm)).toEqual([
      '# udp to a\\|b &lt;i&gt;',
      '## HOPS',
      '## RULES',
      '### 1. 10.0.0.2:40001 &gt; 10.96.0.10:53 udp 15 bytes',
      '# nat PREROUTING',
    ])
  })

  it('has a row per hop', () => {
    expect(page.match(/^\|.*$/gm)).toEqual([
      '| NUMBER | PACKET | NAMESPACE | IN | OUT | WHAT |',
      '| --- | --- | --- | --- | --- | --- |',
      '| 1.1 | udp 15 bytes | place pod | · | eth0 |  |',
      '| 1.2 | udp 15 bytes | place node | veth1 | eth0 | translates, encapsulates |',
      '| 1.3 | udp 15 bytes | place peer | eth0 | · | drops |',
    ])
  })

  it('shows rules that matched in a fence that they cannot close', () => {
    expect(page).toContain(`
place node:

\`\`\`\`text
# nat PREROUTING
-A PREROUTING -j KUBE-SERVICES  ⇒ JUMP KUBE-SERVICES
  -A KUBE-SERVICES -m comment --comment "\`\`\`" -j KUBE-SEP-A  ⇒ ACCEPT  # Service/default/dns spec.ports[0]
\`\`\`\`
`)
  })

  it('says nothing of rules where none matched', () => {
    expect(markdownReport({ title: 't', outcome: 'o', remarks: [], traces: [refused] }, words)).not.toContain('RULES')
  })
})
