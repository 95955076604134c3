import { describe, expect, it } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import type { IpSet, IpSetMember } from './ipset.ts'
import { listSets, memberText, saveSets } from './ipset-save.ts'

const ip = (text: string): Ip => text as Ip
const port = (from: number, to = from) => ({ from, to })

const SETS: readonly IpSet[] = [
  { name: 'PORTS', type: 'bitmap:port', members: [{ port: port(30080) }] },
  { name: 'SERVICES', type: 'hash:ip,port', members: [{ ip: ip('10.96.0.10'), protocol: 'udp', port: port(53) }] },
  { name: '6-EMPTY', type: 'hash:ip,port', family: 'IPv6', members: [] },
]
const BY_NAME = new Map(SETS.map((set) => [set.name, set]))

describe('members', () => {
  it.each<[string, IpSetMember]>([
    ['10.0.0.1', { ip: ip('10.0.0.1') }],
    ['10.0.0.0/8 nomatch', { net: parseCidr('10.0.0.0/8'), nomatch: true } as IpSetMember],
    ['10.0.0.1', { net: parseCidr('10.0.0.1/32') } as IpSetMember],
    ['30080', { port: port(30080) }],
    ['30080-30090', { port: port(30080, 30090) }],
    ['10.0.0.1,tcp:80,10.0.0.1', { ip: ip('10.0.0.1'), protocol: 'tcp', port: port(80), second: ip('10.0.0.1') }],
    [
      '10.0.0.1,sctp:9,192.168.0.0/16',
      { ip: ip('10.0.0.1'), protocol: 'sctp', port: port(9), second: parseCidr('192.168.0.0/16') } as IpSetMember,
    ],
    ['fd00::1,tcp:80,fd00::2', { ip: ip('fd00::1'), protocol: 'tcp', port: port(80), second: parseCidr('fd00::2/128') } as IpSetMember],
  ])('%s', (text, member) => {
    expect(memberText(member)).toBe(text)
  })
})

it('saves what ipset restore reads', () => {
  expect(
    saveSets(BY_NAME)
      .replace(/0x[0-9a-f]{8}/g, 'SEED')
      .split('\n'),
  ).toEqual([
    'create PORTS bitmap:port range 0-65535',
    'add PORTS 30080',
    'create SERVICES hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12 initval SEED',
    'add SERVICES 10.96.0.10,udp:53',
    'create 6-EMPTY hash:ip,port family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval SEED',
    '',
  ])
})

it('lists sets with a blank line between them', () => {
  const blocks = listSets(BY_NAME, (name) => (name === 'PORTS' ? 2 : 0)).split('\n\n')
  expect(blocks).toHaveLength(3)
  expect(blocks[0]?.split('\n')).toEqual([
    'Name: PORTS',
    'Type: bitmap:port',
    'Revision: 3',
    'Header: range 0-65535',
    'References: 2',
    'Number of entries: 1',
    'Members:',
    '30080',
  ])
  expect(blocks[2]?.trimEnd().split('\n').slice(-2)).toEqual(['Number of entries: 0', 'Members:'])
})
