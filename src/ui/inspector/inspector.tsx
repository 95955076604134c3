import { LEVELS } from '../../core/walk/level.ts'
import { t } from '../messages/t.ts'
import { Segmented } from '../segmented.tsx'
import { useApp, usePreference, useStudio } from '../studio.ts'
import { Tabs } from '../tabs.tsx'
import { ObjectView } from './object-view.tsx'
import { PacketView } from './packet-view.tsx'

/** Whatever is selected, in full: the packet at its hop, or an object of the cluster. */
export function Inspector() {
  const { store } = useStudio()
  const inspecting = useApp((state) => state.inspecting)
  const [level, setLevel] = usePreference('level')
  const tabs = [
    { id: 'packet', text: t('inspector.packet') },
    { id: 'object', text: t('inspector.object') },
  ] as const
  return (
    <>
      <div className="region-head">
        <Tabs
          label={t('region.inspector')}
          tabs={tabs}
          value={inspecting}
          onChange={(next) => store.getState().change((state) => void (state.inspecting = next))}
        />
        <span style={{ flex: 1 }} />
        <Segmented
          label={t('level.label')}
          value={level}
          options={LEVELS.map((value) => ({ value, text: t(`level.${value}`) }))}
          onChange={setLevel}
        />
      </div>
      <div className="region-scroll inspect-scroll" role="region" tabIndex={0} aria-label={t('inspector.details')} data-testid="inspector">
        {inspecting === 'packet' ? <PacketView /> : <ObjectView />}
      </div>
    </>
  )
}
