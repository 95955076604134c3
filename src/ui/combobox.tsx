import { AtSign, Box, Globe, Network, Server } from 'lucide-react'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { Completion } from '../worker/protocol.ts'
import { useApp, useStudio } from './studio.ts'

interface Props {
  readonly id: string
  readonly field: 'from' | 'to'
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onChange: (value: string) => void
}

const ICONS = { pod: Box, service: Network, node: Server, external: Globe, address: AtSign } as const

/** A text field that completes names of the cluster (the pattern of WAI-ARIA: focus stays in the field, the list is walked by `aria-activedescendant`). */
export function Combobox({ id, field, label, placeholder, value, onChange }: Props) {
  const list = useId()
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  // What is typed filters; a value that was there before is no filter, so that opening the list shows all.
  const [typed, setTyped] = useState('')
  const options = useCompletions(field, typed, open)
  const choose = (option: Completion) => {
    onChange(option.value)
    setOpen(false)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (!open) setOpen(true)
      const by = event.key === 'ArrowDown' ? 1 : -1
      setActive((at) => (options.length === 0 ? -1 : (at + by + options.length) % options.length))
    } else if (event.key === 'Escape') {
      // Once for the list, once more to leave the field to the keys of the page.
      event.stopPropagation()
      if (open) setOpen(false)
      else if (event.target instanceof HTMLElement) event.target.blur()
    } else if (event.key === 'Enter' && open && options[active]) {
      event.preventDefault()
      choose(options[active])
    } else if (event.key === 'Tab' || event.key === 'Enter') setOpen(false)
  }
  return (
    <div className="composer-field">
      <label htmlFor={id}>{label}</label>
      <div className="combobox">
        <input
          id={id}
          className="mono"
          role="combobox"
          aria-expanded={open}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={open && active >= 0 ? `${list}-${active}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder}
          value={value}
          onChange={(event) => {
            onChange(event.target.value)
            setTyped(event.target.value)
            setActive(-1)
            setOpen(true)
          }}
          onFocus={(event) => event.target.select()}
          onClick={() => {
            setTyped('')
            setActive(-1)
            setOpen(true)
          }}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {open && options.length > 0 && <Options id={list} label={label} options={options} active={active} onChoose={choose} />}
      </div>
    </div>
  )
}

interface OptionsProps {
  readonly id: string
  readonly label: string
  readonly options: readonly Completion[]
  readonly active: number
  readonly onChoose: (option: Completion) => void
}

function Options({ id, label, options, active, onChoose }: OptionsProps) {
  const list = useRef<HTMLUListElement>(null)
  // In braces: newer browsers return a promise here, which React would take for a way to clean up.
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <ul className="options" id={id} role="listbox" aria-label={label} ref={list}>
      {options.map((option, index) => {
        const Icon = ICONS[option.kind]
        return (
          <li
            key={`${option.value} ${option.detail}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerDown={(event) => {
              // Before the field loses its focus, which would close the list.
              event.preventDefault()
              onChoose(option)
            }}
          >
            <Icon size={14} strokeWidth={1.75} aria-hidden="true" />
            <span className="mono">{option.value}</span>
            <span className="mono">{option.detail}</span>
          </li>
        )
      })}
    </ul>
  )
}

/** Asks the worker while the list is open; answers that come late for an older text are dropped. */
function useCompletions(field: 'from' | 'to', text: string, open: boolean): readonly Completion[] {
  const { actions } = useStudio()
  const protocol = useApp((state) => state.draft.protocol)
  const revision = useApp((state) => state.revision)
  const [options, setOptions] = useState<readonly Completion[]>([])
  useEffect(() => {
    if (!open) return
    let current = true
    actions.client
      .ask({ kind: 'complete', field, text, protocol, limit: 12 })
      .then((found) => {
        if (current) setOptions(found)
      })
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [actions, field, text, protocol, open, revision])
  return open ? options : []
}
