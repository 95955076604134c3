import { describe, expect, it } from 'vitest'
import type { Ip } from '../../net/ip.ts'
import { KERNEL } from '../origin.ts'
import { IpvsTable } from './connection-table.ts'
import { type RealServer, type VirtualServer, virtualServerName } from './ipvs.ts'
import type { ConnectionState } from './protocol-state.ts'
import { type IpvsConnection, type IpvsState, NO_IPVS_STATE } from './state.ts'

/** `a`, or `a 2` with a weight. Server `a` is 10.0.0.97. */
function real(text: string): RealServer {
  const [name = '', weight = '1'] = text.split(' ')
  return { address: `10.0.0.${name.charCodeAt(0)}` as Ip, port: 80, weight: Number(weight), origin: KERNEL }
}
const letter = (name: string): string => String.fromCharCode(Number(name.split(/[.:]/)[3]))

const virtual = (servers: string, more: Partial<VirtualServer> = {}): VirtualServer => ({
  protocol: 'tcp',
  address: '10.96.0.1' as Ip,
  port: 80,
  scheduler: 'rr',
  realServers: servers === '' ? [] : servers.split(', ').map(real),
  graceful: true,
  origin: KERNEL,
  ...more,
})

function connection(server: string, more: Partial<IpvsConnection> = {}): IpvsConnection {
  const { address } = real(server)
  return {
    protocol: 'tcp',
    client: '10.1.0.1' as Ip,
    clientPort: 40001,
    virtual: '10.96.0.1' as Ip,
    virtualPort: 80,
    server: address,
    serverPort: 80,
    service: 'tcp 10.96.0.1:80',
    state: 'ESTABLISHED',
    active: true,
    template: false,
    tracked: true,
    expires: 900,
    ...more,
  }
}

const NOBODY = { ended: () => undefined, closed: () => undefined }
const table = (state: IpvsState = NO_IPVS_STATE): IpvsTable => new IpvsTable(state, NOBODY)

/** `a b 0 (1/2)`: letters in the kernel's order, weights other than 1, counts other than none. */
const listed = (ipvs: IpvsTable, server: VirtualServer, first = 0): string =>
  ipvs
    .service(server, () => first)
    .servers.map(({ name, weight, active, inactive }) => {
      const counts = active + inactive > 0 ? `(${active}/${inactive})` : ''
      return [letter(name), weight === 1 ? '' : weight, counts].filter((part) => part !== '').join(' ')
    })
    .join(', ')

describe('the list of real servers', () => {
  it.each([
    [0, 'a, b, c'],
    [1, 'b, c, a'],
    [2, 'c, a, b'],
  ])('begins where chance says: %i', (first, expected) => {
    expect(listed(table(), virtual('a, b, c'), first)).toBe(expected)
  })

  it.each([
    ['adds to the front', 'a, b', 'a, b, c, d', 'd, c, a, b'],
    ['keeps its order when the agent has another', 'a, b, c', 'c, b, a', 'a, b, c'],
    ['loses what is taken out', 'a, b, c', 'a, c', 'a, c'],
    ['takes new weights over', 'a, b', 'a, b 3', 'a, b 3'],
    ['may become empty', 'a, b', '', ''],
  ])('%s', (_, before, after, expected) => {
    const ipvs = table()
    listed(ipvs, virtual(before))
    expect(listed(ipvs, virtual(after))).toBe(expected)
  })

  it.each([
    ['a', 'b, c', 'the start'],
    ['b', 'a, c', 'a'],
    ['c', 'a, b', 'b'],
    ['a', 'x, b, c', 'the start'],
  ])('when %s was scheduled last and then there are %s, it goes on behind %s', (last, after, expected) => {
    const ipvs = table()
    const before = virtual('a, b, c')
    const name = `${real(last).address}:80`
    ipvs.replace(virtualServerName(before), { ...ipvs.service(before, () => 0), last: name })
    const service = ipvs.service(virtual(after), () => 0)
    expect(service.last === undefined ? 'the start' : letter(service.last)).toBe(expected)
  })
})

