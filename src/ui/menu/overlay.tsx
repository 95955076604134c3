import './menu.css'
import '../messages/with-edit.ts'
import { lazy, Suspense } from 'react'
import { Boundary } from '../boundary.tsx'
import { ContextMenu } from './context-menu.tsx'
import { useSurface } from './use-surface.ts'

const ValuesMenu = lazy(() => import('./values-menu.tsx').then((part) => ({ default: part.ValuesMenu })))
const Editor = lazy(() => import('../editor/editor.tsx').then((part) => ({ default: part.Editor })))

/** All that lies above the page while the cluster is changed by hand. Loaded after the first map, the editor when it is first opened. */
export function Overlay() {
  const editing = useSurface((surface) => surface.editing)
  const values = useSurface((surface) => surface.values !== undefined)
  return (
    <>
      <ContextMenu />
      {values && (
        <Boundary>
          <Suspense>
            <ValuesMenu />
          </Suspense>
        </Boundary>
      )}
      {editing && (
        <Boundary>
          <Suspense>
            <Editor source={editing} />
          </Suspense>
        </Boundary>
      )}
    </>
  )
}
