import { FolderOpen } from 'lucide-react'
import { useRef, useState } from 'react'
import { applyRead } from '../drop.tsx'
import { readFiles } from '../files.ts'
import { IconButton } from '../icon-button.tsx'
import { NewButton } from '../menu/new-button.tsx'
import { t } from '../messages/t.ts'
import { useStudio } from '../studio.ts'
import { Tabs } from '../tabs.tsx'
import { Samples } from './samples.tsx'
import { ObjectTree } from './tree.tsx'

export function Library() {
  const studio = useStudio()
  const picker = useRef<HTMLInputElement>(null)
  const [tab, setTab] = useState<'objects' | 'samples'>('objects')
  const tabs = [
    { id: 'objects', text: t('library.objects') },
    { id: 'samples', text: t('library.samples') },
  ] as const
  return (
    <>
      <div className="region-head">
        <Tabs label={t('region.library')} tabs={tabs} value={tab} onChange={setTab} />
        <span style={{ flex: 1 }} />
        <NewButton />
        <IconButton label={t('library.open')} icon={FolderOpen} onPress={() => picker.current?.click()} />
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          accept=".yaml,.yml,.json"
          data-testid="files"
          onChange={(event) => {
            const chosen = [...(event.target.files ?? [])]
            event.target.value = ''
            void readFiles(chosen)
              .then((read) => applyRead(studio, read))
              .catch(() => undefined)
          }}
        />
      </div>
      {tab === 'objects' ? <ObjectTree /> : <Samples />}
    </>
  )
}
