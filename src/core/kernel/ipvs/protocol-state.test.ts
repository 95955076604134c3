import { describe, expect, it } from 'vitest'
import type { Sctp, Tcp } from '../../net/packet.ts'
import { type ConnectionState, isActive, nextState, type Side, timeoutOf } from './protocol-state.ts'

const tcp = (flags: string): Tcp => ({ kind: 'tcp', sourcePort: 1, destinationPort: 2, flags, sequence: 0, acknowledgment: 0 })
const sctp = (chunk: Sctp['chunk']): Sctp => ({ kind: 'sctp', sourcePort: 1, destinationPort: 2, chunk })

/** `>S` from the client, `<SA` from the real server. */
function walk(packets: string): string {
  let state: ConnectionState = 'NONE'
  const states: string[] = []
  for (const packet of packets.split(' ')) {
    const side: Side = packet.startsWith('>') ? 'input' : 'output'
    const what = packet.slice(1)
    const transport = what === 'INIT' || what === 'INIT-ACK' || what === 'ABORT' ? sctp(what) : tcp(what)
    state = nextState(state, transport, side)
    states.push(state)
  }
  return states.join(' ')
}

describe('states as IPVS guesses them', () => {
  it.each([
    ['>S <SA >A', 'SYN_RECV SYN_RECV ESTABLISHED'],
    ['>S <RA', 'SYN_RECV CLOSE'],
    ['>S >S', 'SYN_RECV SYN_RECV'],
    ['>S <SA >A >FA <FA >A', 'SYN_RECV SYN_RECV ESTABLISHED CLOSE_WAIT TIME_WAIT TIME_WAIT'],
    ['>S <SA >A <FA >FA <A', 'SYN_RECV SYN_RECV ESTABLISHED FIN_WAIT TIME_WAIT TIME_WAIT'],
    ['>S <SA >A >RA', 'SYN_RECV SYN_RECV ESTABLISHED CLOSE'],
    ['>S <SA >A >RA >S', 'SYN_RECV SYN_RECV ESTABLISHED CLOSE SYN_RECV'],
    // A client's RST does not end what is not answered yet.
    ['>S >R', 'SYN_RECV SYN_RECV'],
    ['>INIT <INIT-ACK', 'INIT1 C-SENT'],
    ['>INIT >INIT', 'INIT1 INIT'],
    ['>INIT <ABORT', 'INIT1 REJECTED'],
    ['>INIT <INIT-ACK >ABORT', 'INIT1 C-SENT CLOSED'],
  ])('%s: %s', (packets, states) => {
    expect(walk(packets)).toBe(states)
  })

  it.each<[ConnectionState, boolean, number]>([
    ['ESTABLISHED', true, 900],
    ['SYN_RECV', true, 60],
    ['CLOSE', false, 10],
    ['TIME_WAIT', false, 120],
    ['FIN_WAIT', false, 120],
    ['UDP', false, 300],
    ['INIT1', false, 4],
  ])('%s: active %s, for %i s', (state, active, seconds) => {
    expect([isActive(state), timeoutOf(state)]).toEqual([active, seconds])
  })

  it('a datagram says nothing but that it passed', () => {
    expect(nextState('NONE', { kind: 'udp', sourcePort: 1, destinationPort: 53, length: 8 }, 'input')).toBe('UDP')
  })
})
