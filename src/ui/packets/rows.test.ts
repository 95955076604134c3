import { describe, expect, it } from 'vitest'
import type { Transport } from '../../core/net/packet.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { CONVERSATION, tcp } from '../testdata/conversation.ts'
import { infoOf, rowsOf } from './rows.ts'

const RECORD: SentRecord = {
  order: { from: 'pod/default/curl', to: 'http://web.default/', protocol: 'tcp' },
  conversation: CONVERSATION,
  places: {},
  owners: { '10.244.0.2': 'pod/default/curl', '10.96.0.10': 'service/default/web' },
}

describe('the packet list', () => {
  it('has a row for every packet of every request, numbered through', () => {
    const rows = rowsOf([RECORD, RECORD]).map(
      (row) =>
        `${row.number} ${row.conversation}.${row.packet} ${row.direction} ${row.from}>${row.to} ${row.protocol} ${row.hops} ${row.end}`,
    )
    expect(rows).toEqual([
      '1 0.0 original 10.244.0.2>10.96.0.10 TCP 2 lost',
      '2 0.1 reply 10.244.1.3>10.244.0.2 TCP 1 delivered',
      '3 1.0 original 10.244.0.2>10.96.0.10 TCP 2 lost',
      '4 1.1 reply 10.244.1.3>10.244.0.2 TCP 1 delivered',
    ])
  })

  it('names the owners that are known', () => {
    const [row] = rowsOf([RECORD])
    expect([row?.fromOwner, row?.toOwner]).toEqual(['pod/default/curl', 'service/default/web'])
  })
})

describe('info', () => {
  const base = tcp('10.0.0.1', 1, '10.0.0.2', 2)
  it.each<readonly [Transport, string]>([
    [base.transport, '1 → 2 [SYN] MSS=1410'],
    [{ kind: 'udp', sourcePort: 53, destinationPort: 40000, length: 48 }, '53 → 40000 Len=40'],
    [{ kind: 'icmp-echo', type: 8, code: 0, id: 5, sequence: 1 }, 'Echo request id=5 seq=1'],
    [{ kind: 'icmp-error', type: 3, code: 4, mtu: 1450, quoted: base }, 'Fragmentation needed MTU=1450'],
    [{ kind: 'icmp-error', type: 11, code: 0, quoted: base }, 'Time to live exceeded'],
    [{ kind: 'icmp-error', type: 3, code: 99, quoted: base }, 'type 3 code 99'],
  ])('%o', (transport, expected) => {
    expect(infoOf({ ...base, transport })).toBe(expected)
  })
})
