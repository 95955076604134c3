import { describe, expect, it } from 'vitest'
import { packetsOf } from '../position.ts'
import { CONVERSATION, framed, tcp, wrapped } from '../testdata/conversation.ts'
import { heldAround, heldOverHop } from './held.ts'
import { diffLayers, type Held, type LayerDiff, layersOf, summary } from './layers.ts'

/** `outer.ip added`, `inner.tcp changed destinationPort 80>8080`. */
function text(layer: LayerDiff): string {
  const changes = layer.fields.filter((field) => field.changed).map((field) => `${field.name} ${field.before}>${field.after}`)
  return [`${layer.shell}.${layer.kind}`, layer.change, ...changes].join(' ')
}

const SENT = tcp('10.244.0.2', 40000, '10.96.0.10', 80)
const FRAME = framed(SENT, '0a:58:0a:f4:00:02', '0a:58:0a:f4:00:01')
const held = (packet: Held['packet']): Held => ({ packet })

describe('layers', () => {
  it('are listed from the outermost in', () => {
    const names = layersOf(held(wrapped(FRAME, '192.168.1.11', '192.168.1.12'))).map((layer) => `${layer.shell}.${layer.kind}`)
    expect(names).toEqual(['outer.ip', 'outer.udp', 'outer.vxlan', 'inner.ethernet', 'inner.ip', 'inner.tcp'])
  })

  it('name flags and ends', () => {
    expect(
      layersOf(held(SENT))
        .at(-1)
        ?.fields.find((field) => field.name === 'flags')?.value,
    ).toBe('SYN')
    expect(summary(SENT)).toBe('10.244.0.2:40000 → 10.96.0.10:80')
  })
})

describe('the difference of two packets', () => {
  it.each<readonly [string, Held | undefined, Held | undefined, readonly string[]]>([
    ['the same', held(SENT), held(SENT), ['inner.ip same', 'inner.tcp same']],
    [
      'translated',
      held(SENT),
      held(tcp('10.244.0.2', 40000, '10.244.1.3', 8080, 63)),
      ['inner.ip changed destination 10.96.0.10>10.244.1.3 ttl 64>63', 'inner.tcp changed destinationPort 80>8080'],
    ],
    [
      'wrapped',
      { frame: FRAME, packet: SENT },
      held(wrapped(FRAME, '192.168.1.11', '192.168.1.12')),
      ['outer.ip added', 'outer.udp added', 'outer.vxlan added', 'inner.ethernet same', 'inner.ip same', 'inner.tcp same'],
    ],
    [
      'unwrapped',
      held(wrapped(FRAME, '192.168.1.11', '192.168.1.12')),
      held(SENT),
      ['outer.ip removed', 'outer.udp removed', 'outer.vxlan removed', 'inner.ethernet removed', 'inner.ip same', 'inner.tcp same'],
    ],
    ['born', undefined, held(SENT), ['inner.ip same', 'inner.tcp same']],
    ['gone', held(SENT), undefined, ['inner.ip same', 'inner.tcp same']],
  ])('%s', (_, before, after, expected) => {
    expect(diffLayers(before, after).map(text)).toEqual(expected)
  })
})

describe('the packet around a hop', () => {
  const trace = packetsOf(CONVERSATION)[0]

  it('is the frame that came in and the frame that went out', () => {
    if (!trace) throw new Error('no packet')
    const { before, after } = heldOverHop(trace, 1)
    expect(before && after && diffLayers(before, after).map(text)).toEqual([
      'inner.ethernet changed source 0a:58:0a:f4:00:02>0a:58:0a:f4:00:01 destination 0a:58:0a:f4:00:01>0a:58:0a:f4:01:03',
      'inner.ip changed destination 10.96.0.10>10.244.1.3',
      'inner.tcp changed destinationPort 80>8080',
    ])
  })

  it('changes at one step only', () => {
    if (!trace) throw new Error('no packet')
    const changed = heldAround(trace, 1).map(({ before, after }) => diffLayers(before, after).some((layer) => layer.change !== 'same'))
    expect(changed).toEqual([false, false, true, true])
  })

  it('does not exist before it was sent', () => {
    if (!trace) throw new Error('no packet')
    expect(heldAround(trace, 0)[0]?.before).toBeUndefined()
    expect(heldAround(trace, 0)[0]?.after?.packet.ip.destination).toBe('10.96.0.10')
  })
})
