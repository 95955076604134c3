import { type KeyboardEvent, type ReactNode, useRef } from 'react'

interface Props<V extends string> {
  readonly label: string
  readonly tabs: readonly { readonly id: V; readonly text: string; readonly badge?: ReactNode }[]
  readonly value: V
  readonly onChange: (value: V) => void
}

export function Tabs<V extends string>({ label, tabs, value, onChange }: Props<V>) {
  const list = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by === 0) return
    event.preventDefault()
    event.stopPropagation()
    const at = (tabs.findIndex((tab) => tab.id === value) + by + tabs.length) % tabs.length
    const next = tabs[at]
    if (!next) return
    onChange(next.id)
    list.current?.querySelectorAll('button')[at]?.focus()
  }
  return (
    <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          aria-selected={tab.id === value}
          tabIndex={tab.id === value ? 0 : -1}
          onClick={() => onChange(tab.id)}
        >
          {tab.text}
          {tab.badge}
        </button>
      ))}
    </div>
  )
}
