import { useCallback, useEffect, useState } from 'react'
import type { Listing, Program } from '../../worker/protocol.ts'
import { useApp, useStudio } from '../studio.ts'

/** Lines that are asked for at once. */
const PIECE = 400
const ALL = 10_000_000

export interface Lines {
  readonly programs: readonly Program[]
  readonly program: Program | undefined
  readonly total: number
  readonly isAnswered: boolean
  /** Those that are there; the others are on their way, and empty. `last` is exclusive. */
  readonly between: (first: number, last: number) => readonly string[]
  /** Asks for those lines, and lets go of others. */
  readonly want: (first: number, last: number) => void
  readonly all: () => Promise<string>
}

interface Answer {
  readonly of: string
  readonly listing: Listing | undefined
  readonly pieces: ReadonlyMap<number, readonly string[]>
}

/** The lines of a program's text, asked for in pieces as somebody comes to them. */
export function useLines(target: string, program: Program, find: string): Lines {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const sent = useApp((state) => state.records.length)
  const of = `${target} ${program} ${find}`
  const [answer, setAnswer] = useState<Answer>()
  const [wanted, setWanted] = useState<ReadonlySet<number>>(FIRST)
  useEffect(() => {
    let current = true
    for (const piece of wanted) {
      client
        .ask({ kind: 'listing', target, program, find, offset: piece * PIECE, limit: PIECE })
        .then((listing) => {
          if (current) setAnswer((old) => withPiece(old, of, piece, listing))
        })
        .catch(() => undefined)
    }
    return () => {
      current = false
    }
  }, [client, target, program, find, of, wanted, revision, sent])
  const known = answer?.of === of ? answer : undefined
  const between = (first: number, last: number): readonly string[] =>
    Array.from({ length: Math.max(0, last - first) }, (_, i) => lineAt(known, first + i))
  const want = useCallback(
    (first: number, last: number) =>
      setWanted((old) => (piecesOf(first, last).every((piece) => old.has(piece)) ? old : new Set(piecesOf(first, last)))),
    [],
  )
  return {
    programs: answer?.listing?.programs ?? [],
    program: answer?.listing?.program,
    total: known?.listing?.total ?? 0,
    isAnswered: answer !== undefined,
    between,
    want,
    all: async () => ((await client.ask({ kind: 'listing', target, program, find, offset: 0, limit: ALL }))?.lines ?? []).join('\n'),
  }
}

const FIRST: ReadonlySet<number> = new Set([0])

const lineAt = (answer: Answer | undefined, line: number): string => answer?.pieces.get(Math.floor(line / PIECE))?.[line % PIECE] ?? ''

function piecesOf(first: number, last: number): readonly number[] {
  const from = Math.floor(first / PIECE)
  return Array.from({ length: Math.floor(Math.max(first, last - 1) / PIECE) - from + 1 }, (_, i) => from + i)
}

/** Pieces of one text belong together; those of another go. */
const withPiece = (old: Answer | undefined, of: string, piece: number, listing: Listing | undefined): Answer => ({
  of,
  listing,
  pieces: new Map(old?.of === of && old.listing?.total === listing?.total ? old.pieces : []).set(piece, listing?.lines ?? []),
})
