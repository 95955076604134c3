import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Piece, wordDiff } from './word-diff.ts'

const shown = (pieces: readonly Piece[]): string => pieces.map(({ text, same }) => (same ? text : `[${text}]`)).join('')

describe('words that differ', () => {
  it.each([
    ['to 10.244.1.2:8080 now', 'to 10.244.2.2:8080 now', 'to [10.244.1.2]:8080 now', 'to [10.244.2.2]:8080 now'],
    ['10.0.0.1:80', '10.0.0.1:81', '10.0.0.1[:80]', '10.0.0.1[:81]'],
    ['Sent on eth0.', 'Sent on flannel.1.', 'Sent on [eth0].', 'Sent on [flannel.1].'],
    ['TTL 64 becomes 63.', 'TTL 64 becomes 63.', 'TTL 64 becomes 63.', 'TTL 64 becomes 63.'],
    [
      'cni0 knows 0a:58:0a:f4:00:03.',
      'cni0 knows 0a:58:0a:f4:00:01.',
      'cni0 knows [0a:58:0a:f4:00:03].',
      'cni0 knows [0a:58:0a:f4:00:01].',
    ],
    ['a', '', '[a]', ''],
  ])('%s / %s', (left, right, a, b) => {
    expect(wordDiff(left, right).map(shown)).toEqual([a, b])
  })

  it('take what was drawn for equal when asked to', () => {
    const same = (a: string, b: string) => a === b || (a.startsWith(':') && b.startsWith(':'))
    expect(wordDiff('a:1 x', 'b:2 x', same).map(shown)).toEqual(['[a]:1 x', '[b]:2 x'])
  })

  it('lose and add nothing', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        const [a, b] = wordDiff(left, right)
        const text = (pieces: readonly Piece[]) => pieces.map((piece) => piece.text).join('')
        expect([text(a), text(b)]).toEqual([left, right])
        const common = (pieces: readonly Piece[]) => text(pieces.filter(({ same }) => same))
        expect(common(a)).toBe(common(b))
      }),
      { seed: 7, numRuns: 200 },
    )
  })
})
