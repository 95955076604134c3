import { draftOf } from '../actions.ts'
import type { Studio } from '../studio.ts'
import type { KeptRequest } from './kept.ts'

/** Sends it, and shows it in the composer and on the map. */
export function sendKept({ store, actions }: Studio, { order }: KeptRequest): void {
  store.getState().change((state) => {
    state.draft = draftOf(order)
    state.dialog = undefined
  })
  void actions.sendOrder(order).catch(() => undefined)
}
