import type { ProgramLine } from '../../worker/protocol/programs.ts'
import { t } from '../messages/t.ts'
import { RowLinks } from './row-links.tsx'

/** What the program says in its own words, the gravest level marked by colour and word. */
export function LogLines({ target, lines }: { readonly target: string; readonly lines: readonly ProgramLine[] }) {
  if (lines.length === 0) return <p className="tables-none">{t('program.log.none')}</p>
  return (
    <ol className="program-log" aria-label={t('program.log')}>
      {lines.map(({ level, text, object }, index) => (
        // The same may be said twice.
        <li key={`${index} ${text}`} data-level={level}>
          <b>{t(`program.level.${level}`)}</b>
          <span>
            <code>{text}</code> {object && <RowLinks target={target} object={object} />}
          </span>
        </li>
      ))}
    </ol>
  )
}
