import { type CSSProperties, type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { t } from '../messages/t.ts'
import type { FilterError } from './filter.ts'
import { type Proposal, proposalsAt } from './filter-complete.ts'
import type { Seen } from './filter-fields.ts'

interface Props {
  readonly value: string
  readonly list: readonly Seen[]
  readonly error: FilterError | undefined
  /** Id of the element that says what is wrong. */
  readonly note: string
  readonly onChange: (value: string) => void
}

/** The text of the filter with a list of what may stand at the cursor (WAI-ARIA's combobox: focus stays in the field). */
export function FilterInput({ value, list, error, note, onChange }: Props) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const [cursor, setCursor] = useState(0)
  // Where the cursor goes once the text that a proposal made is in the field.
  const jump = useRef<number>(undefined)
  const proposals = open ? proposalsAt(value, cursor, list) : []
  useLayoutEffect(() => {
    if (jump.current === undefined) return
    input.current?.setSelectionRange(jump.current, jump.current)
    jump.current = undefined
  }, [value])
  const choose = (one: Proposal) => {
    const end = one.from + one.text.length + 1
    onChange(`${value.slice(0, one.from)}${one.text} ${value.slice(one.to).trimStart()}`)
    jump.current = end
    setCursor(end)
    setActive(-1)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (by !== 0) {
      event.preventDefault()
      setOpen(true)
      setActive((at) => (proposals.length === 0 ? -1 : (at + by + proposals.length) % proposals.length))
    } else if (event.key === 'Escape') {
      event.stopPropagation()
      if (open && proposals.length > 0) setOpen(false)
      else input.current?.blur()
    } else if (event.key === 'Enter' && proposals[active]) {
      event.preventDefault()
      choose(proposals[active])
    } else if (event.key === 'Enter' || event.key === 'Tab') setOpen(false)
  }
  return (
    <div className="filter-field">
      <input
        ref={input}
        className="mono"
        role="combobox"
        aria-label={t('filter.label')}
        aria-expanded={proposals.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={proposals[active] ? `${id}-${active}` : undefined}
        aria-invalid={error !== undefined}
        aria-describedby={note}
        autoComplete="off"
        spellCheck={false}
        placeholder={t('filter.placeholder')}
        value={value}
        onChange={(event) => {
          onChange(event.target.value)
          setActive(-1)
          setOpen(true)
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
        onClick={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      {error && <i className="filter-mark" style={{ '--at': error.at, '--length': error.length } as CSSProperties} aria-hidden="true" />}
      {proposals.length > 0 && <Proposals id={id} anchor={input} proposals={proposals} active={active} onChoose={choose} />}
    </div>
  )
}

interface ProposalsProps {
  readonly id: string
  readonly anchor: React.RefObject<HTMLInputElement | null>
  readonly proposals: readonly Proposal[]
  readonly active: number
  readonly onChoose: (one: Proposal) => void
}

function Proposals({ id, anchor, proposals, active, onChoose }: ProposalsProps) {
  const list = useRef<HTMLUListElement>(null)
  useLayoutEffect(() => {
    // The panel cuts off what leaves it, so the list stands on the page itself, above the field.
    const box = anchor.current?.getBoundingClientRect()
    const style = list.current?.style
    if (!box || !style) return
    style.left = `${box.left}px`
    style.bottom = `${innerHeight - box.top + 6}px`
    style.maxHeight = `${Math.min(320, box.top - 60)}px`
  }, [anchor])
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <ul className="options filter-options" id={id} role="listbox" aria-label={t('filter.proposals')} ref={list}>
      {proposals.map((one, index) => (
        <li
          key={`${one.kind} ${one.text}`}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          onPointerDown={(event) => {
            event.preventDefault()
            onChoose(one)
          }}
        >
          <span className="mono">{one.text}</span>
          <span>{t(`filter.kind.${one.kind}`)}</span>
        </li>
      ))}
    </ul>
  )
}
