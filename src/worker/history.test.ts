import { describe, expect, it } from 'vitest'
import type { Cluster } from '../core/cluster/cluster.ts'
import type { Deed } from './protocol.ts'
import { History, type World } from './history.ts'

/** Worlds are only handed on: a name stands for one. */
const world = (name: string): World => ({ cluster: name as unknown as Cluster, pins: {} })
const deed = (what: string): Deed => ({ kind: 'apply', what, others: 0 })

class Story {
  readonly history = new History()
  here = 'start'

  act(what: string): this {
    const after = `${this.here}+${what}`
    this.history.add(deed(what), world(this.here), world(after))
    this.here = after
    return this
  }

  go(way: 'undo' | 'redo' | number): this {
    const found = typeof way === 'number' ? this.history.goTo(way) : this.history[way]()
    this.here = found ? (found.world.cluster as unknown as string) : `${this.here} (nowhere)`
    return this
  }

  names(): string {
    const { past, undone, at, ahead } = this.history.names()
    return `${past.map(({ what }) => what).join('')}|${undone.map(({ what }) => what).join('')} at ${at} ahead ${ahead.join(',')}`
  }
}

describe('history', () => {
  it('goes back and forth by name', () => {
    const story = new Story().act('a').act('b').go('undo')
    expect([story.here, story.names()]).toEqual(['start+a', 'a|b at 1 ahead 2'])
    story.go('redo')
    expect([story.here, story.names()]).toEqual(['start+a+b', 'ba| at 2 ahead '])
    expect(story.go('redo').here).toBe('start+a+b (nowhere)')
  })

  it('keeps the branch that was left, and goes back to it', () => {
    const story = new Story().act('a').act('b').go('undo').act('c')
    expect(story.names()).toBe('ca| at 3 ahead ')
    expect(story.history.names().steps.map(({ id, parent }) => [id, parent])).toEqual([
      [1, 0],
      [2, 1],
      [3, 1],
    ])
    expect(story.go(2).here).toBe('start+a+b')
    expect(story.go('undo').go('redo').here).toBe('start+a+b')
  })

  it('goes to the beginning and on from there', () => {
    const story = new Story().act('a').act('b').go(0)
    expect([story.here, story.names()]).toEqual(['start', '|ab at 0 ahead 1,2'])
    expect(story.go(2).here).toBe('start+a+b')
    expect(story.act('c').go(1).names()).toBe('a|bc at 1 ahead 2,3')
  })

  it('goes nowhere where it is already, or to what there is not', () => {
    const story = new Story().act('a')
    expect([1, 7, -1].map((step) => story.history.goTo(step))).toEqual([undefined, undefined, undefined])
    expect(new Story().history.goTo(0)).toBeUndefined()
  })

  it('forgets the oldest of very many, and everything when cleared', () => {
    const story = new Story()
    for (let i = 0; i < 510; i++) story.history.add(deed(String(i)), world(`${i}`), world(`${i + 1}`))
    expect(story.history.names().past).toHaveLength(500)
    expect(story.go(0).here).toBe('10')
    expect(story.go('redo').here).toBe('11')
    story.history.clear()
    expect(story.names()).toBe('| at 0 ahead ')
  })
})
