import '../messages/with-player.ts'
import { CircleDot, Plus, SkipBack, SkipForward, Trash2, X } from 'lucide-react'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { IconButton } from '../icon-button.tsx'
import { count, number, t } from '../messages/t.ts'
import { Popover } from '../popover.tsx'
import { useApp, useStudio } from '../studio.ts'
import './breakpoints.css'
import { conditionText, parseCondition } from './condition.ts'
import { isSet, toggle } from './set.ts'
import { useBreaks } from './watch.tsx'

/** Conditions that most people want sooner or later. */
const USUAL = ['drop', 'ip.src changes', 'ip.dst changes', 'ip.ttl < 62', 'mark != 0', 'step encapsulate', 'hook FORWARD'] as const

/** The button of the transport, and the list behind it. */
export function BreakMenu() {
  const set = useApp((state) => state.breakpoints.length)
  return (
    <Popover
      label={t('break.open', { count: number(set) })}
      icon={CircleDot}
      badge={set > 0 && <span className="badge break-badge">{set}</span>}
    >
      <Breakpoints />
    </Popover>
  )
}

function Breakpoints() {
  const { actions, player } = useStudio()
  const breakpoints = useApp((state) => state.breakpoints)
  const breaks = useBreaks()
  const save = (next: typeof breakpoints) => void actions.setBreakpoints(next).catch(() => undefined)
  return (
    <div className="breaks">
      <div className="breaks-head">
        <h2>{t('break.label')}</h2>
        <small className="muted">{count('break.hits', breaks.length)}</small>
        <IconButton
          label={t('break.previous')}
          icon={SkipBack}
          size={14}
          disabled={breaks.length === 0}
          onPress={() => player.toBreak(-1)}
        />
        <IconButton label={t('break.next')} icon={SkipForward} size={14} disabled={breaks.length === 0} onPress={() => player.toBreak(1)} />
      </div>
      <Adding />
      {breakpoints.length === 0 && <p className="muted">{t('break.none')}</p>}
      <ul aria-label={t('break.list')}>
        {breakpoints.map(({ text, off }) => (
          <li key={text}>
            <label>
              <input
                type="checkbox"
                aria-label={t('break.on', { condition: text })}
                checked={!off}
                onChange={() => save(breakpoints.map((each) => (each.text !== text ? each : off ? { text } : { text, off: true })))}
              />
              <span className="mono" data-off={off ? '' : undefined}>
                {text}
              </span>
            </label>
            <IconButton
              label={t('break.remove', { condition: text })}
              icon={X}
              size={14}
              onPress={() => save(breakpoints.filter((each) => each.text !== text))}
            />
          </li>
        ))}
      </ul>
      {breakpoints.length > 1 && (
        <button type="button" className="disclosure" onClick={() => save([])}>
          <Trash2 size={12} strokeWidth={1.75} aria-hidden="true" /> {t('break.removeAll')}
        </button>
      )}
    </div>
  )
}

function Adding() {
  const studio = useStudio()
  const hint = useId()
  const field = useRef<HTMLInputElement>(null)
  const breakpoints = useApp((state) => state.breakpoints)
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  useEffect(() => field.current?.focus(), [])
  const add = (event: FormEvent) => {
    event.preventDefault()
    const condition = parseCondition(text)
    setWrong(!condition)
    if (!condition) return
    if (!isSet(breakpoints, conditionText(condition))) toggle(studio, conditionText(condition))
    setText('')
  }
  return (
    <>
      <form className="break-add" onSubmit={add}>
        <input
          ref={field}
          className="mono"
          aria-label={t('break.condition')}
          aria-describedby={hint}
          aria-invalid={wrong}
          placeholder={t('break.placeholder')}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setWrong(false)
          }}
        />
        <button type="submit" className="button" disabled={text.trim() === ''}>
          <Plus size={14} strokeWidth={1.75} aria-hidden="true" />
          {t('break.add')}
        </button>
      </form>
      <p id={hint} className={wrong ? 'break-wrong' : 'muted'} role={wrong ? 'alert' : undefined}>
        {t(wrong ? 'break.wrong' : 'break.hint')}
      </p>
      <div className="break-usual" role="group" aria-label={t('break.usual')}>
        {USUAL.map((usual) => (
          <button key={usual} type="button" className="mono" aria-pressed={isSet(breakpoints, usual)} onClick={() => toggle(studio, usual)}>
            {usual}
          </button>
        ))}
      </div>
    </>
  )
}
