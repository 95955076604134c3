import type { Outcome } from './conversation.ts'
import type { DraftConnection } from './journal.ts'

/** Who made the last response on a connection: its server, or the one behind it, or the one behind that. With what that server saw as its client. */
export function answerOf(connections: readonly DraftConnection[], at: number): Pick<Outcome, 'answeredBy' | 'clientSeen' | 'served'> {
  let index = at
  // Connections lead to later ones only.
  for (;;) {
    const draft = connections[index]
    if (!draft) return {}
    const last = draft.exchanges.at(-1)?.routed
    const onwards = last?.kind === 'proxy' ? last.upstream : last === undefined ? draft.stream?.upstream : undefined
    const next = onwards?.at(-1)
    if (next === undefined || next <= index) return namesOf(draft, (last ?? draft.stream)?.why)
    index = next
  }
}

function namesOf({ server, seen }: DraftConnection, why: string | undefined): ReturnType<typeof answerOf> {
  if (!server) return {}
  const by = server.owner ?? server.netns
  return {
    answeredBy: by,
    ...(seen !== undefined && { clientSeen: seen }),
    served: { by, program: server.program ?? '', ...(why !== undefined && { why }) },
  }
}
