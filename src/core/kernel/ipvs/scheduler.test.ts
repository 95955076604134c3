import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ip } from '../../net/ip.ts'
import { SCHEDULERS, type SchedulerName } from './ipvs.ts'
import { bucketOf, schedule } from './scheduler.ts'
import type { ServerState, ServiceState } from './state.ts'

/** `a`, `b 2` (weight), `c 1 3/5` (weight, active/inactive). */
function server(text: string): ServerState {
  const [name = '', weight = '1', counts = '0/0'] = text.split(' ')
  const [active = 0, inactive = 0] = counts.split('/').map(Number)
  return { name, address: '10.0.0.1' as Ip, port: 80, weight: Number(weight), active, inactive }
}

const serviceOf = (servers: readonly string[]): ServiceState => ({ servers: servers.map(server), scheduled: 0 })
const FROM_1_TO_9 = { source: '10.0.0.1' as Ip, destination: '10.0.0.9' as Ip }

/** The servers that `count` connections in a row go to. */
function run(scheduler: SchedulerName, servers: readonly string[], count: number, packet = FROM_1_TO_9): string {
  let service = serviceOf(servers)
  const picked: string[] = []
  for (let i = 0; i < count; i++) {
    const one = schedule(scheduler, service, packet)
    picked.push(one?.server.name ?? '-')
    service = { ...service, ...one?.moved }
  }
  return picked.join(' ')
}

describe('in turn', () => {
  it.each<[SchedulerName, readonly string[], string]>([
    ['rr', ['a', 'b', 'c'], 'a b c a b c'],
    ['rr', ['a', 'b 0', 'c'], 'a c a c a c'],
    ['rr', ['a 5', 'b'], 'a b a b a b'],
    ['rr', ['a'], 'a a a a a a'],
    ['rr', ['a 0', 'b 0'], '- - - - - -'],
    ['rr', [], '- - - - - -'],
    ['wrr', ['a', 'b', 'c'], 'a b c a b c'],
    ['wrr', ['a 3', 'b 2', 'c 1'], 'a a b a b c'],
    ['wrr', ['a 4', 'b 2'], 'a a b a a b'],
    ['wrr', ['a 0', 'b 2', 'c 1'], 'b b c b b c'],
    ['wrr', ['a 0'], '- - - - - -'],
  ])('%s of %j goes %s', (scheduler, servers, expected) => {
    expect(run(scheduler, servers, 6)).toBe(expected)
  })
})

describe('by load', () => {
  it.each<[SchedulerName, readonly string[], string]>([
    ['lc', ['a', 'b'], 'a'],
    ['lc', ['a 1 1/0', 'b 1 0/255'], 'b'],
    ['lc', ['a 1 1/0', 'b 1 0/256'], 'a'],
    ['lc', ['a 1 1/0', 'b 1 0/257'], 'a'],
    ['lc', ['a 9 1/0', 'b 1 0/9'], 'b'],
    ['lc', ['a 0 0/0', 'b 1 7/7'], 'b'],
    ['wlc', ['a 1 1/0', 'b 2 1/0'], 'b'],
    ['wlc', ['a 2 2/0', 'b 1 1/0'], 'a'],
    ['wlc', ['a 0 0/0', 'b 1 9/0'], 'b'],
    ['wlc', ['a 0', 'b 0'], '-'],
    ['sed', ['a', 'b'], 'a'],
    ['sed', ['a 1 0/0', 'b 3 1/0'], 'b'],
    ['sed', ['a 1 0/99', 'b 1 0/0'], 'a'],
    ['sed', ['a 1 1/0', 'b 1 0/50'], 'b'],
    ['nq', ['a 1 1/0', 'b 3 1/0', 'c 1 0/0'], 'c'],
    ['nq', ['a 1 2/0', 'b 3 2/0', 'c 1 1/0'], 'b'],
    ['nq', ['a 0 0/0', 'b 1 1/0'], 'b'],
  ])('%s of %j picks %s', (scheduler, servers, expected) => {
    expect(run(scheduler, servers, 1)).toBe(expected)
  })
})

