import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BranchReason, type Choose, enumerate, seeded } from './choose.ts'

const why: BranchReason = { kind: 'nexthop', netns: 'test', route: '' }
const branch = (choose: Choose, weights: readonly number[]): number => choose({ kind: 'branch', weights, why })

describe('enumerate', () => {
  it('visits every leaf of an uneven tree once, in order, with its probability', () => {
    const { paths, complete } = enumerate((choose) => {
      const first = branch(choose, [0.5, 0.25, 0.25])
      return first === 1 ? `1${branch(choose, [0.1, 0.9])}` : `${first}`
    }, 100)
    expect(paths.map(({ value, probability }) => `${value} ${probability.toFixed(3)}`)).toEqual([
      '0 0.500',
      '10 0.025',
      '11 0.225',
      '2 0.250',
    ])
    expect(complete).toBe(true)
  })

  it('stops at the limit and says so', () => {
    const { paths, complete } = enumerate((choose) => [branch(choose, [0.5, 0.5]), branch(choose, [0.5, 0.5])], 3)
    expect(paths.length).toBe(3)
    expect(complete).toBe(false)
  })

  it('steps over branches of weight 0', () => {
    const { paths } = enumerate((choose) => branch(choose, [0, 1, 0]), 10)
    expect(paths).toEqual([{ value: 1, probability: 1 }])
  })

  it('never forks at a draw', () => {
    const { paths } = enumerate((choose) => choose({ kind: 'draw', from: 1024, to: 65535, why: 'port' }), 10)
    expect(paths.length).toBe(1)
    expect(paths[0]?.value).toBeGreaterThanOrEqual(1024)
  })

  it('has probabilities that sum to 1 and a seeded path among its own', () => {
    const weights = fc
      .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })
      .map((ws) => ws.map((w) => w / ws.reduce((a, b) => a + b, 0)))
    fc.assert(
      fc.property(fc.array(weights, { maxLength: 4 }), fc.nat(), (tree, seed) => {
        const run = (choose: Choose): string => tree.map((ws) => branch(choose, ws)).join('')
        const { paths } = enumerate(run, 1000)
        expect(paths.reduce((sum, path) => sum + path.probability, 0)).toBeCloseTo(1, 9)
        expect(paths.map((path) => path.value)).toContain(run(seeded(seed)))
      }),
    )
  })
})

describe('seeded', () => {
  it('repeats itself and keeps draws within their range', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(1000), fc.nat(1000), (seed, from, size) => {
        const question = { kind: 'draw', from, to: from + size, why: 'port' } as const
        const answer = seeded(seed)(question)
        expect(answer).toBe(seeded(seed)(question))
        expect(answer).toBeGreaterThanOrEqual(from)
        expect(answer).toBeLessThanOrEqual(from + size)
      }),
    )
  })
})
