import { useEffect, useState } from 'react'
import type { SentRecord, WhatIf, WhatIfFound } from '../../worker/protocol.ts'
import { packetsOf } from '../position.ts'
import { useApp, useStudio } from '../studio.ts'

/** What would have come of a request; asked for anew when the cluster or the request is another. Undefined until it is known. */
export function useWhatIf(record: SentRecord | undefined, instead: WhatIf | undefined): WhatIfFound | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [answer, setAnswer] = useState<{ readonly of: readonly unknown[]; readonly found: WhatIfFound }>()
  const kind = instead === undefined ? undefined : JSON.stringify(instead)
  useEffect(() => {
    if (!record || kind === undefined) return
    let current = true
    const picks = record.conversation.choices.map(({ taken }) => taken)
    client
      .ask({ kind: 'what-if', order: record.order, picks, instead: JSON.parse(kind) as WhatIf })
      .then((found) => current && setAnswer({ of: [record, kind, revision], found }))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, record, kind, revision])
  return answer?.of[0] === record && answer?.of[1] === kind && answer?.of[2] === revision ? answer?.found : undefined
}

/** Where the first packet arrived: `10.244.1.5:8080`, empty where it did not. */
export function endOf({ conversation }: SentRecord): string {
  const end = packetsOf(conversation)[0]?.disposition
  if (end?.kind !== 'delivered') return ''
  const { ip, transport } = end.packet
  return 'destinationPort' in transport ? `${ip.destination}:${transport.destinationPort}` : ip.destination
}
