import { align } from './align.ts'

/** A part of a line, and whether the other line has it too. */
export interface Piece {
  readonly text: string
  readonly same: boolean
}

/** Longer lines than these are compared as a whole: alignment is quadratic. */
const MOST = 160

/**
 * Two lines that differ, in words; an address and its port are two, so that a port that differs is marked alone. `same` decides for words, so that a port
 * which was drawn may count as equal.
 */
export function wordDiff(
  left: string,
  right: string,
  same: (a: string, b: string) => boolean = Object.is,
): readonly [left: readonly Piece[], right: readonly Piece[]] {
  const [a, b] = [wordsOf(left), wordsOf(right)]
  if (a.length > MOST || b.length > MOST) return [[{ text: left, same: false }], [{ text: right, same: false }]]
  const rows = align(a, b, same)
  return [joined(rows.flatMap((row) => pieceOf(row.left, row.same))), joined(rows.flatMap((row) => pieceOf(row.right, row.same)))]
}

/** MAC and IPv6 addresses, ports, words, the space between them, and each sign by itself; a dot inside of an address belongs to it. */
const WORD = /(?<![\da-f:])[\da-f]*(?::[\da-f]*){2,}|:\d+|[\p{L}\d_]+(?:[.\-/][\p{L}\d_]+)*|\s+|./gu
const wordsOf = (text: string): readonly string[] => text.match(WORD) ?? []

const pieceOf = (text: string | undefined, same: boolean): readonly Piece[] => (text === undefined ? [] : [{ text, same }])

/** Neighbours of one kind in one piece; a blank between two that differ differs with them. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const out: Piece[] = []
  for (const [index, piece] of pieces.entries()) {
    const blank = piece.text.trim() === '' && out.at(-1)?.same === false && pieces[index + 1]?.same === false
    const same = blank ? false : piece.same
    const last = out.at(-1)
    if (last && last.same === same) out[out.length - 1] = { text: last.text + piece.text, same }
    else out.push({ text: piece.text, same })
  }
  return out
}
