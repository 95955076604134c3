import type { Marked } from '../canvas/layers/selection.ts'
import { createPainter, type Painter } from '../canvas/painter.ts'
import type { Point } from '../scene/scene.ts'
import { acceptDrops } from './dropping/map-drop.ts'
import { endText } from './ending-text.ts'
import { openDropMenu, openMenu } from './menu/surface.ts'
import { t } from './messages/t.ts'
import type { Store } from './store.ts'
import type { Studio } from './studio.ts'
import { watchMotion, watchTheme } from './theme.ts'

/**
 * The map, there before React is and as long as the page: React only gives the element a place. From then on the store speaks to the painter
 * directly; nothing renders it.
 */
export interface MapView {
  readonly element: HTMLElement
  readonly painter: Painter
}

/** `place` is where it stands until React has one for it: one as large, so that nothing is drawn twice. */
export function createMap(place: HTMLElement, studio: Studio): MapView {
  const element = document.createElement('div')
  element.className = 'canvas-surface'
  element.setAttribute('role', 'img')
  element.setAttribute('aria-label', t('canvas.label'))
  element.dataset['testid'] = 'map'
  place.append(element)
  return { element, painter: paintOn(element, studio) }
}

function paintOn(container: HTMLElement, studio: Studio): Painter {
  const { store, player } = studio
  const painter = createPainter(
    container,
    {
      onSelect: (id) => void pick(studio, id).catch(() => undefined),
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
  store.subscribe(show)
  watchTheme(() => painter.setTheme())
  watchMotion((reduced) => painter.setReducedMotion(reduced))
  acceptDrops(container, painter, studio)
  return painter
}

/** What is under the pointer, and whose trouble it has part in. */
function titleOf({ wrong }: Store, id: string | undefined): string {
  if (id === undefined) return ''
  const mark = wrong.objects.get(id.split('#')[0] ?? '')
  return mark ? t('canvas.wrong', { id, of: mark.of.join(', ') }) : id
}

/** What picks, moves and joins things comes with the rest of the page. */
async function pick(studio: Studio, id: string | undefined): Promise<void> {
  const { pickOnMap } = await import('./pick.ts')
  await pickOnMap(studio, id)
}

async function moveOnMap(studio: Studio, id: string, by: Point, group: boolean): Promise<void> {
  const { pin } = await import('./history/pinning.ts')
  await pin(studio, id, by, group)
}

/** A wire drawn on the map fills in both ends of the request. */
async function connectEnds(studio: Studio, from: string, to: string): Promise<void> {
  const { placeEnd } = await import('./studio.ts')
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
