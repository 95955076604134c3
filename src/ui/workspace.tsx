import type { ReactNode } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { Boundary } from './boundary.tsx'
import { Inspector } from './inspector/inspector.tsx'
import { Library } from './library/library.tsx'
import { useMedia } from './media.ts'
import { t } from './messages/t.ts'
import { Bottom } from './packets/bottom.tsx'
import { setPreference, useStudio } from './studio.ts'
import { Centre } from './views/centre.tsx'

/** The regions of a wide window. Sizes are remembered as the panels report them. */
export function Workspace() {
  const roomy = useMedia('(min-width: 1400px)')
  return (
    <main className="workspace">
      <Split id="columns" orientation="horizontal">
        <Panel id="library" defaultSize={roomy ? 272 : 240} minSize={180} maxSize={480} groupResizeBehavior="preserve-pixel-size">
          <Region label={t('region.library')}>
            <Library />
          </Region>
        </Panel>
        <Separator className="gutter" />
        <Panel id="centre" minSize={320}>
          <Split id="rows" orientation="vertical">
            <Panel id="canvas" minSize={160}>
              <Centre />
            </Panel>
            <Separator className="gutter" />
            <Panel id="bottom" defaultSize={236} minSize={96} maxSize="70%" groupResizeBehavior="preserve-pixel-size">
              <Region label={t('region.packets')}>
                <Bottom />
              </Region>
            </Panel>
          </Split>
        </Panel>
        <Separator className="gutter" />
        <Panel id="inspector" defaultSize={roomy ? 392 : 348} minSize={280} maxSize={720} groupResizeBehavior="preserve-pixel-size">
          <Region label={t('region.inspector')}>
            <Inspector />
          </Region>
        </Panel>
      </Split>
    </main>
  )
}

function Region({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <section className="region" aria-label={label}>
      <Boundary>{children}</Boundary>
    </section>
  )
}

interface SplitProps {
  readonly id: string
  readonly orientation: 'horizontal' | 'vertical'
  readonly children: ReactNode
}

function Split({ id, orientation, children }: SplitProps) {
  const { store } = useStudio()
  const remembered = store.getState().preferences.layouts[id]
  return (
    <Group
      id={id}
      className="workspace"
      orientation={orientation}
      {...(remembered ? { defaultLayout: { ...remembered } } : {})}
      onLayoutChanged={(layout) => setPreference(store, 'layouts', { ...store.getState().preferences.layouts, [id]: layout })}
    >
      {children}
    </Group>
  )
}
