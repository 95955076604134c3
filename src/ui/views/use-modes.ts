import { useEffect, useState } from 'react'
import type { ModeCost, SentRecord, Settings, WhatIfFound } from '../../worker/protocol.ts'
import { useApp, useStudio } from '../studio.ts'
import { endOf } from './use-what-if.ts'

type Mode = Settings['mode']

export interface InMode {
  readonly mode: Mode
  readonly found?: WhatIfFound
  readonly cost?: ModeCost
}

/** A request in every mode that there is, and what the modes cost: one answer after the other, so that the worker can do something else between. */
export function useModes(record: SentRecord, modes: readonly Mode[]): readonly InMode[] {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [known, setKnown] = useState<{ readonly of: readonly unknown[]; readonly all: readonly InMode[] }>()
  const names = modes.join(' ')
  useEffect(() => {
    let current = true
    const of = [record, revision, names]
    const add = (part: InMode) => {
      if (current) setKnown((old) => ({ of, all: merged(old && isSame(old.of, of) ? old.all : [], part) }))
    }
    const picks = record.conversation.choices.map(({ taken }) => taken)
    const ask = async () => {
      const wanted = names.split(' ').filter((name) => name !== '') as readonly Mode[]
      for (const mode of wanted) {
        const found = await client.ask({ kind: 'what-if', order: record.order, picks, instead: { kind: 'mode', mode, end: endOf(record) } })
        add({ mode, found })
      }
      for (const mode of wanted) {
        if (!current) return
        const cost = await client.ask({ kind: 'mode-cost', mode })
        if (cost) add({ mode, cost })
      }
    }
    ask().catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, record, revision, names])
  const all = known && isSame(known.of, [record, revision, names]) ? known.all : []
  return modes.map((mode) => all.find((each) => each.mode === mode) ?? { mode })
}

const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean => a.every((each, index) => each === b[index])

const merged = (all: readonly InMode[], part: InMode): readonly InMode[] => [
  ...all.filter(({ mode }) => mode !== part.mode),
  { ...all.find(({ mode }) => mode === part.mode), ...part },
]
