import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SentRecord } from '../../worker/protocol.ts'
import { packetsOf } from '../position.ts'
import { CONVERSATION } from '../testdata/conversation.ts'
import { isWithin, matches, parseFilter } from './filter.ts'
import { proposalsAt } from './filter-complete.ts'
import type { Seen } from './filter-fields.ts'
import { quoted, tokensOf } from './filter-tokens.ts'
import { narrowed } from './narrowed.ts'

const RECORD: SentRecord = {
  order: { from: 'pod/default/curl', to: 'http://web.default/', protocol: 'tcp' },
  conversation: CONVERSATION,
  places: {
    'p-default-curl': { id: 'pod/default/curl', label: 'curl', kind: 'pod' },
    'node-1': { id: 'node/node-1', label: 'node-1', kind: 'node' },
    'p-default-web': { id: 'pod/default/web-1', label: 'web-1', kind: 'pod' },
  },
  owners: { '10.96.0.10': 'service/default/web', '10.244.1.3': 'pod/default/web-1' },
}
const LIST: readonly Seen[] = packetsOf(CONVERSATION).map((trace, index) => ({ trace, record: RECORD, number: index + 1 }))

/** Numbers of the packets that pass, or what is wrong and where. */
function passing(text: string): string {
  const parsed = parseFilter(text)
  if (!parsed.ok) return `${parsed.error.why}@${parsed.error.at}`
  const { filter } = parsed
  return LIST.filter((seen) => !filter || matches(filter, seen))
    .map(({ number }) => number)
    .join(' ')
}

describe('packets that pass', () => {
  it.each([
    ['', '1 2'],
    ['tcp', '1 2'],
    ['udp', ''],
    ['request', '1'],
    ['reply', '2'],
    ['dropped', '1'],
    ['!dropped', '2'],
    ['not dropped', '2'],
    ['nat', '1'],
    // The address before the translation and the one after it.
    ['ip.addr == 10.96.0.10', '1'],
    ['ip.dst == 10.244.1.3', '1'],
    ['ip.addr == 10.96.0.0/12', '1'],
    ['ip.addr != 10.96.0.10', '2'],
    ['ip.src == 10.244.0.2/32 and tcp.dstport == 80', '1'],
    ['port 8080', '1 2'],
    ['tcp.port >= 30000', '1 2'],
    ['tcp.port < 80', ''],
    ['host web', '1'],
    ['host web-1', '1 2'],
    ['host == "10.96.0.10"', '1'],
    ['node == node-1', '1'],
    ['pod == default/curl', '1'],
    ['NODE == Node-1', '1'],
    ['dev == cni0', '1'],
    ['hook == prerouting', '1'],
    ['chain == KUBE-SERVICES', '1'],
    ['rule contains KUBE-SVC', '1'],
    ['rule contains "-d 10.96.0.10/32 -j"', '1'],
    ['reason == no-route', '1'],
    ['frame.number == 2', '2'],
    ['hops > 1', '1'],
    // `&&` binds closer than `||`.
    ['reply || request && dropped', '1 2'],
    ['(reply || request) && dropped', '1'],
    ['!(reply || dropped)', ''],
  ])('%s: %s', (text, expected) => {
    expect(passing(text)).toBe(expected)
  })
})

describe('what is wrong, at its column', () => {
  it.each([
    ['ip.adr == 1.2.3.4', 'field@0'],
    ['tcp && ip.addr == 10.0.0', 'address@18'],
    ['ip.addr == 10.0.0.1/33', 'address@11'],
    ['tcp.port == http', 'number@12'],
    ['ip.addr', 'comparison@7'],
    ['ip.addr ==', 'value@10'],
    ['host < web', 'order@5'],
    ['tcp udp', 'joint@4'],
    ['(tcp', 'close@4'],
    ['tcp)', 'joint@3'],
    ['tcp &&', 'term@6'],
    ['tcp & udp', 'character@4'],
    ['== 5', 'term@0'],
    ['toString', 'field@0'],
    ['!'.repeat(500), 'deep@200'],
  ])('%s: %s', (text, expected) => {
    expect(passing(text)).toBe(expected)
  })

  it('never fails otherwise, whatever is typed', () => {
    const piece = fc.constantFrom(
      'ip.addr',
      'tcp',
      '==',
      '!',
      '(',
      ')',
      '&&',
      '||',
      'host',
      'contains',
      '"',
      '\\',
      '10.0.0.1',
      '=',
      ' ',
      '💥',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join(' ')
        const parsed = parseFilter(text)
        if (!parsed.ok) expect(parsed.error.at).toBeLessThanOrEqual(text.length)
        expect(Array.isArray(proposalsAt(text, text.length, LIST))).toBe(true)
      }),
      { seed: 7 },
    )
  })
})

describe('values', () => {
  it('are written so that they are read back whole', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        const [token, ...more] = tokensOf(quoted(value))
        expect([token?.kind, token?.text, more.length]).toEqual(['word', value, 0])
      }),
      { seed: 7 },
    )
  })
})

describe('completion', () => {
  const texts = (text: string): readonly string[] => proposalsAt(text, text.length, LIST).map((one) => one.text)
  it.each([
    ['', 'tcp'],
    ['ip.', 'ip.addr'],
    ['tcp && dr', 'dropped'],
    ['!', 'nat'],
    ['ip.addr ', '=='],
    ['tcp.port ', '>='],
    ['node == ', 'node-1'],
    ['host w', 'web'],
    ['host ', 'web-1'],
    ['ip.addr == 10.96', '10.96.0.10'],
    ['tcp ', '&&'],
    ['ip.addr == 10.96.0.10 ', '||'],
    ['(tcp) ', '&&'],
    ['rule contains "KUBE-SVC', '"-A KUBE-SERVICES -d 10.96.0.10/32 -j KUBE-SVC-A"'],
  ])('after %j there is %s', (text, expected) => {
    expect(texts(text)).toContain(expected)
  })

  it('replaces the word that the cursor is in', () => {
    expect(proposalsAt('ip.ad == 10.0.0.1', 5, LIST)[0]).toMatchObject({ text: 'ip.addr', from: 0, to: 5 })
  })

  it('orders numbers as numbers', () => {
    expect(texts('tcp.port == ')).toEqual(['80', '8080', '40000'])
  })
})

describe('narrowing', () => {
  it.each([
    ['', 'tcp', 'tcp'],
    ['tcp', 'tcp', 'tcp'],
    ['tcp', 'nat', 'tcp && nat'],
    ['tcp || udp', 'nat', '(tcp || udp) && nat'],
  ])('%j with %s is %s', (filter, condition, expected) => {
    expect(narrowed(filter, condition)).toBe(expected)
  })
})

describe('addresses within prefixes', () => {
  it.each<readonly [string, string, boolean]>([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['fd00:10:244::2', 'fd00:10:244::/56', true],
    ['fd00:10:244::2', 'fd00:10:244:0::2', true],
    ['fd00:10:96::2', 'fd00:10:244::/56', false],
    ['10.1.2.3', '::/0', false],
    ['fd00::1', '0.0.0.0/0', false],
    ['fd00::1', 'nonsense', false],
  ])('%s in %s: %s', (ip, prefix, expected) => {
    expect(isWithin(ip, prefix)).toBe(expected)
  })

  it.each([
    ['ipv6', ''],
    ['ip', '1 2'],
    ['icmpv6', ''],
    ['ipv6.addr == fd00::/8', ''],
    ['ipv6.hlim < 64', ''],
    ['ipv6.addr == fd00::g', 'address@13'],
  ])('%s', (text, expected) => expect(passing(text)).toBe(expected))
})
