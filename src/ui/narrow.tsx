import { lazy, Suspense } from 'react'
import { Inspector } from './inspector/inspector.tsx'
import { ObjectTree } from './library/tree.tsx'
import { Samples } from './library/samples.tsx'
import { t } from './messages/t.ts'
import './messages/with-player.ts'
import { PacketList } from './packets/packet-list.tsx'
import { ProblemsBadge } from './packets/problems-badge.tsx'
import { Problems } from './packets/problems.tsx'
import { useApp, useStudio } from './studio.ts'
import { Tabs } from './tabs.tsx'
import { Transport } from './packets/transport.tsx'
import { Centre } from './views/centre.tsx'

const Timeline = lazy(async () => ({ default: (await import('./timeline/timeline.tsx')).Timeline }))

/** A phone: the map above, one panel at a time below it. */
export function Narrow() {
  const { store } = useStudio()
  const tab = useApp((state) => state.tab)
  const tabs = [
    { id: 'packets', text: t('packets.tab') },
    { id: 'inspector', text: t('region.inspector') },
    { id: 'timeline', text: t('timeline.tab') },
    { id: 'objects', text: t('library.objects') },
    { id: 'samples', text: t('library.samples') },
    { id: 'problems', text: t('problems.tab'), badge: <ProblemsBadge /> },
  ] as const
  return (
    <main className="narrow">
      <Centre />
      <div className="narrow-bar">
        <Transport compact />
        <div className="narrow-tabs">
          <Tabs
            label={t('region.library')}
            tabs={tabs}
            value={tab}
            onChange={(next) => store.getState().change((state) => void (state.tab = next))}
          />
        </div>
      </div>
      <div className="region" role="tabpanel" aria-label={tabs.find((one) => one.id === tab)?.text}>
        {tab === 'packets' && <PacketList />}
        {tab === 'timeline' && (
          <Suspense>
            <Timeline />
          </Suspense>
        )}
        {tab === 'inspector' && <Inspector />}
        {tab === 'objects' && <ObjectTree />}
        {tab === 'samples' && <Samples />}
        {tab === 'problems' && <Problems />}
      </div>
    </main>
  )
}
