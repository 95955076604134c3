import type { Severity } from '../../core/findings/finding.ts'
import { edit } from '../history/change.ts'
import { t } from '../messages/t.ts'
import '../messages/with-findings.ts'
import type { Studio } from '../studio.ts'
import type { FoundWrong, Mend } from '../../worker/protocol/findings.ts'

/** Selects whom a finding is about, in the inspector and on the map; for the cluster's own configuration its dialog opens. */
export function jumpTo({ store }: Studio, subject: string): void {
  store.getState().change((state) => {
    if (subject === '') {
      state.dialog = 'cluster'
      return
    }
    state.selected = subject
    state.inspecting = 'object'
    state.zoom = { what: 'focus', number: (state.zoom?.number ?? 0) + 1 }
    // A phone shows one panel at a time.
    if (matchMedia('(max-width: 760px)').matches) state.tab = 'inspector'
  })
}

/** A deed like others: named, told, and undone by one click. */
export const mend = (studio: Studio, { edit: change }: Mend): Promise<boolean> => edit(studio, change)

/** More subjects than these nobody steps through. */
const STEPPED = 500

/** From the object that is selected to the next one that has something wrong, the gravest first; round at the end. */
export async function jumpOn(studio: Studio, by: 1 | -1): Promise<void> {
  const { actions, store } = studio
  const { findings } = await actions.client.ask({ kind: 'findings', find: '', limit: STEPPED })
  const subjects = [...new Set(findings.filter(graver).map(({ subject }) => subject))].filter((subject) => subject !== '')
  const at = subjects.indexOf(store.getState().selected ?? '')
  const next = subjects[at < 0 && by < 0 ? subjects.length - 1 : (at + by + subjects.length) % subjects.length]
  if (next === undefined) actions.toast({ tone: 'info', text: t('findings.none') })
  else jumpTo(studio, next)
}

const NOTES: ReadonlySet<Severity> = new Set(['info'])
const graver = ({ finding }: FoundWrong): boolean => !NOTES.has(finding.severity)
