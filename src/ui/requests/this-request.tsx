import { type FormEvent, useState } from 'react'
import type { SendOptions } from '../../worker/protocol.ts'
import { orderOf } from '../actions.ts'
import '../messages/with-requests.ts'
import { t } from '../messages/t.ts'
import type { Draft } from '../store.ts'
import { useApp, useStudio } from '../studio.ts'
import { change, lineOf } from './change.ts'
import { NAME_LENGTH, withRequest } from './kept.ts'
import { bounded, dialled, PRESETS, type Preset } from './presets.ts'

/** What the composer holds: like which program, to which port, with which options; and a name to keep it by. */
export function ThisRequest() {
  const studio = useStudio()
  const draft = useApp((state) => state.draft)
  const edit = (part: Partial<Draft>) =>
    studio.store.getState().change((state) => {
      state.draft = { ...state.draft, ...part }
    })
  const { host } = dialled(draft.to)
  const like = ({ protocol, to, options }: Preset) =>
    edit({ protocol, to: host === '' ? '' : to(dialled(draft.to)), options: options ?? {} })
  return (
    <section className="request-now">
      <h3>{t('requests.this')}</h3>
      <p className="mono request-line" data-testid="request-line">
        {lineOf(orderOf(draft))}
      </p>
      <div className="request-presets" role="group" aria-label={t('requests.preset')}>
        {PRESETS.map((preset) => (
          <button key={preset.id} type="button" className="button" onClick={() => like(preset)}>
            {t(`preset.${preset.id}`)}
          </button>
        ))}
      </div>
      <Options draft={draft} onEdit={edit} />
      <KeepForm draft={draft} />
    </section>
  )
}

interface OptionsProps {
  readonly draft: Draft
  readonly onEdit: (part: Partial<Draft>) => void
}

const NUMBERS = [
  { name: 'sourcePort', from: 1, to: 65_535, absent: 'icmp' },
  // With both headers no more than an IP packet can say of itself.
  { name: 'payload', from: 0, to: 65_507, absent: 'tcp' },
  { name: 'ttl', from: 1, to: 255, absent: undefined },
] as const

function Options({ draft, onEdit }: OptionsProps) {
  const { protocol, options = {} } = draft
  const set = (part: { readonly [K in keyof SendOptions]?: SendOptions[K] | undefined }) =>
    onEdit({ options: withoutAbsent({ ...options, ...part }) })
  const { host, port } = dialled(draft.to)
  const dial = (typed: number) => {
    const wanted = bounded(typed, 1, 65_535)
    const scheme = /^https?:\/\//.exec(draft.to)?.[0] ?? ''
    onEdit({ to: `${scheme}${host}${wanted === undefined ? '' : `:${wanted}`}${scheme === '' ? '' : '/'}`, target: '' })
  }
  return (
    <div className="request-options">
      {protocol !== 'icmp' && (
        <label>
          {t('requests.port')}
          <input
            className="select"
            type="number"
            min={1}
            max={65_535}
            value={port}
            onChange={(event) => dial(event.target.valueAsNumber)}
          />
        </label>
      )}
      {NUMBERS.map(({ name, from, to, absent }) =>
        protocol === absent ? null : (
          <label key={name}>
            {t(`requests.${name}`)}
            <input
              className="select"
              type="number"
              min={from}
              max={to}
              placeholder={t('requests.usual')}
              value={options[name] ?? ''}
              onChange={(event) => set({ [name]: bounded(event.target.valueAsNumber, from, to) })}
            />
          </label>
        ),
      )}
      {protocol === 'tcp' && /^https?:\/\//.test(draft.to) && (
        <label>
          {t('requests.curl')}
          <input
            className="select mono"
            spellCheck={false}
            placeholder="-H 'Host: shop.test' -k -L --resolve shop.test:80:192.168.1.11"
            value={options.curl ?? ''}
            onChange={({ target: { value } }) => set({ curl: value === '' ? undefined : value })}
          />
        </label>
      )}
      <label>
        {t('requests.df')}
        <select
          className="select"
          value={options.dontFragment === undefined ? 'usual' : options.dontFragment ? 'on' : 'off'}
          onChange={({ target: { value } }) => set({ dontFragment: value === 'usual' ? undefined : value === 'on' })}
        >
          <option value="usual">{t('requests.df.usual')}</option>
          <option value="on">{t('requests.df.on')}</option>
          <option value="off">{t('requests.df.off')}</option>
        </select>
      </label>
    </div>
  )
}

const withoutAbsent = (options: { readonly [K in keyof SendOptions]?: SendOptions[K] | undefined }): SendOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

function KeepForm({ draft }: { readonly draft: Draft }) {
  const studio = useStudio()
  const [name, setName] = useState('')
  const order = orderOf(draft)
  const complete = order.from !== '' && order.to !== ''
  const keep = (event: FormEvent) => {
    event.preventDefault()
    const called = name.trim() === '' ? lineOf(order) : name.trim()
    change(studio, (kept) => withRequest(kept, called, order), t('requests.kept.toast', { name: called }))
    setName('')
  }
  return (
    <form className="request-keep" onSubmit={keep}>
      <input
        className="select"
        aria-label={t('requests.name')}
        placeholder={t('requests.name')}
        value={name}
        maxLength={NAME_LENGTH}
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" className="button" disabled={!complete}>
        {t('requests.keep')}
      </button>
      <button
        type="button"
        className="button"
        data-primary
        disabled={!complete}
        onClick={() => {
          studio.store.getState().change((state) => void (state.dialog = undefined))
          void studio.actions.sendOrder(order).catch(() => undefined)
        }}
      >
        {t('requests.send')}
      </button>
    </form>
  )
}
