import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import type { Severity } from '../../core/findings/finding.ts'
import { t } from '../messages/t.ts'
import '../messages/with-findings.ts'
import './findings.css'

const ICONS = { error: CircleAlert, warning: TriangleAlert, info: Info } as const

/** An error is round, a warning has corners: colour alone says nothing. */
export function SeverityIcon({ severity, size = 16 }: { readonly severity: Severity; readonly size?: number }) {
  const Icon = ICONS[severity]
  return (
    <Icon className="severity" data-severity={severity} size={size} strokeWidth={1.75} role="img" aria-label={t(`findings.${severity}`)} />
  )
}
