import { describe, expect, it } from 'vitest'
import type { ChainRun } from '../../core/kernel/step.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import { packetsOf } from '../position.ts'
import { CONVERSATION, framed, netns, tcp, wrapped } from '../testdata/conversation.ts'
import { type Condition, parseCondition } from './condition.ts'
import { type Hit, hitsOf } from './hits.ts'

const PACKETS = packetsOf(CONVERSATION)
const PLACES: Readonly<Record<string, string>> = {
  'p-default-curl': 'pod/default/curl',
  'node-1': 'node/node-1',
  'p-default-web': 'pod/default/web',
}

const condition = (text: string): Condition => {
  const parsed = parseCondition(text)
  if (!parsed) throw new Error(text)
  return parsed
}
const at = ({ position: { packet, hop, step, rule } }: Hit): string => `${packet}.${hop}.${step}${rule === undefined ? '' : `#${rule}`}`
const hits = (packets: readonly PacketTrace[], ...texts: readonly string[]) =>
  hitsOf(packets, texts.map(condition), (name) => PLACES[name] ?? name)

describe('where play stops', () => {
  it.each([
    ['device eth0', ['0.0.1']],
    ['device cni0', ['0.1.3']],
    ['hook PREROUTING', ['0.1.1']],
    ['chain PREROUTING', ['0.1.1']],
    ['chain KUBE-SERVICES', ['0.1.1#1']],
    ['chain filter KUBE-SERVICES', []],
    ['rule nat -A PREROUTING -j KUBE-SERVICES', ['0.1.1#0']],
    ['rule filter -A PREROUTING -j KUBE-SERVICES', []],
    ['step nat', ['0.1.2']],
    ['ip.dst changes', ['0.1.2']],
    ['dstport changes', ['0.1.2']],
    ['ip.src changes', []],
    ['ip.dst == 10.244.0.0/16', ['0.1.2', '1.0.0']],
    ['in node/node-1', ['0.1.0']],
    ['in pod/default/web', ['1.0.0']],
    ['in pod/default/web ip.dst changes', []],
    ['drop', ['0.1.3']],
  ])('%s: %j', (text, wanted) => expect(hits(PACKETS, text).map(at)).toEqual(wanted))

  it('names every condition of one place, and what a field became', () => {
    expect(hits(PACKETS, 'ip.dst changes', 'drop', 'step nat')).toEqual([
      { position: { packet: 0, hop: 1, step: 2 }, because: [0, 2], detail: '10.96.0.10 → 10.244.1.3' },
      { position: { packet: 0, hop: 1, step: 3 }, because: [1] },
    ])
  })

  it('sees the mark of rules, which another namespace does not', () => {
    const run: ChainRun = {
      kind: 'chain',
      family: 'ip',
      table: 'nat',
      chain: 'POSTROUTING',
      hook: 'POSTROUTING',
      priority: 100,
      packet: tcp('10.244.0.2', 1, '10.96.0.1', 80),
      rules: [
        {
          chain: 'KUBE-MARK-MASQ',
          index: 0,
          rule: '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
          verdict: 'CONTINUE',
          mark: 0x4000,
          depth: 1,
        },
        { chain: 'POSTROUTING', policy: true, verdict: 'ACCEPT', depth: 0 },
      ],
      verdict: 'ACCEPT',
    }
    const trace: PacketTrace = {
      direction: 'original',
      netns: netns('node-1'),
      sent: run.packet,
      hops: [
        { netns: netns('node-1'), steps: [run] },
        { netns: netns('p-default-web'), steps: [{ kind: 'receive', dev: 'eth0', packet: run.packet }] },
      ],
      disposition: { kind: 'delivered', netns: netns('p-default-web'), packet: run.packet },
      fidelity: [],
    }
    expect(hits([trace], 'mark set').map(at)).toEqual(['0.0.0#0'])
    expect(hits([trace], 'mark changes')).toMatchObject([{ detail: '0x0 → 0x4000' }, { detail: '0x4000 → 0x0' }])
  })

  it('looks into tunnels: addresses inside stay, those around it come', () => {
    const inner = tcp('10.244.0.2', 1, '10.244.1.3', 80, 61)
    const packet = wrapped(framed(inner, '0a:58:0a:f4:00:02', '0a:58:0a:f4:01:03'), '172.18.0.2', '172.18.0.3')
    const trace: PacketTrace = {
      direction: 'original',
      netns: netns('node-1'),
      sent: inner,
      hops: [
        {
          netns: netns('node-1'),
          steps: [
            { kind: 'send', by: 'socket', packet: inner },
            { kind: 'transmit', dev: 'eth0', packet },
          ],
        },
      ],
      disposition: { kind: 'unsupported', netns: netns('node-1'), what: 'x' },
      fidelity: [],
    }
    expect(hits([trace], 'ip.src changes')).toEqual([])
    expect(hits([trace], 'outer.src changes')).toMatchObject([{ detail: '– → 172.18.0.2' }])
    expect(hits([trace], 'ttl < 62').map(at)).toEqual(['0.0.0'])
    expect(hits([trace], 'drop').map(at)).toEqual(['0.0.1'])
  })

  it('stops once at a packet that was never sent', () => {
    const refused: PacketTrace = { ...(PACKETS[0] as PacketTrace), hops: [], disposition: { kind: 'not-sent', errno: 'ENETUNREACH' } }
    expect(hits([refused], 'drop').map(at)).toEqual(['0.0.0'])
  })
})
