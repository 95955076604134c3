import { type ReactNode, useId, useState } from 'react'
import type { Setting, Settings } from '../../worker/protocol.ts'
import { edit } from '../history/change.ts'
import { number, t } from '../messages/t.ts'
import { Segmented } from '../segmented.tsx'
import { useApp, useStudio } from '../studio.ts'
import { ModeChoice } from './mode-choice.tsx'

const SCHEDULERS: readonly Settings['scheduler'][] = ['rr', 'wrr', 'lc', 'wlc', 'dh', 'sh', 'sed', 'nq']
const BALANCERS: readonly Settings['loadBalancer'][] = ['none', 'service-lb', 'cloud']

interface Props {
  readonly settings: Settings
  readonly set: (setting: Setting) => void
}

/** What of a cluster may change while it runs; each change is a deed with a name. */
export function RunningSettings() {
  const studio = useStudio()
  const settings = useApp((state) => state.settings)
  if (!settings) return null
  const set = (setting: Setting) => void edit(studio, { op: 'configure', setting }).catch(() => undefined)
  const usesIpvs = settings.mode === 'ipvs' || Object.values(settings.nodeModes).includes('ipvs')
  return (
    <section className="form running-settings" aria-label={t('settings.running')}>
      <h3>{t('settings.running')}</h3>
      <p className="muted">{t('settings.running.note')}</p>
      <b>{t('settings.proxy')}</b>
      <ModeChoice
        label={t('settings.proxy')}
        mode={settings.mode}
        modes={settings.modes}
        onChange={(value) => set({ name: 'mode', value })}
      />
      <OtherNodes settings={settings} set={set} />
      {usesIpvs && <IpvsSettings settings={settings} set={set} />}
      <Flag name="masqueradeAll" settings={settings} set={set} />
      <Flag name="localhostNodePorts" settings={settings} set={set} />
      <NodePortAddresses settings={settings} set={set} key={settings.nodePortAddresses.join()} />
      <Row label={t('settings.backend')} note={t('settings.backend.note')}>
        <Segmented
          label={t('settings.backend')}
          value={settings.backend}
          options={(['vxlan', 'host-gw'] as const).map((value) => ({ value, text: value }))}
          onChange={(value) => set({ name: 'backend', value })}
        />
      </Row>
      <label>
        {t('settings.loadBalancer')}
        <Choice
          value={settings.loadBalancer}
          options={BALANCERS.map((value) => ({ value, text: t(`balancer.${value}`) }))}
          onChange={(value) => set({ name: 'loadBalancer', value })}
        />
      </label>
      <details>
        <summary>{t('settings.keeps')}</summary>
        <p className="muted">{t('settings.restart')}</p>
        <p className="muted">{t('settings.cleanup')}</p>
        <p className="muted">{t('mode.gone')}</p>
      </details>
    </section>
  )
}

/** More than these are found in the tree. */
const LISTED = 8

function OtherNodes({ settings, set }: Props) {
  const others = Object.entries(settings.nodeModes)
  if (others.length === 0) return null
  return (
    <div className="setting-nodes">
      <span>{t('settings.proxy.others')}</span>
      <ul>
        {others.slice(0, LISTED).map(([node, mode]) => (
          <li key={node}>
            <span className="mono">{node}</span> {t(`mode.${mode}`)}{' '}
            <button
              type="button"
              className="link"
              aria-label={`${node}: ${t('settings.proxy.back')}`}
              onClick={() => set({ name: 'nodeMode', node, value: 'cluster' })}
            >
              {t('settings.proxy.back')}
            </button>
          </li>
        ))}
        {others.length > LISTED && <li className="muted">{t('settings.proxy.more', { count: number(others.length - LISTED) })}</li>}
      </ul>
    </div>
  )
}

const IpvsSettings = ({ settings, set }: Props) => (
  <>
    <label>
      {t('settings.scheduler')}
      <Choice
        value={settings.scheduler}
        options={SCHEDULERS.map((value) => ({ value, text: value }))}
        onChange={(value) => set({ name: 'scheduler', value })}
      />
    </label>
    <Flag name="strictARP" settings={settings} set={set} />
  </>
)

type FlagName = 'strictARP' | 'masqueradeAll' | 'localhostNodePorts'

function Flag({ name, settings, set }: Props & { readonly name: FlagName }) {
  const note = useId()
  return (
    <div className="setting">
      <label>
        <span className="mono">{t(`settings.${name}`)}</span>
        <input
          type="checkbox"
          aria-describedby={note}
          checked={settings[name]}
          onChange={(event) => set({ name, value: event.target.checked })}
        />
      </label>
      <p className="muted" id={note}>
        {t(`settings.${name}.note`)}
      </p>
    </div>
  )
}

/** Done when it is left or with Enter: half an address is none. */
function NodePortAddresses({ settings, set }: Props) {
  const note = useId()
  const now = settings.nodePortAddresses.join(', ')
  const [text, setText] = useState(now)
  const value = text.split(/[\s,]+/).filter(Boolean)
  const finish = () => {
    if (value.join(', ') !== now) set({ name: 'nodePortAddresses', value })
  }
  return (
    <div className="setting">
      <label>
        <span className="mono">{t('settings.nodePortAddresses')}</span>
        <input
          className="select mono"
          aria-describedby={note}
          value={text}
          placeholder="192.168.1.0/24"
          onChange={(event) => setText(event.target.value)}
          onBlur={finish}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
        />
      </label>
      <p className="muted" id={note}>
        {t('settings.nodePortAddresses.note')}
      </p>
    </div>
  )
}

const Row = ({ label, note, children }: { readonly label: string; readonly note: string; readonly children: ReactNode }) => (
  <div className="setting">
    <div className="setting-row">
      <span>{label}</span>
      {children}
    </div>
    <p className="muted">{note}</p>
  </div>
)

interface ChoiceProps<V extends string> {
  readonly value: V
  readonly options: readonly { readonly value: V; readonly text: string }[]
  readonly onChange: (value: V) => void
}

function Choice<V extends string>({ value, options, onChange }: ChoiceProps<V>) {
  const choose = (text: string) => {
    const chosen = options.find((option) => option.value === text)
    if (chosen) onChange(chosen.value)
  }
  return (
    <select className="select" value={value} onChange={(event) => choose(event.target.value)}>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.text}
        </option>
      ))}
    </select>
  )
}
