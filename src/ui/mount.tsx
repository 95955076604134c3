import './tokens.css'
import './styles/base.css'
import './styles/layout.css'
import './styles/composer.css'
import './styles/library.css'
import './styles/packets.css'
import './styles/inspector.css'
import './styles/overlay.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createActions } from './actions.ts'
import { App } from './app.tsx'
import { browserStorage } from './persist.ts'
import { takeLink } from './share/fragment.ts'
import { goOffline } from './share/offline.ts'
import { createPlayer } from './player.ts'
import { createAppStore } from './store.ts'
import { StudioContext } from './studio.ts'
import { applyTheme } from './theme.ts'
import { spawn } from '../worker/client.ts'

/** Builds the page into an element: worker, store, what can be done, then React on top of them. */
export async function mount(root: HTMLElement): Promise<void> {
  const client = spawn()
  const preferences = await browserStorage.loadPreferences()
  const store = createAppStore(preferences)
  const actions = createActions(store, client, browserStorage)
  const studio = { store, actions, player: createPlayer(store) }
  applyTheme(preferences.theme)
  store.subscribe((state, before) => {
    if (state.preferences !== before.preferences) void browserStorage.savePreferences(state.preferences)
    if (state.preferences.theme !== before.preferences.theme) applyTheme(state.preferences.theme)
  })
  createRoot(root).render(
    <StrictMode>
      <StudioContext value={studio}>
        <App />
      </StudioContext>
    </StrictMode>,
  )
  // What went wrong is in the store, where the page shows it.
  await actions.boot(takeLink()).catch(() => undefined)
  addEventListener('hashchange', () => {
    const link = takeLink()
    if (link !== undefined) void actions.openLink(link).catch(() => undefined)
  })
  goOffline()
}
