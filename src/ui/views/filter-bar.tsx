import { ListFilter, X } from 'lucide-react'
import { useEffect, useId, useMemo, useRef } from 'react'
import { IconButton } from '../icon-button.tsx'
import { t } from '../messages/t.ts'
import '../messages/with-tables.ts'
import '../messages/with-views.ts'
import type { Row } from '../packets/rows.ts'
import { packetsOf } from '../position.ts'
import { useApp, useStudio } from '../studio.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { type FilterError, matches, parseFilter } from './filter.ts'
import type { Seen } from './filter-fields.ts'
import { FilterInput } from './filter-input.tsx'
import { hidesNoise, toggledNoise } from './narrowed.ts'
import './filter.css'

interface Props {
  readonly rows: readonly Row[]
  readonly records: readonly SentRecord[]
  /** Rows that pass; undefined when there is no filter. */
  readonly onShown: (rows: readonly Row[] | undefined) => void
}

/** Above the packet list: which packets it shows. While the text makes no sense the last filter that did stays. */
export function FilterBar({ rows, records, onShown }: Props) {
  const { store } = useStudio()
  const text = useApp((state) => state.filter)
  const note = useId()
  const list = useMemo(() => rows.flatMap((row) => seenOf(row, records)), [rows, records])
  const parsed = useMemo(() => parseFilter(text), [text])
  const shown = useRef<readonly Row[] | undefined>(undefined)
  const passing = useMemo(() => {
    if (!parsed.ok) return 'unknown'
    const { filter } = parsed
    return filter && rows.filter((_, index) => list[index] !== undefined && matches(filter, list[index]))
  }, [parsed, list, rows])
  useEffect(() => {
    if (passing === 'unknown') return
    shown.current = passing
    onShown(passing)
  }, [passing, onShown])
  const set = (next: string) => store.getState().change((state) => void (state.filter = next))
  const error = parsed.ok ? undefined : parsed.error
  return (
    <div className="filter" role="search" aria-label={t('filter.label')}>
      <ListFilter size={14} strokeWidth={1.75} aria-hidden="true" />
      <FilterInput value={text} list={list} error={error} note={note} onChange={set} />
      <button
        type="button"
        className="filter-noise"
        aria-pressed={hidesNoise(text)}
        title={t('filter.noise.note')}
        onClick={() => set(toggledNoise(text))}
      >
        {t('filter.noise')}
      </button>
      <span id={note} className="filter-note" data-error={error ? '' : undefined} role="status">
        {error ? errorText(error) : Array.isArray(passing) ? t('filter.count', { shown: passing.length, all: rows.length }) : ''}
      </span>
      {text !== '' && <IconButton label={t('filter.clear')} icon={X} size={14} onPress={() => set('')} />}
    </div>
  )
}

function seenOf(row: Row, records: readonly SentRecord[]): readonly Seen[] {
  const record = records[row.conversation]
  const trace = record && packetsOf(record.conversation)[row.packet]
  return trace ? [{ trace, record, number: row.number }] : []
}

const errorText = ({ at, why, text }: FilterError): string => t('filter.error', { column: at + 1, why: t(`filter.error.${why}`, { text }) })
