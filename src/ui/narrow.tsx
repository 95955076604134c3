import { useState } from 'react'
import { CanvasView } from './canvas-view.tsx'
import { Inspector } from './inspector/inspector.tsx'
import { ObjectTree } from './library/tree.tsx'
import { Samples } from './library/samples.tsx'
import { t } from './messages/t.ts'
import { PacketList } from './packets/packet-list.tsx'
import { Problems } from './packets/problems.tsx'
import { Tabs } from './tabs.tsx'
import { Transport } from './packets/transport.tsx'

type Tab = 'packets' | 'inspector' | 'objects' | 'samples' | 'problems'

/** A phone: the map above, one panel at a time below it. */
export function Narrow() {
  const [tab, setTab] = useState<Tab>('packets')
  const tabs = [
    { id: 'packets', text: t('packets.tab') },
    { id: 'inspector', text: t('region.inspector') },
    { id: 'objects', text: t('library.objects') },
    { id: 'samples', text: t('library.samples') },
    { id: 'problems', text: t('problems.tab') },
  ] as const
  return (
    <main className="narrow">
      <CanvasView />
      <div className="narrow-bar">
        <Transport compact />
        <div className="narrow-tabs">
          <Tabs label={t('region.library')} tabs={tabs} value={tab} onChange={setTab} />
        </div>
      </div>
      <div className="region" role="tabpanel" aria-label={tabs.find((one) => one.id === tab)?.text}>
        {tab === 'packets' && <PacketList />}
        {tab === 'inspector' && <Inspector />}
        {tab === 'objects' && <ObjectTree />}
        {tab === 'samples' && <Samples />}
        {tab === 'problems' && <Problems />}
      </div>
    </main>
  )
}
