import type { LucideIcon } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react'
import './popover.css'

interface Props {
  readonly label: string
  readonly icon: LucideIcon
  readonly badge?: ReactNode
  readonly disabled?: boolean
  /** A narrow button, beside what it belongs to. */
  readonly slim?: boolean
  /** Rendered while it is open. */
  readonly children: ReactNode
}

const GAP = 6
const EDGE = 8

/** A button with a sheet of its own: the browser's popover, which closes on Escape and on a click elsewhere and gives the focus back. */
export function Popover({ label, icon: Icon, badge, disabled = false, slim = false, children }: Props) {
  const button = useRef<HTMLButtonElement>(null)
  const sheet = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const onToggle = () => {
    const shown = sheet.current?.matches(':popover-open') === true
    setOpen(shown)
    // Its size is known when its content is.
    if (shown) requestAnimationFrame(() => place(button.current, sheet.current))
  }
  // The page's own Escape clears the selection; here it only closes.
  const onKeyDown = (event: KeyboardEvent) => void (event.key === 'Escape' && event.stopPropagation())
  return (
    <span className="popover-button">
      <button
        type="button"
        className="icon-button"
        data-slim={slim ? '' : undefined}
        ref={button}
        aria-label={label}
        title={label}
        aria-expanded={open}
        aria-haspopup="dialog"
        disabled={disabled}
        onClick={() => sheet.current?.togglePopover()}
      >
        <Icon size={slim ? 12 : 16} strokeWidth={1.75} aria-hidden="true" />
        {badge}
      </button>
      <div className="popover" popover="auto" role="dialog" aria-label={label} ref={sheet} onToggle={onToggle} onKeyDown={onKeyDown}>
        {open && children}
      </div>
    </span>
  )
}

/** Below its button, or above where there is more room; never off the window. */
function place(button: HTMLElement | null, sheet: HTMLElement | null): void {
  if (!button || !sheet) return
  const anchor = button.getBoundingClientRect()
  const { width, height } = sheet.getBoundingClientRect()
  const below = anchor.bottom + GAP + height <= innerHeight - EDGE || anchor.top < innerHeight / 2
  const top = below ? anchor.bottom + GAP : anchor.top - GAP - height
  const left = anchor.right - width
  sheet.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - EDGE - height))}px`
  sheet.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - EDGE - width))}px`
}
