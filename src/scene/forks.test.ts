import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Choice } from '../core/base/choose.ts'
import type { RuleStep } from '../core/kernel/step.ts'
import { forksOf } from './forks.ts'
import { trace } from './testdata/traces.ts'

/** A packet that goes through KUBE-SVC at node a, where rules 0.. lead to endpoints 10.0.0.(i + 1). */
const sent = (rules: readonly RuleStep[]) => {
  const plain = trace(`@a
    receive veth1
    chain nat PREROUTING
    route input`)
  const hops = plain.hops.map((hop) => ({ ...hop, steps: hop.steps.map((step) => (step.kind === 'chain' ? { ...step, rules } : step)) }))
  return { ...plain, hops }
}

const draw = (index: number, taken: number, probability: number): Choice => ({
  why: { kind: 'statistic', netns: 'a', table: 'nat', chain: 'KUBE-SVC', index, jump: `KUBE-SEP-${index}` },
  taken,
  probability,
})
const seen = (index: number) => ({
  index,
  rule: `-A KUBE-SVC -m comment --comment "default/web -> 10.0.0.${index + 1}:80" -m statistic --mode random -j KUBE-SEP-${index}`,
  failed: '-m statistic',
  actual: 'drawn otherwise',
})
const matched = (index: number, considered: readonly number[]): RuleStep => ({
  chain: 'KUBE-SVC',
  index,
  rule: '-A KUBE-SVC -j KUBE-SEP',
  verdict: 'JUMP KUBE-SEP',
  depth: 1,
  considered: considered.map(seen),
})

const shown = (rules: readonly RuleStep[], choices: readonly Choice[]) =>
  forksOf([sent(rules)], choices, (packet, hop, step) => 100 * packet + 10 * hop + step).map(
    ({ station, ghosts }) =>
      `${station}: ${ghosts.map(({ probability, to }) => `${Math.round(probability * 100)} ${to ?? '*'}`).join(', ')}`,
  )

describe('forksOf', () => {
  it.each([
    ['the last of three', [matched(2, [0, 1])], [draw(0, 1, 2 / 3), draw(1, 1, 1 / 2)], ['1: 33 10.0.0.1:80, 33 10.0.0.2:80']],
    ['the first of three', [matched(0, [])], [draw(0, 0, 1 / 3)], ['1: 67 *']],
    ['the second of three', [matched(1, [0])], [draw(0, 1, 2 / 3), draw(1, 0, 1 / 2)], ['1: 33 10.0.0.1:80, 33 *']],
    ['a near miss that is not listed', [matched(2, [1])], [draw(0, 1, 2 / 3), draw(1, 1, 1 / 2)], ['1: 33 KUBE-SEP-0, 33 10.0.0.2:80']],
    ['the only one', [matched(0, [])], [], []],
    ['a draw elsewhere', [matched(0, [])], [{ ...draw(0, 0, 0.5), why: { ...draw(0, 0, 0.5).why, netns: 'b' } } as Choice], []],
    [
      'a name of several addresses',
      [],
      [{ why: { kind: 'address', name: 'db', addresses: ['1', '2'] }, taken: 0, probability: 0.5 }],
      ['0: 50 *'],
    ],
  ] as const)('shows %s', (_, rules, choices, text) => {
    expect(shown(rules, choices)).toEqual(text)
  })

  it('loses no probability: what was taken and all ghosts are 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (count, at) => {
        const taken = at % count
        const choices = Array.from({ length: Math.min(taken + 1, count - 1) }, (_, i) => {
          const p = 1 / (count - i)
          return i === taken ? draw(i, 0, p) : draw(i, 1, 1 - p)
        })
        const [fork] = forksOf([sent([matched(taken, [])])], choices, () => 1)
        const ghosts = fork?.ghosts.reduce((sum, ghost) => sum + ghost.probability, 0) ?? 0
        expect(ghosts + 1 / count).toBeCloseTo(1, 9)
      }),
    )
  })
})
