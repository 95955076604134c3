import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PersistentMap } from './persistent-map.ts'

interface Change {
  readonly key: string
  readonly value?: number
}

/** Few names, so that they go and come back; runs of new ones, so that the trie grows higher. */
const change = fc.oneof(
  fc.record<Change>({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), value: fc.integer({ min: 0, max: 3 }) }),
  fc.constantFrom('a', 'b', 'c', 'd', 'e').map((key): Change => ({ key })),
)
const many = fc
  .record({ from: fc.integer({ min: 0, max: 60 }), count: fc.integer({ min: 1, max: 1200 }), gone: fc.boolean() })
  .map(({ from, count, gone }) =>
    Array.from({ length: count }, (_, i): Change => (gone ? { key: `n${from + i}` } : { key: `n${from + i}`, value: i })),
  )
const transaction = fc.oneof({ weight: 4, arbitrary: fc.array(change, { maxLength: 6 }) }, { weight: 1, arbitrary: many })
/** Each transaction changes some earlier version, as after an undo. */
const history = fc.array(fc.record({ at: fc.nat(), changes: transaction }), { maxLength: 12 })

function plain(before: ReadonlyMap<string, number>, changes: readonly Change[]): ReadonlyMap<string, number> {
  const after = new Map(before)
  for (const { key, value } of changes) {
    if (value === undefined) after.delete(key)
    else after.set(key, value)
  }
  return after
}

interface Version {
  readonly map: PersistentMap<number>
  readonly model: ReadonlyMap<string, number>
}

function versions(steps: readonly { readonly at: number; readonly changes: readonly Change[] }[]): readonly Version[] {
  const all: Version[] = [{ map: new PersistentMap(), model: new Map() }]
  for (const { at, changes } of steps) {
    const from = all[at % all.length] as Version
    all.push({ map: from.map.with(changes), model: plain(from.model, changes) })
  }
  return all
}

describe('a persistent map', () => {
  it('is what a Map with the same history is, in every version that any other was made of', () => {
    fc.assert(
      fc.property(history, (steps) => {
        for (const { map, model } of versions(steps)) {
          expect([...map]).toEqual([...model])
          expect([...map.keys()]).toEqual([...model.keys()])
          expect([...map.values()]).toEqual([...model.values()])
          expect(map.size).toBe(model.size)
          expect(Array.from(map.map((value, key) => `${key}${value}`))).toEqual([...model].map(([key, value]) => [key, `${key}${value}`]))
          for (const key of ['a', 'b', 'c', 'd', 'e', 'n0', 'n31', 'n32', 'n1055']) {
            expect(map.get(key)).toBe(model.get(key))
            expect(map.has(key)).toBe(model.has(key))
          }
        }
      }),
      { seed: 1 },
    )
  })

  it('tells where two of its versions differ', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const all = versions(steps)
        for (const before of all)
          for (const after of [all[0], all.at(-1)] as Version[]) {
            const differences = [...before.map.differences(after.map)]
            for (const { key, from, to } of differences) {
              if (from !== undefined) expect(before.model.get(key)).toBe(from)
              if (to !== undefined) expect(after.model.get(key)).toBe(to)
            }
            const told = new Set(differences.map(({ key }) => key))
            for (const key of [...before.model.keys(), ...after.model.keys()])
              if (before.model.get(key) !== after.model.get(key)) expect(told).toContain(key)
          }
      }),
      { seed: 1, numRuns: 15 },
    )
  })

  it('changes apart from the map that it has its names from', () => {
    const map = PersistentMap.of([['a', 1]])
    const texts = map.map(String)
    const [one, other] = [
      map.with([{ key: 'b', value: 2 }]),
      texts.with([
        { key: 'c', value: '3' },
        { key: 'b', value: '4' },
      ]),
    ]
    expect([[...map], [...one], [...other]]).toEqual([
      [['a', 1]],
      [
        ['a', 1],
        ['b', 2],
      ],
      [
        ['a', '1'],
        ['c', '3'],
        ['b', '4'],
      ],
    ])
    expect([one.get('b'), one.get('c'), other.get('b'), other.get('c')]).toEqual([2, undefined, '4', '3'])
  })

  it('is itself when nothing changes', () => {
    const map = PersistentMap.of([['a', 1]])
    expect(map.with([{ key: 'a', value: 1 }, { key: 'b' }])).toBe(map)
    expect([...map.differences(map)]).toEqual([])
  })

  it('shares all but little with the map that it was made of', () => {
    const map = PersistentMap.of(Array.from({ length: 5000 }, (_, i) => [`${i}`, i] as const))
    const after = map.with([{ key: '7', value: -7 }, { key: 'new', value: 1 }, { key: '4000' }])
    expect([...map.differences(after)]).toEqual([
      { key: '7', from: 7, to: -7 },
      { key: '4000', from: 4000 },
      { key: 'new', to: 1 },
    ])
  })

  it('keeps its order when what has come and gone makes room', () => {
    let map = PersistentMap.of<number>([['stays', 0]])
    for (let i = 0; i < 1000; i++) map = map.with([{ key: `${i}`, value: i }, ...(i > 0 ? [{ key: `${i - 1}` }] : [])])
    expect([...map]).toEqual([
      ['stays', 0],
      ['999', 999],
    ])
  })
})
