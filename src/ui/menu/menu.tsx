import { Fragment, type KeyboardEvent, useEffect, useLayoutEffect, useRef } from 'react'
import type { Entry, Groups } from './entries.ts'

interface Props {
  readonly label: string
  readonly groups: Groups
  readonly x: number
  readonly y: number
  readonly onClose: () => void
}

const MARGIN = 8

/** A menu at a point of the window. Focus goes in and, when it closes without an action of its own, back to where it was. */
export function Menu({ label, groups, x, y, onClose }: Props) {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const { width, height } = element.getBoundingClientRect()
    element.style.left = `${Math.max(MARGIN, Math.min(x, innerWidth - width - MARGIN))}px`
    element.style.top = `${Math.max(MARGIN, Math.min(y, innerHeight - height - MARGIN))}px`
    const before = document.activeElement
    element.querySelector('button')?.focus()
    return () => {
      if (before instanceof HTMLElement && (element.contains(document.activeElement) || document.activeElement === document.body))
        before.focus()
    }
  }, [x, y])
  useEffect(() => {
    const stop = new AbortController()
    const outside = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) onClose()
    }
    addEventListener('pointerdown', outside, { capture: true, signal: stop.signal })
    addEventListener('wheel', outside, { capture: true, passive: true, signal: stop.signal })
    addEventListener('blur', onClose, { signal: stop.signal })
    addEventListener('resize', onClose, { signal: stop.signal })
    return () => stop.abort()
  }, [onClose])
  return (
    <section aria-label={label}>
      <div className="menu" role="menu" aria-label={label} ref={box} onKeyDown={(event) => steer(event, onClose)}>
        {groups.map((group, index) => (
          <Fragment key={group[0]?.text ?? index}>
            {index > 0 && <hr />}
            {group.map((entry) => (
              <Item key={entry.text} entry={entry} onClose={onClose} />
            ))}
          </Fragment>
        ))}
      </div>
    </section>
  )
}

function Item({ entry, onClose }: { readonly entry: Entry; readonly onClose: () => void }) {
  const { icon: Icon, text, keys, tone, note, run } = entry
  const act = () => {
    onClose()
    void Promise.resolve(run()).catch(() => undefined)
  }
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      data-tone={tone}
      title={note}
      onClick={act}
      onPointerMove={(event) => event.currentTarget.focus()}
    >
      <Icon size={14} strokeWidth={1.75} aria-hidden="true" />
      <span className="truncate">{text}</span>
      {keys !== undefined && <kbd aria-hidden="true">{keys}</kbd>}
    </button>
  )
}

function steer(event: KeyboardEvent<HTMLDivElement>, onClose: () => void): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=menuitem]')]
  const at = items.indexOf(document.activeElement as HTMLElement)
  const to = (index: number) => () => items[(index + items.length) % items.length]?.focus()
  const moves: Readonly<Record<string, () => void>> = {
    ArrowDown: to(at + 1),
    ArrowUp: to(at - 1),
    Home: to(0),
    End: to(-1),
    Escape: onClose,
    Tab: onClose,
  }
  const letter = event.key.length === 1 ? event.key.toLowerCase() : undefined
  const found =
    letter === undefined ? -1 : [...items.keys()].findIndex((index) => startsWith(items[(at + 1 + index) % items.length], letter))
  const act = moves[event.key] ?? (found >= 0 ? to(at + 1 + found) : undefined)
  event.stopPropagation()
  if (!act) return
  event.preventDefault()
  act()
}

const startsWith = (item: HTMLElement | undefined, letter: string): boolean => item?.textContent?.toLowerCase().startsWith(letter) ?? false
