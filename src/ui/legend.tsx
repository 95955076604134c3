import { t } from './messages/t.ts'

const MARKS = ['request', 'reply', 'encapsulated', 'translated', 'dropped'] as const

export function Legend() {
  return (
    <ul className="legend" aria-label={t('canvas.legend')}>
      {MARKS.map((mark) => (
        <li key={mark}>
          <i data-mark={mark} aria-hidden="true" />
          {t(`canvas.legend.${mark}`)}
        </li>
      ))}
    </ul>
  )
}
