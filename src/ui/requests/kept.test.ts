import { describe, expect, it } from 'vitest'
import type { SendOrder } from '../../worker/protocol.ts'
import { keptIn, type KeptRequest, moved, removed, renamed, withRequest } from './kept.ts'

const ORDER: SendOrder = { from: 'pod/default/a', to: 'b:80', protocol: 'tcp' }
const three = ['a', 'b', 'c'].reduce<readonly KeptRequest[]>((kept, name) => withRequest(kept, name, ORDER), [])
const names = (kept: readonly KeptRequest[]): string => kept.map(({ name }) => name).join('')

describe('kept requests', () => {
  it('are appended, each with an id of its own', () => {
    expect(names(three)).toBe('abc')
    expect(withRequest(removed(three, 1), 'd', ORDER).map(({ id }) => id)).toEqual([2, 3, 4])
  })

  it.each<readonly [number, -1 | 1, string]>([
    [1, 1, 'bac'],
    [3, -1, 'acb'],
    [1, -1, 'abc'],
    [3, 1, 'abc'],
    [9, 1, 'abc'],
  ])('%i moved by %i', (id, by, expected) => {
    expect(names(moved(three, id, by))).toBe(expected)
  })

  it('are renamed and removed', () => {
    expect(names(renamed(three, 2, 'x'))).toBe('axc')
    expect(names(removed(three, 2))).toBe('ac')
  })

  it('of a link are checked one by one', () => {
    const given = [...three, { name: 1, order: ORDER }, { name: 'y', order: 'no' }, null]
    expect(names(keptIn(given, (order) => typeof order === 'object'))).toBe('abc')
    expect(keptIn('no', () => true)).toEqual([])
  })
})
