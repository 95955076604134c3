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
import { useTranscript } from './use-transcript.ts'

const Transcript = lazy(async () => ({ default: (await import('./transcript.tsx')).Transcript }))
const Timeline = lazy(async () => ({ default: (await import('../timeline/timeline.tsx')).Timeline }))

/** Below the map: playback, the packet list, and what was wrong with the manifests. */
export function Bottom() {
  const { store, actions } = useStudio()
  const told = useTranscript()
  const tab = useApp(({ tab: asked }) =>
    asked === 'problems' || asked === 'timeline' || (asked === 'transcript' && told) ? asked : 'packets',
  )
  const sent = useApp((state) => state.records.length)
  const tabs = [
    { id: 'packets', text: t('packets.tab') },
    { id: 'timeline', text: t('timeline.tab') },
    ...(told ? [{ id: 'transcript', text: t('transcript.tab') } as const] : []),
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
      {tab === 'transcript' && (
        <Suspense>
          <Transcript />
        </Suspense>
      )}
      {tab === 'problems' && <Problems />}
    </>
  )
}
