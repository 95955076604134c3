import type { Disposition } from '../core/walk/trace.ts'
import { has, t, tell } from './messages/t.ts'

/** The line beside a packet that ended badly. `reason` is a word of the trace: a DropReason, a REJECT type, an errno. */
export function endText(kind: Exclude<Disposition['kind'], 'delivered'>, reason: string | undefined): string {
  const key = `mark.${kind}`
  return has(key) ? tell(key, { reason: reason === undefined ? '' : reasonText(kind, reason) }) : kind
}

function reasonText(kind: Disposition['kind'], reason: string): string {
  const key = kind === 'dropped' ? `drop.${reason}` : kind === 'not-sent' ? `errno.${reason}` : ''
  return has(key) ? t(key as 'drop.rule') : reason
}
