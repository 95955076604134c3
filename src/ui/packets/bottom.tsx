import { Trash2 } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { IconButton } from '../icon-button.tsx'
import { t } from '../messages/t.ts'
import '../messages/with-player.ts'
import { useApp, useStudio } from '../studio.ts'
import { Tabs } from '../tabs.tsx'
import { PacketList } from './packet-list.tsx'
import { ProblemsBadge } from './problems-badge.tsx'
import { Problems } from './problems.tsx'
import { Transport } from './transport.tsx'

const Timeline = lazy(async () => ({ default: (await import('../timeline/timeline.tsx')).Timeline }))

/** Below the map: playback, the packet list, and what was wrong with the manifests. */
export function Bottom() {
  const { store, actions } = useStudio()
  const tab = useApp((state) => (state.tab === 'problems' || state.tab === 'timeline' ? state.tab : 'packets'))
  const sent = useApp((state) => state.records.length)
  const tabs = [
    { id: 'packets', text: t('packets.tab') },
    { id: 'timeline', text: t('timeline.tab') },
    {
      id: 'problems',
      text: t('problems.tab'),
      badge: <ProblemsBadge />,
    },
  ] as const
  return (
    <>
      <div className="region-head">
        <Tabs
          label={t('region.packets')}
          tabs={tabs}
          value={tab}
          onChange={(next) => store.getState().change((state) => void (state.tab = next))}
        />
        <Transport />
        <IconButton
          label={t('packets.clear')}
          icon={Trash2}
          size={14}
          disabled={sent === 0}
          onPress={() => void actions.clearPackets().catch(() => undefined)}
        />
      </div>
      {tab === 'packets' && <PacketList />}
      {tab === 'timeline' && (
        <Suspense>
          <Timeline />
        </Suspense>
      )}
      {tab === 'problems' && <Problems />}
    </>
  )
}
