import { expect, test } from 'vitest'
import type { Ip } from '../../net/ip.ts'
import { MAX_ADDRESSES, type RecentMatch, recentLists } from './recent.ts'

const A = '10.0.0.1' as Ip
const B = '10.0.0.2' as Ip
const match = (action: RecentMatch['action'], over: Partial<RecentMatch> = {}): RecentMatch => ({
  kind: 'recent',
  name: 'l',
  action,
  mask: '255.255.255.255',
  side: 'rsource',
  ...over,
})

/** Each row: seconds, address, what the rule does, whether it holds. */
type Row = readonly [number, Ip, RecentMatch, boolean]

test.each<[string, readonly Row[]]>([
  [
    'set always holds and remembers',
    [
      [0, A, match('set'), true],
      [1, A, match('rcheck'), true],
      [1, B, match('rcheck'), false],
    ],
  ],
  [
    'an inverted set remembers and does not hold',
    [
      [0, A, match('set', { not: true }), false],
      [1, A, match('rcheck'), true],
    ],
  ],
  [
    'rcheck looks back so many seconds and does not refresh',
    [
      [0, A, match('set'), true],
      [9, A, match('rcheck', { seconds: 10 }), true],
      [10, A, match('rcheck', { seconds: 10 }), true],
      [11, A, match('rcheck', { seconds: 10 }), false],
    ],
  ],
  [
    'update refreshes when it holds',
    [
      [0, A, match('set'), true],
      [9, A, match('update', { seconds: 10 }), true],
      [18, A, match('rcheck', { seconds: 10 }), true],
    ],
  ],
  [
    'update does not refresh when it fails',
    [
      [0, A, match('set'), true],
      [20, A, match('update', { seconds: 10 }), false],
      [21, A, match('rcheck', { seconds: 10 }), false],
    ],
  ],
  [
    'hitcount counts within the seconds',
    [
      [0, A, match('set'), true],
      [1, A, match('set'), true],
      [2, A, match('rcheck', { seconds: 10, hitcount: 3 }), false],
      [2, A, match('set'), true],
      [3, A, match('rcheck', { seconds: 10, hitcount: 3 }), true],
    ],
  ],
  [
    'remove forgets',
    [
      [0, A, match('set'), true],
      [1, A, match('remove'), true],
      [2, A, match('remove'), false],
      [2, A, match('rcheck'), false],
    ],
  ],
  [
    'an inverted rcheck holds for the unknown',
    [
      [0, A, match('rcheck', { not: true }), true],
      [0, A, match('set'), true],
      [1, A, match('rcheck', { not: true }), false],
    ],
  ],
  [
    'reap takes the oldest address only, when it is too old',
    [
      [0, A, match('set'), true],
      [8, B, match('set'), true],
      [20, B, match('rcheck', { seconds: 10, reap: true }), false],
      [20, A, match('rcheck'), false],
      [20, B, match('rcheck'), true],
    ],
  ],
  [
    'a mask joins a network',
    [
      [0, A, match('set', { mask: '255.255.255.0' }), true],
      [0, B, match('rcheck', { mask: '255.255.255.0' }), true],
      [0, B, match('rcheck'), false],
    ],
  ],
])('%s', (_, rows) => {
  const lists = recentLists(new Map())
  expect(rows.map(([now, ip, rule]) => lists.in('n', now).check(rule, ip))).toEqual(rows.map((row) => row[3]))
})

test('a full list forgets who was updated longest ago', () => {
  const lists = recentLists(new Map())
  const address = (i: number) => `10.1.${i >> 8}.${i & 255}` as Ip
  for (let i = 0; i < MAX_ADDRESSES; i++) lists.in('n', i).check(match('set'), address(i))
  lists.in('n', 200).check(match('set'), address(0))
  lists.in('n', 201).check(match('set'), address(1000))
  const now = lists.in('n', 202)
  expect([0, 1, 2, 1000].map((i) => now.check(match('rcheck'), address(i)))).toEqual([true, false, true, true])
})

test('lists that came in are untouched, and the same when nothing changed', () => {
  const base = new Map([['n l', new Map([[A, [0]]])]])
  const lists = recentLists(base)
  lists.in('n', 5).check(match('rcheck'), A)
  expect(lists.lists()).toBe(base)
  lists.in('n', 5).check(match('set'), A)
  lists.in('m', 5).check(match('set'), B)
  const next = lists.lists()
  lists.in('n', 6).check(match('remove'), A)
  expect(base.get('n l')?.get(A)).toEqual([0])
  expect([...next].map(([key, list]) => [key, [...list]])).toEqual([
    ['n l', [[A, [0, 5]]]],
    ['m l', [[B, [5]]]],
  ])
})