describe('by address', () => {
  it.each<[string, number]>([
    ['0.0.0.0', 0],
    ['10.244.0.5', Number(((BigInt(0x0af40005) * 0x61c88647n) % 2n ** 32n) >> 24n)],
    ['255.255.255.255', Number(((BigInt(0xffffffff) * 0x61c88647n) % 2n ** 32n) >> 24n)],
    ['::', 0],
    ['::1', 0x61],
    ['1::1', Number(((BigInt(0x00010001) * 0x61c88647n) % 2n ** 32n) >> 24n)],
  ])('the bucket of %s is %i', (ip, bucket) => {
    expect(bucketOf(ip as Ip)).toBe(bucket)
  })

  it.each<[SchedulerName, readonly string[], string, string, string]>([
    ['sh', ['a', 'b', 'c'], '10.0.0.1', '10.0.0.9', 'abc'[bucketOf('10.0.0.1' as Ip) % 3] ?? ''],
    ['dh', ['a', 'b', 'c'], '10.0.0.1', '10.0.0.9', 'abc'[bucketOf('10.0.0.9' as Ip) % 3] ?? ''],
    // Weights of sh give more buckets in a row; those of dh only say whether.
    ['sh', ['a 2', 'b'], '10.0.0.1', '10.0.0.9', 'aab'[bucketOf('10.0.0.1' as Ip) % 3] ?? ''],
    ['dh', ['a 2', 'b'], '10.0.0.1', '10.0.0.9', 'ab'[bucketOf('10.0.0.9' as Ip) % 2] ?? ''],
    // Nobody takes the buckets of a server without weight.
    ['sh', ['a 0'], '10.0.0.1', '10.0.0.9', '-'],
    ['dh', ['a 0'], '10.0.0.1', '10.0.0.9', '-'],
    ['dh', [], '10.0.0.1', '10.0.0.9', '-'],
  ])('%s of %j from %s to %s picks %s', (scheduler, servers, source, destination, expected) => {
    expect(run(scheduler, servers, 1, { source: source as Ip, destination: destination as Ip })).toBe(expected)
  })
})

describe('of all', () => {
  const servers = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat(4), fc.nat(300)), { minLength: 1, maxLength: 6 })
  const named = (list: readonly (readonly [number, number, number])[]): string[] =>
    list.map(([weight, active, inactive], i) => `s${i} ${weight} ${active}/${inactive}`)

  it.each(SCHEDULERS)('%s never picks a server without weight', (scheduler) => {
    fc.assert(
      fc.property(servers, fc.nat(), (list, source) => {
        const picked = schedule(scheduler, serviceOf(named(list)), {
          source: `10.0.${source & 255}.1` as Ip,
          destination: '10.9.9.9' as Ip,
        })
        expect(picked?.server.weight ?? 1).toBeGreaterThan(0)
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  it.each(['rr', 'wrr', 'lc', 'wlc', 'sed', 'nq'] as const)('%s finds somebody whenever anybody has weight', (scheduler) => {
    fc.assert(
      fc.property(servers, (list) => {
        const anybody = list.some(([weight]) => weight > 0)
        expect(schedule(scheduler, serviceOf(named(list)), FROM_1_TO_9) !== undefined).toBe(anybody)
      }),
      { seed: 5, numRuns: 200 },
    )
  })

  it('wrr gives each its share', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const step = weights.reduce(function gcd(a: number, b: number): number {
          return b === 0 ? a : gcd(b, a % b)
        })
        const round = total / step
        const picked = run(
          'wrr',
          weights.map((weight, i) => `s${i} ${weight}`),
          round,
        ).split(' ')
        expect(weights.map((_, i) => picked.filter((name) => name === `s${i}`).length)).toEqual(weights.map((weight) => weight / step))
      }),
      { seed: 6, numRuns: 100 },
    )
  })
})
