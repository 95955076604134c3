import { edit } from '../history/change.ts'
import '../messages/with-edit.ts'
import '../messages/with-settings.ts'
import { t } from '../messages/t.ts'
import { useApp, useStudio } from '../studio.ts'
import { ModeChoice } from './mode-choice.tsx'
import './settings.css'

/** How the kube-proxy of one node runs; it may differ from all others while somebody changes a cluster over. */
export function NodeProxy({ node }: { readonly node: string }) {
  const studio = useStudio()
  const settings = useApp((state) => state.settings)
  if (!settings) return null
  const own = settings.nodeModes[node]
  const set = (value: NonNullable<typeof own> | 'cluster') =>
    void edit(studio, { op: 'configure', setting: { name: 'nodeMode', node, value } }).catch(() => undefined)
  return (
    <section className="section proxy-section" data-testid="node-proxy">
      <div className="section-head">
        <h3>kube-proxy</h3>
      </div>
      <ModeChoice label={t('settings.proxy.node')} mode={own ?? settings.mode} modes={settings.modes} onChange={set} />
      {own !== undefined && (
        <p>
          {t('settings.proxy.own', { mode: t(`mode.${settings.mode}`) })}{' '}
          <button type="button" className="link" onClick={() => set('cluster')}>
            {t('settings.proxy.back')}
          </button>
        </p>
      )}
      <details>
        <summary>{t('settings.keeps')}</summary>
        <p className="muted">{t('settings.restart')}</p>
        <p className="muted">{t('settings.cleanup')}</p>
      </details>
    </section>
  )
}
