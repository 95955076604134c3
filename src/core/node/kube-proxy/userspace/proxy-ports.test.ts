import { expect, it } from 'vitest'
import type { ServicePortInfo } from '../service-port.ts'
import { proxyPorts } from './proxy-ports.ts'

const port = (name: string, protocol: ServicePortInfo['protocol'] = 'tcp'): ServicePortInfo =>
  ({ name, protocol }) as unknown as ServicePortInfo
const MANY = Array.from({ length: 20_000 }, (_, i) => port(`default/web-${i}`))

it('gives every port one of its own that the kernel would give', () => {
  const given = [...proxyPorts(MANY).values()]
  expect(new Set(given).size).toBe(MANY.length)
  expect(Math.min(...given)).toBeGreaterThanOrEqual(32768)
  expect(Math.max(...given)).toBeLessThanOrEqual(60999)
})

it('leaves ports as they are when another Service comes last', () => {
  const some = MANY.slice(0, 100)
  const more = proxyPorts([...some, port('default/other')])
  for (const [one, number] of proxyPorts(some)) expect(more.get(one)).toBe(number)
})

it('shares numbers between TCP and UDP, and has none for SCTP', () => {
  const given = proxyPorts([port('a/b', 'tcp'), port('a/b', 'udp'), port('a/b', 'sctp')])
  expect([...given.keys()].map(({ protocol }) => protocol)).toEqual(['tcp', 'udp'])
})
