import type { Settings } from '../../worker/protocol.ts'
import '../messages/with-edit.ts'
import '../messages/with-settings.ts'
import { t } from '../messages/t.ts'
import { Segmented } from '../segmented.tsx'

type Mode = Settings['mode']
type Facts = Settings['modes'][number]

interface Props {
  readonly label: string
  readonly mode: Mode
  readonly modes: readonly Facts[]
  readonly onChange: (mode: Mode) => void
}

/** The mode of kube-proxy, and what is to be known of the one that is chosen. */
export function ModeChoice({ label, mode, modes, onChange }: Props) {
  const facts = modes.find((each) => each.mode === mode)
  return (
    <>
      <Segmented
        label={label}
        value={mode}
        options={modes.map((each) => ({ value: each.mode, text: t(`mode.${each.mode}`) }))}
        onChange={onChange}
      />
      <p className="muted">
        {t(`mode.note.${mode}`)} {facts && <Release facts={facts} />}
      </p>
    </>
  )
}

function Release({ facts: { since, stable, deprecated, removed } }: { readonly facts: Facts }) {
  return (
    <>
      {t('mode.release', { since, stable })}
      {deprecated !== undefined && <b className="setting-warning"> {t('mode.deprecated', { release: deprecated })}</b>}
      {removed !== undefined && <b className="setting-warning"> {t('mode.removed', { release: removed })}</b>}
    </>
  )
}
