import { t } from '../messages/t.ts'
import '../messages/with-programs.ts'
import { select } from '../pick.ts'
import { useStudio } from '../studio.ts'
import type { ConfigLine } from '../../core/apps/program.ts'
import type { NamedObject, RowPlace } from '../../worker/protocol/programs.ts'
import { type Pointed, pointAt } from './focus.ts'

interface Props {
  readonly target: string
  readonly next?: RowPlace | undefined
  readonly object?: NamedObject | undefined
  readonly at?: ConfigLine | undefined
  /** Where the program's own page is not open yet. */
  readonly onPoint?: () => void
}

/** Where a row leads: to the row of another table, to the object that it was made of, to its line of the configuration. */
export function RowLinks({ target, next, object, at, onPoint }: Props) {
  const studio = useStudio()
  const point = (pointed: Pointed) => {
    onPoint?.()
    pointAt(target, pointed)
  }
  return (
    <span className="program-links">
      {next && (
        <button type="button" className="link" onClick={() => point({ kind: 'row', table: next.table, row: next.row })}>
          → {next.row}
          <span className="unseen"> {t('program.next', { row: next.row })}</span>
        </button>
      )}
      {object && <ObjectName object={object} onOpen={() => select(studio, object.id)} />}
      {at && (
        <button
          type="button"
          className="link"
          title={t('program.line.of', { line: at.line, file: at.file })}
          onClick={() => point({ kind: 'line', file: at.file, line: at.line })}
        >
          {at.file.slice(at.file.lastIndexOf('/') + 1)}:{at.line}
        </button>
      )}
    </span>
  )
}

/** `ingress/default/shop` as people say it. */
function ObjectName({ object, onOpen }: { readonly object: NamedObject; readonly onOpen: () => void }) {
  const name = object.id.slice(object.id.lastIndexOf('/') + 1)
  const kind = object.id.slice(0, object.id.indexOf('/'))
  return (
    <button type="button" className="link" title={[object.id, object.field].filter(Boolean).join(' ')} onClick={onOpen}>
      {kind} {name}
    </button>
  )
}