describe('graceful removal', () => {
  const withConnections = (states: readonly ConnectionState[]): IpvsTable => {
    const ipvs = table()
    ipvs.service(virtual('a, b'), () => 0)
    for (const [i, state] of states.entries())
      ipvs.put(
        connection('a', { clientPort: 40001 + i, state, active: state === 'ESTABLISHED', expires: state === 'ESTABLISHED' ? 900 : 10 }),
      )
    return ipvs
  }

  it('keeps a busy server with weight 0 until its last connection is gone', () => {
    const ipvs = withConnections(['ESTABLISHED', 'CLOSE'])
    expect(listed(ipvs, virtual('a, b'))).toBe('a (1/1), b')
    expect(listed(ipvs, virtual('b'))).toBe('a 0 (1/1), b')
    ipvs.expire(11)
    expect(listed(ipvs, virtual('b'))).toBe('a 0 (1/0), b')
    ipvs.expire(901)
    expect(listed(ipvs, virtual('b'))).toBe('b')
  })

  it('takes it back with its weight when it returns', () => {
    const ipvs = withConnections(['ESTABLISHED'])
    listed(ipvs, virtual('b'))
    expect(listed(ipvs, virtual('a, b'))).toBe('a (1/0), b')
  })

  it('is not for idle servers, nor where the agent does not want it', () => {
    expect(listed(withConnections([]), virtual('b'))).toBe('b')
    expect(listed(withConnections(['ESTABLISHED']), virtual('b', { graceful: false }))).toBe('b')
  })
})

describe('connections', () => {
  const flow = {
    protocol: 'tcp',
    source: '10.1.0.1' as Ip,
    sourcePort: 40001,
    destination: '10.96.0.1' as Ip,
    destinationPort: 80,
  } as const
  const answer = {
    protocol: 'tcp',
    source: real('a').address,
    sourcePort: 80,
    destination: '10.1.0.1' as Ip,
    destinationPort: 40001,
  } as const

  it('are found from both sides until they time out', () => {
    const ipvs = table()
    ipvs.put(connection('a', { expires: 60 }))
    expect([ipvs.ofClient(flow)?.server, ipvs.ofServer(answer)?.server]).toEqual([real('a').address, real('a').address])
    ipvs.expire(60)
    expect([ipvs.ofClient(flow), ipvs.ofServer(answer)]).toEqual([undefined, undefined])
  })

  it('tell who ends, so that its conntrack entry can go with it', () => {
    const ended: string[] = []
    const ipvs = new IpvsTable(NO_IPVS_STATE, { ...NOBODY, ended: ({ client, clientPort }) => ended.push(`${client}:${clientPort}`) })
    ipvs.put(connection('a', { expires: 10 }))
    ipvs.put(connection('a', { clientPort: 40002, expires: 20 }))
    ipvs.expire(15)
    expect(ended).toEqual(['10.1.0.1:40001'])
  })

  it('keep their template alive, a minute at a time', () => {
    const ipvs = table()
    const template = connection('a', { clientPort: 0, template: true, active: false, state: 'NONE', expires: 10 })
    ipvs.put(template)
    ipvs.put(connection('a', { control: `tcp 10.1.0.1 0 10.96.0.1 80`, expires: 40 }))
    const known = () => ipvs.template('tcp', '10.1.0.1' as Ip, '10.96.0.1' as Ip, 80)?.expires
    ipvs.expire(10)
    expect(known()).toBe(70)
    ipvs.expire(70)
    expect(known()).toBeUndefined()
  })

  it('are closed by the next request, unless they are held', () => {
    const first = table()
    first.service(virtual('a, b'), () => 0)
    first.put(connection('a'))
    first.put(connection('b', { clientPort: 40002, held: true }))
    const next = table(first.state())
    expect(listed(next, virtual('a, b'))).toBe('a (0/1), b (1/0)')
    expect(next.ofClient(flow)).toMatchObject({ state: 'TIME_WAIT', expires: 120 })
  })

  it('are the same value when nothing happened', () => {
    const state = (() => {
      const ipvs = table()
      ipvs.service(virtual('a'), () => 0)
      return ipvs.state()
    })()
    const again = table(state)
    again.service(virtual('a'), () => 0)
    again.expire(5)
    expect(again.state()).toBe(state)
  })
})
