import { ArrowDown, ArrowUp, Send, SquarePen, Trash2 } from 'lucide-react'
import { draftOf } from '../actions.ts'
import { IconButton } from '../icon-button.tsx'
import '../messages/with-requests.ts'
import { t } from '../messages/t.ts'
import { type Studio, useApp, useStudio } from '../studio.ts'
import { change, lineOf, undo, useLast } from './change.ts'
import { type KeptRequest, moved, NAME_LENGTH, removed, renamed } from './kept.ts'
import { sendKept } from './send-kept.ts'

/** The requests that a person keeps, in their own order. */
export function KeptList() {
  const kept = useApp((state) => state.kept)
  return (
    <section className="request-kept">
      <h3>{t('requests.kept')}</h3>
      {kept.length === 0 ? (
        <p className="muted">{t('requests.none')}</p>
      ) : (
        <ol aria-label={t('requests.kept')}>
          {kept.map((request, index) => (
            <Line key={request.id} request={request} first={index === 0} last={index === kept.length - 1} />
          ))}
        </ol>
      )}
      <LastChange />
    </section>
  )
}

/** What was done last, with a way back. */
function LastChange() {
  const studio = useStudio()
  const project = useApp((state) => state.id)
  const last = useLast((state) => state.last)
  const shown = last?.project === project ? last : undefined
  return (
    <p className="request-last muted" role="status">
      {shown && (
        <>
          {shown.said}{' '}
          <button type="button" className="link" onClick={() => undo(studio, shown)}>
            {t('requests.undo')}
          </button>
        </>
      )}
    </p>
  )
}

interface LineProps {
  readonly request: KeptRequest
  readonly first: boolean
  readonly last: boolean
}

function Line({ request, first, last }: LineProps) {
  const studio = useStudio()
  const { id, name, order } = request
  const move = (by: -1 | 1) => change(studio, (kept) => moved(kept, id, by), t('requests.moved', { name }))
  const rename = (typed: string) => {
    const next = typed.trim()
    if (next !== '' && next !== name) change(studio, (kept) => renamed(kept, id, next), t('requests.renamed', { name: next }))
  }
  return (
    <li>
      <div className="request-name">
        <input
          // A new name from elsewhere (undo) is a new field.
          key={name}
          className="request-title"
          aria-label={t('requests.rename', { name })}
          defaultValue={name}
          maxLength={NAME_LENGTH}
          onBlur={(event) => rename(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
        />
        <span className="mono muted truncate" title={lineOf(order)}>
          {lineOf(order)}
        </span>
      </div>
      <IconButton label={t('requests.sendOne', { name })} icon={Send} size={14} onPress={() => sendKept(studio, request)} />
      <IconButton label={t('requests.load', { name })} icon={SquarePen} size={14} onPress={() => load(studio, request)} />
      <IconButton label={t('requests.up', { name })} icon={ArrowUp} size={14} disabled={first} onPress={() => move(-1)} />
      <IconButton label={t('requests.down', { name })} icon={ArrowDown} size={14} disabled={last} onPress={() => move(1)} />
      <IconButton
        label={t('requests.delete', { name })}
        icon={Trash2}
        size={14}
        onPress={() => change(studio, (kept) => removed(kept, id), t('requests.deleted', { name }))}
      />
    </li>
  )
}

const load = ({ store }: Studio, { order }: KeptRequest): void =>
  store.getState().change((state) => {
    state.draft = draftOf(order)
  })
