import type { Painter } from '../../canvas/painter.ts'
import { readDragged, carries } from './dragged.ts'
import type { Studio } from '../studio.ts'

/** What is dropped on a node of the map is that node's; all else is left to the page. */
export function acceptDrops(container: HTMLElement, painter: Painter, studio: Studio): () => void {
  const { store } = studio
  const show = (dropping: boolean | string) => store.getState().change((state) => void (state.dropping = dropping))
  const nodeAt = (event: DragEvent): string | undefined => {
    const { left, top } = container.getBoundingClientRect()
    const id = painter.machineAt(event.clientX - left, event.clientY - top) ?? ''
    return id.startsWith('node/') ? id.slice('node/'.length) : undefined
  }
  const stop = new AbortController()
  const { signal } = stop
  container.addEventListener('dragover', (event) => carries(event) && show(nodeAt(event) ?? true), { signal })
  container.addEventListener(
    'drop',
    (event) => {
      const node = carries(event) ? nodeAt(event) : undefined
      if (node === undefined || !event.dataTransfer) return
      event.preventDefault()
      event.stopPropagation()
      show(false)
      // The list of items is gone after this turn, so reading starts at once.
      const read = readDragged(event.dataTransfer)
      void import('./drop-on-node.ts').then(async ({ dropOnNode }) => dropOnNode(studio, await read, node)).catch(() => undefined)
    },
    { signal },
  )
  return () => stop.abort()
}
