import './styles/composer.css'
import './styles/library.css'
import './styles/packets.css'
import './styles/inspector.css'
import './styles/overlay.css'
import { startTransition, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import type { MapView } from './map-view.ts'
import { MapContext, type Studio, StudioContext } from './studio.ts'

/** The page around its map. As a transition, so that it is made in slices of time and the map can be used meanwhile. */
export function mount(root: HTMLElement, studio: Studio, map: MapView): void {
  startTransition(() =>
    createRoot(root).render(
      <StrictMode>
        <StudioContext value={studio}>
          <MapContext value={map}>
            <App />
          </MapContext>
        </StudioContext>
      </StrictMode>,
    ),
  )
}
