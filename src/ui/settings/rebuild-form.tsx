import { useState } from 'react'
import type { StartOptions } from '../../worker/protocol.ts'
import { startOf } from '../actions.ts'
import { t } from '../messages/t.ts'
import { useApp, useStudio } from '../studio.ts'

/** How the cluster is installed. A change builds it anew and replays everything that was applied, done and sent. */
export function RebuildForm() {
  const { store, actions } = useStudio()
  const intents = useApp((state) => state.intents)
  const [options, setOptions] = useState<StartOptions>(() => startOf(intents))
  const run = (task: Promise<void>) => {
    store.getState().change((state) => void (state.dialog = undefined))
    void task.catch(() => undefined)
  }
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault()
        run(actions.rebuild(options))
      }}
    >
      <h3>{t('settings.anew')}</h3>
      <label>
        {t('cluster.profile')}
        <select
          className="select"
          value={options.profile}
          onChange={(event) => setOptions({ ...options, profile: event.target.value === 'k3s' ? 'k3s' : 'kubeadm' })}
        >
          <option value="kubeadm">kubeadm</option>
          <option value="k3s">k3s</option>
        </select>
      </label>
      <label>
        {t('cluster.nodes')}
        <input
          className="select"
          type="number"
          min={1}
          max={200}
          value={options.nodes}
          onChange={(event) => setOptions({ ...options, nodes: clamp(event.target.valueAsNumber) })}
        />
      </label>
      <label>
        {t('cluster.families')}
        <select
          className="select"
          value={(options.ipFamilies ?? ['IPv4']).join()}
          onChange={(event) =>
            setOptions({ ...options, ipFamilies: FAMILIES.find((some) => some.join() === event.target.value) ?? ['IPv4'] })
          }
        >
          {FAMILY_TEXTS.map((text) => (
            <option key={text} value={text}>
              {t(`cluster.families.${text}`)}
            </option>
          ))}
        </select>
      </label>
      <CloudChoice options={options} choose={setOptions} />
      <p className="muted">
        {t('cluster.families.note')} {t('cluster.rebuild.note')}
      </p>
      <div className="form-actions">
        <button type="button" className="button" onClick={() => run(actions.openEmpty())}>
          {t('cluster.empty')}
        </button>
        <button type="submit" className="button" data-primary>
          {t('cluster.rebuild')}
        </button>
      </div>
    </form>
  )
}

/** Whose network the world outside is. */
function CloudChoice({ options, choose }: { readonly options: StartOptions; readonly choose: (options: StartOptions) => void }) {
  return (
    <label>
      {t('cluster.cloud')}
      <select
        className="select"
        value={options.cloud ?? 'none'}
        onChange={(event) => {
          const { cloud: _, ...rest } = options
          const cloud = CLOUDS.find((each) => each === event.target.value)
          choose(cloud ? { ...rest, cloud } : rest)
        }}
      >
        <option value="none">{t('cluster.cloud.none')}</option>
        {CLOUDS.map((cloud) => (
          <option key={cloud} value={cloud}>
            {t(`cluster.cloud.${cloud}`)}
          </option>
        ))}
      </select>
    </label>
  )
}

const CLOUDS: readonly NonNullable<StartOptions['cloud']>[] = ['gce', 'aws', 'azure']
const FAMILIES: readonly NonNullable<StartOptions['ipFamilies']>[] = [['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']]
const FAMILY_TEXTS = ['IPv4', 'IPv6', 'IPv4,IPv6', 'IPv6,IPv4'] as const

const clamp = (nodes: number): number => (Number.isFinite(nodes) ? Math.min(200, Math.max(1, Math.round(nodes))) : 1)
