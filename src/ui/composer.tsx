import { Send, SlidersHorizontal } from 'lucide-react'
import { useRef } from 'react'
import type { SendOrder } from '../worker/protocol.ts'
import { Combobox } from './combobox.tsx'
import { IconButton } from './icon-button.tsx'
import { t } from './messages/t.ts'
import { Segmented } from './segmented.tsx'
import type { Draft } from './store.ts'
import { bare, useApp, useStudio } from './studio.ts'

const PROTOCOLS: readonly SendOrder['protocol'][] = ['tcp', 'udp', 'icmp']

/** `from [pod] [tcp|udp|ping] to [address] Send`. Enter in either field sends. */
export function Composer() {
  const studio = useStudio()
  const draft = useApp((state) => state.draft)
  const form = useRef<HTMLFormElement>(null)
  const edit = (part: Partial<Draft>) =>
    studio.store.getState().change((state) => {
      state.draft = { ...state.draft, ...part }
    })
  const submit = () => {
    const missing = draft.from.trim() === '' ? 'from' : draft.to.trim() === '' ? 'to' : undefined
    if (missing === undefined) {
      void studio.actions.send().catch(() => undefined)
      return
    }
    studio.actions.toast({ tone: 'error', text: t(missing === 'from' ? 'composer.missingFrom' : 'composer.missingTo') })
    form.current?.querySelector<HTMLInputElement>(`#composer-${missing}`)?.focus()
  }
  return (
    <form
      className="composer"
      aria-label={t('region.composer')}
      ref={form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Combobox
        id="composer-from"
        field="from"
        label={t('composer.from')}
        placeholder={t('composer.from.placeholder')}
        value={draft.from}
        onChange={(from) => edit({ from })}
      />
      <Segmented
        label={t('composer.protocol')}
        value={draft.protocol}
        options={PROTOCOLS.map((value) => ({ value, text: t(`protocol.${value as 'tcp' | 'udp' | 'icmp'}`) }))}
        onChange={(protocol) => edit({ protocol, to: protocol === 'icmp' ? bare(draft.to) : draft.to })}
      />
      <Combobox
        id="composer-to"
        field="to"
        label={t('composer.to')}
        placeholder={t('composer.to.placeholder')}
        value={draft.to}
        onChange={(to) => edit({ to, target: '' })}
      />
      <IconButton
        label={t('header.requests')}
        icon={SlidersHorizontal}
        className={draft.options && Object.keys(draft.options).length > 0 ? 'composer-options composer-options-set' : 'composer-options'}
        onPress={() => studio.store.getState().change((state) => void (state.dialog = 'requests'))}
      />
      <button type="submit" className="button" data-primary>
        <Send size={14} strokeWidth={2} aria-hidden="true" />
        {t('composer.send')}
      </button>
    </form>
  )
}
