import '../messages/with-player.ts'
import { t } from '../messages/t.ts'
import type { Break } from '../player.ts'
import { compare } from '../position.ts'
import type { Store } from '../store.ts'

export const explainBreak = (what: 'set' | 'unset', condition: string): string => t(`break.${what}`, { condition })

/** Why play stopped, as long as it stands where it did. */
export function stoppedAt({ playback }: Store): Break | undefined {
  const { stopped, position, playing } = playback
  return stopped && !playing && compare(stopped.position, position) === 0 ? stopped : undefined
}

export function becauseText({ because, detail }: Break): string {
  const all = because.join(', ')
  return detail === undefined ? t('break.stopped', { because: all }) : t('break.stopped.detail', { because: all, detail })
}
