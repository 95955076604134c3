import './menu.css'
import '../messages/with-edit.ts'
import { ContextMenu } from './context-menu.tsx'

/** All that lies above the page while the cluster is changed by hand. Loaded after the first map. */
export function Overlay() {
  return <ContextMenu />
}
