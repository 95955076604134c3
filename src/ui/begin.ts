import { connect } from '../worker/client.ts'
import { startWorker } from '../worker/start.ts'
import { askAhead } from './ahead.ts'
import { createActions } from './actions.ts'
import { createMap } from './map-view.ts'
import { browserStorage } from './persist.ts'
import { createPlayer } from './player.ts'
import { takeLink } from './share/fragment.ts'
import { goOffline } from './share/offline.ts'
import { type AppStore, createAppStore, type Preferences } from './store.ts'
import { applyTheme } from './theme.ts'

/** Milliseconds until the page is shown around a map that is still empty. */
const PATIENCE = 1500
/** Milliseconds that panels wait for the first packets: a small cluster's are there by then. */
const PATIENCE_WITH_PACKETS = 400

/** Puts the parts together and draws the map; React and all that it shows come when that is done. */
export async function begin(root: HTMLElement, worker: Worker): Promise<void> {
  const link = takeLink()
  const ahead = link === undefined ? askAhead(browserStorage) : undefined
  const preferences = await browserStorage.loadPreferences()
  const store = createAppStore(preferences)
  const client = connect(startWorker, worker)
  const studio = { store, actions: createActions(store, client, browserStorage), player: createPlayer(store) }
  applyTheme(preferences.theme)
  store.subscribe((state, before) => {
    if (state.preferences !== before.preferences) void browserStorage.savePreferences(state.preferences)
    if (state.preferences.theme !== before.preferences.theme) applyTheme(state.preferences.theme)
  })
  // What went wrong is in the store, where the page shows it.
  const booted = studio.actions.boot(link, ahead).catch(() => undefined)
  const map = createMap(placeOf(root, preferences), studio)
  await mapped(store)
  // One after the other: between the two the map hears what is done to it.
  await import('./react.ts')
  await turn()
  const { mount } = await import('./mount.tsx')
  // What is known when panels are made is made in slices of time with them; what comes later changes all of them at once.
  await Promise.race([booted, turn(PATIENCE_WITH_PACKETS)])
  await turn()
  mount(root, studio, map)
  await booted
  addEventListener('hashchange', () => {
    const other = takeLink()
    if (other !== undefined) void studio.actions.openLink(other).catch(() => undefined)
  })
  goOffline()
}

/** Lets the browser do whatever else there is to do. */
const turn = (milliseconds = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Where index.html has left room for the map. Panels take the sizes that they reported last, else those of the style sheet. */
function placeOf(root: HTMLElement, { layouts: { columns, rows } }: Preferences): HTMLElement {
  const main = root.querySelector('main')
  const place = main?.querySelector<HTMLElement>('.canvas')
  if (!main || !place) throw new Error('index.html has no place for the map')
  if (columns?.['library'] !== undefined) main.style.setProperty('--first-left', `${columns['library']}%`)
  if (columns?.['inspector'] !== undefined) main.style.setProperty('--first-right', `${columns['inspector']}%`)
  if (rows?.['bottom'] !== undefined) main.style.setProperty('--first-bottom', `${rows['bottom']}%`)
  return place
}

/** When the map has been drawn, or there is something else to show: progress, a failure, or that it takes its time. A hidden page draws nothing. */
function mapped(store: AppStore): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE)
    const stop = store.subscribe(({ scene, phase, reading }) => {
      if (!scene && phase === 'starting' && !reading) return
      stop()
      if (!scene || document.hidden) return done()
      requestAnimationFrame(() => setTimeout(done))
    })
    const done = (): void => {
      stop()
      clearTimeout(timer)
      resolve()
    }
  })
}
