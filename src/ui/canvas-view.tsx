import { Maximize, Minus, Plus } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Marked } from '../canvas/layers/selection.ts'
import { createPainter, type Painter } from '../canvas/painter.ts'
import type { Point } from '../scene/scene.ts'
import { endText } from './ending-text.ts'
import { Hint } from './hint.tsx'
import { IconButton } from './icon-button.tsx'
import { Legend } from './legend.tsx'
import { openDropMenu, openMenu } from './menu/surface.ts'
import { acceptDrops } from './dropping/map-drop.ts'
import { t } from './messages/t.ts'
import { pickOnMap } from './pick.ts'
import type { Store } from './store.ts'
import { placeEnd, type Studio, useStudio } from './studio.ts'
import { watchMotion, watchTheme } from './theme.ts'

/** The canvas is mounted once. From then on the store speaks to the painter directly; React renders none of it. */
export function CanvasView() {
  const studio = useStudio()
  const surface = useRef<HTMLDivElement>(null)
  const painter = useRef<Painter | undefined>(undefined)
  useEffect(() => {
    if (!surface.current) return
    const mounted = mountPainter(surface.current, studio)
    painter.current = mounted.painter
    return mounted.destroy
  }, [studio])
  return (
    <section className="canvas" aria-label={t('region.canvas')}>
      <div className="canvas-surface" ref={surface} role="img" aria-label={t('canvas.label')} data-testid="map" />
      <Hint />
      <Legend />
      <div className="canvas-tools">
        <IconButton label={t('canvas.zoomOut')} icon={Minus} onPress={() => painter.current?.zoomBy(1 / 1.5)} />
        <IconButton label={t('canvas.zoomIn')} icon={Plus} onPress={() => painter.current?.zoomBy(1.5)} />
        <IconButton label={t('canvas.fit')} icon={Maximize} onPress={() => painter.current?.fit()} />
      </div>
    </section>
  )
}

function mountPainter(container: HTMLElement, studio: Studio): { readonly painter: Painter; destroy: () => void } {
  const { store, player } = studio
  const painter = createPainter(
    container,
    {
      onSelect: (id) => void pickOnMap(studio, id).catch(() => undefined),
      onHover: (id) => void (container.title = titleOf(store.getState(), id)),
      onConnect: (from, to, x, y) => {
        const { left, top } = container.getBoundingClientRect()
        // A pod over a node is one of two things, which the person says.
        if (from.startsWith('pod/') && to.startsWith('node/')) openDropMenu(from, to, left + x, top + y)
        else void connectEnds(studio, from, to).catch(() => undefined)
      },
      onMove: (id, by, group) => void moveOnMap(studio, id, by, group).catch(() => undefined),
      onContext: (id, x, y) => {
        const { left, top } = container.getBoundingClientRect()
        openMenu(id, left + x, top + y)
      },
    },
    { pending: (pods) => t('canvas.pending', { pods }), ending: endText },
  )
  const show = (state: Store, before: Store | undefined) => {
    if (state.scene !== before?.scene && state.scene) {
      painter.setScene(state.scene)
      // Another cluster is looked at as a whole; one that only changed stays where it was.
      if (state.intents[0] !== before?.intents[0]) painter.fit()
    }
    if (state.selected !== before?.selected || state.draft !== before?.draft || state.members !== before?.members)
      painter.setSelection(selectionOf(state))
    if (state.wrong !== before?.wrong) painter.setMarks([...state.wrong.objects.values()])
    if (state.zoom !== before?.zoom && before) zoom(painter, state)
  }
  show(store.getState(), undefined)
  player.attach(painter)
  const undo = [
    store.subscribe(show),
    watchTheme(() => painter.setTheme()),
    watchMotion((reduced) => painter.setReducedMotion(reduced)),
    acceptDrops(container, painter, studio),
    () => player.detach(),
    () => painter.destroy(),
  ]
  return {
    painter,
    destroy: () => {
      for (const each of undo) each()
    },
  }
}

/** What is under the pointer, and whose trouble it has part in. */
function titleOf({ wrong }: Store, id: string | undefined): string {
  if (id === undefined) return ''
  const mark = wrong.objects.get(id.split('#')[0] ?? '')
  return mark ? t('canvas.wrong', { id, of: mark.of.join(', ') }) : id
}

/** What moves things is loaded when somebody does. */
async function moveOnMap(studio: Studio, id: string, by: Point, group: boolean): Promise<void> {
  const { pin } = await import('./history/pinning.ts')
  await pin(studio, id, by, group)
}

/** A wire drawn on the map fills in both ends of the request. */
async function connectEnds(studio: Studio, from: string, to: string): Promise<void> {
  await placeEnd(studio, 'from', from)
  await placeEnd(studio, 'to', to)
}

function selectionOf(state: Store): Marked {
  const { from, target } = state.draft
  return {
    ...(state.selected === undefined ? {} : { selected: state.selected }),
    ...(from === '' ? {} : { source: from }),
    ...(target === '' ? {} : { target }),
    ...(state.members.length > 0 && { members: state.members }),
  }
}

function zoom(painter: Painter, state: Store): void {
  const last = state.zoom
  if (last?.what === 'fit') painter.fit()
  else if (last?.what === 'focus' && state.selected !== undefined) painter.focus(state.selected)
  else if (last) painter.zoomBy(last.what === 'in' ? 1.5 : 1 / 1.5)
}
