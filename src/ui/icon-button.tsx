import type { LucideIcon } from 'lucide-react'

interface Props {
  readonly label: string
  readonly icon: LucideIcon
  readonly onPress: () => void
  readonly disabled?: boolean
  readonly className?: string
  readonly size?: number
}

/** A button that is only an icon: its name is its tooltip and what a screen reader says. */
export function IconButton({ label, icon: Icon, onPress, disabled = false, className = '', size = 16 }: Props) {
  return (
    <button type="button" className={`icon-button ${className}`} aria-label={label} title={label} disabled={disabled} onClick={onPress}>
      <Icon size={size} strokeWidth={1.75} aria-hidden="true" />
    </button>
  )
}
