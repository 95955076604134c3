import { useEffect } from 'react'
import { LEVELS } from '../core/walk/level.ts'
import { t } from './messages/t.ts'
import { nextSpeed } from './speed.ts'
import { toggledNoise } from './views/narrowed.ts'
import { placeEnd, setPreference, type Studio, useStudio } from './studio.ts'

/** Keys of the whole page. They stay out of the way of whoever types, and of widgets that use the same keys. */
export function useShortcuts(): void {
  const studio = useStudio()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (isPalette(event)) return openPalette(studio, event)
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === 'F6') return moveRegion(event)
      const act = actionOf(studio, event.key)
      if (!act || isTaken(event)) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [studio])
}

const isPalette = (event: KeyboardEvent): boolean =>
  event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey

/** From anywhere, also while typing; browsers would go to their search field. */
function openPalette({ store }: Studio, event: KeyboardEvent): void {
  event.preventDefault()
  if (store.getState().phase === 'ready') store.getState().change((state) => void (state.dialog = 'palette'))
}

function actionOf(studio: Studio, key: string): (() => void) | undefined {
  const { store, player } = studio
  const { change, selected } = store.getState()
  const level = LEVELS[Number(key) - 1]
  if (level) return () => setPreference(store, 'level', level)
  const zoom = (what: 'fit' | 'in' | 'out') => () =>
    change((state) => {
      state.zoom = { what, number: (state.zoom?.number ?? 0) + 1 }
    })
  const keys: Readonly<Record<string, () => void>> = {
    ' ': player.toggle,
    ArrowRight: () => player.step(1),
    ArrowLeft: () => player.step(-1),
    ']': () => player.stepPacket(1),
    '[': () => player.stepPacket(-1),
    s: () => void (selected !== undefined && placeEnd(studio, 'from', selected)),
    t: () => void (selected !== undefined && placeEnd(studio, 'to', selected)),
    '/': () => document.getElementById('composer-to')?.focus(),
    b: () => void import('./breakpoints/set.ts').then(({ toggleHere }) => toggleHere(studio)).catch(() => undefined),
    n: () => toBreak(studio, 1),
    N: () => toBreak(studio, -1),
    p: () => jumpOn(studio, 1),
    P: () => jumpOn(studio, -1),
    '<': () => changeSpeed(studio, -1),
    '>': () => changeSpeed(studio, 1),
    g: () => nextGrain(studio),
    '?': () => change((state) => void (state.dialog = 'help')),
    k: () => change((state) => void (state.dialog = 'requests')),
    h: () => change((state) => void (state.filter = toggledNoise(state.filter))),
    f: zoom('fit'),
    '+': zoom('in'),
    '=': zoom('in'),
    '-': zoom('out'),
    Escape: () =>
      change((state) => {
        state.selected = undefined
        state.inspecting = 'packet'
        state.draft = { ...state.draft, next: 'from' }
      }),
  }
  return keys[key]
}

function jumpOn(studio: Studio, by: 1 | -1): void {
  void import('./findings/jump.ts').then((part) => part.jumpOn(studio, by)).catch(() => undefined)
}

function toBreak({ player, actions }: Studio, by: 1 | -1): void {
  if (!player.toBreak(by)) actions.toast({ tone: 'info', text: t('break.nothing') })
}

function changeSpeed({ store, actions }: Studio, by: 1 | -1): void {
  const speed = nextSpeed(store.getState().preferences.speed, by)
  setPreference(store, 'speed', speed)
  actions.toast({ tone: 'info', text: `${t('transport.speed')} ${speed}×` })
}

/** Hop, step, rule, and from the beginning. */
function nextGrain({ store, actions }: Studio): void {
  const grains = ['hop', 'step', 'rule'] as const
  const at = grains.findIndex((grain) => grain === store.getState().preferences.grain)
  const grain = grains[(at + 1) % grains.length] ?? 'hop'
  setPreference(store, 'grain', grain)
  actions.toast({ tone: 'info', text: `${t('transport.grain')} ${t(`transport.grain.${grain}`)}` })
}

/** Whether the focused element has its own use for the key. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  // A dialog is everything while it is open, also when nothing in it has the focus.
  if (target.matches('input:not([type=range]), textarea, select, [contenteditable]') || document.querySelector('dialog[open]')) return true
  if (key === ' ') return target.matches('button, [role=button], summary')
  if (key === 'ArrowLeft' || key === 'ArrowRight') return target.matches('input, [role=tree], [role=radio], [role=tab], [role=separator]')
  return false
}

/** F6 and Shift-F6, as in browsers and IDEs: to the next region of the page. */
function moveRegion(event: KeyboardEvent): void {
  event.preventDefault()
  const regions = ['.composer input', '.tree-scroll', '.packet-scroll', '.inspect-scroll']
    .map((selector) => document.querySelector<HTMLElement>(selector))
    .filter((element) => element !== null)
  const at = regions.findIndex((element) => element === document.activeElement || element.contains(document.activeElement))
  const next = at < 0 ? 0 : (at + (event.shiftKey ? -1 : 1) + regions.length) % regions.length
  regions[next]?.focus()
}
