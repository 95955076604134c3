import './program.css'
import '../messages/with-programs.ts'
import type { ProgramChange, ProgramChanges } from '../../worker/protocol/programs.ts'
import { count, number, t } from '../messages/t.ts'
import { LogLines } from './log-part.tsx'

/** What becomes of each program: how it takes the change, and what it will say. */
export function ChangeLines({ changes }: { readonly changes: ProgramChanges }) {
  if (changes.changes.length === 0) return null
  return (
    <ul className="program-changes" aria-label={t('program.changes')} data-testid="program-changes">
      {changes.changes.map((change) => (
        <li key={`${change.name} ${change.ids.join(' ')}`}>
          <span className="op" data-op={OPS[change.how]}>
            {change.name}
          </span>
          <span>
            {howText(change)}
            {change.ids.length > 1 && <small className="muted"> ({count('program.pods', change.ids.length)})</small>}
            {change.log.length > 0 && (
              <>
                <br />
                <small className="muted">{t('program.changes.log')}</small>
                <LogLines target={change.ids[0] ?? ''} lines={change.log} />
              </>
            )}
          </span>
        </li>
      ))}
      {changes.total > changes.changes.length && (
        <li className="muted">{t('program.changes.more', { count: number(changes.total - changes.changes.length) })}</li>
      )}
    </ul>
  )
}

const OPS: Readonly<Record<ProgramChange['how'], 'created' | 'configured' | 'deleted'>> = {
  start: 'created',
  stop: 'deleted',
  reload: 'configured',
  update: 'configured',
  restart: 'configured',
  endpoints: 'configured',
}

/** What ingress-nginx takes in without a reload are its endpoints. */
const howText = ({ name, how }: ProgramChange): string =>
  name === 'ingress-nginx' && how === 'update' ? t('program.how.lua') : t(`program.how.${how}`)

export interface ChangedPage {
  readonly id: string
  readonly program: string
  readonly file: string
  readonly before: string
  readonly after: string
}

/** Every file that changes, as a page to look at. What goes or comes as a whole is no change to read. */
export const changedPages = ({ changes }: ProgramChanges): readonly ChangedPage[] =>
  changes.flatMap(({ name, ids, how, files }) =>
    how === 'stop'
      ? []
      : files.map(({ name: file, before, after }) => ({ id: `${ids[0] ?? ''} ${file}`, program: name, file, before, after })),
  )

/** `/etc/nginx/nginx.conf` by its last part, which is what fits on a tab. */
export const pageTitle = ({ file }: ChangedPage): string => file.slice(file.lastIndexOf('/') + 1)
