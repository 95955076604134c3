import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { Actions } from './actions.ts'
import type { MapView } from './map-view.ts'
import type { Player } from './player.ts'
import type { AppStore, Preferences, Store } from './store.ts'

/** What every component may reach: the store, what can be done, and the player. Made once in begin.ts. */
export interface Studio {
  readonly store: AppStore
  readonly actions: Actions
  readonly player: Player
}

export const StudioContext = createContext<Studio | undefined>(undefined)
/** The map, which is there before the rest. */
export const MapContext = createContext<MapView | undefined>(undefined)

export function useStudio(): Studio {
  const studio = useContext(StudioContext)
  if (!studio) throw new Error('a component of the studio outside of it')
  return studio
}

export function useMap(): MapView {
  const map = useContext(MapContext)
  if (!map) throw new Error('a component of the map outside of the studio')
  return map
}

/** Part of the state; the component renders again only when this part changes. */
export function useApp<T>(select: (state: Store) => T): T {
  return useStore(useStudio().store, select)
}

export function usePreference<K extends keyof Preferences>(key: K): readonly [Preferences[K], (value: Preferences[K]) => void] {
  const { store } = useStudio()
  const value = useStore(store, (state) => state.preferences[key])
  return [value, (next) => setPreference(store, key, next)]
}

export function setPreference<K extends keyof Preferences>(store: AppStore, key: K, value: Preferences[K]): void {
  store.getState().change((state) => {
    state.preferences = { ...state.preferences, [key]: value }
  })
}

/** Puts an object at one end of the composer: as sender by its id, as target by the address that reaches it. */
export async function placeEnd(studio: Studio, end: 'from' | 'to', id: string): Promise<void> {
  const { store, actions } = studio
  const { change } = store.getState()
  if (end === 'from') {
    if (!canSend(id)) return
    change((state) => {
      state.draft = { ...state.draft, from: id, next: 'to' }
    })
    return
  }
  const description = await actions.client.ask({ kind: 'describe', target: id })
  const address = description?.address
  if (address === undefined) return
  change((state) => {
    state.draft = { ...state.draft, to: state.draft.protocol === 'icmp' ? bare(address) : address, target: id, next: 'from' }
  })
}

export const canSend = (id: string): boolean => id.startsWith('pod/') || id.startsWith('node/') || id.startsWith('external/')

/** Ping takes a name or an address without scheme, port and path. */
export function bare(address: string): string {
  const [host = ''] = address.replace(/^https?:\/\//, '').split('/')
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1]
  // Without brackets all colons are an IPv6 address's own; one alone stands before a port.
  return bracketed ?? (/:.*:/.test(host) ? host : host.replace(/:.*$/, ''))
}
