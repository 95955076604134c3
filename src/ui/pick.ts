import { placeEnd, setPreference, type Studio } from './studio.ts'

/** A click on the map: the first pod is the sender, the second the target, the third a new sender. Nodes and devices are only inspected, and a row of an opened program is pointed at. */
export async function pickOnMap(studio: Studio, id: string | undefined): Promise<void> {
  const { store } = studio
  const object = id?.split('#')[0]
  select(studio, object)
  const [, table, row] = /#row\/([^/]*)\/(.*)$/.exec(id ?? '') ?? []
  if (object !== undefined && table !== undefined && row !== undefined) {
    const { pointAt } = await import('./program/focus.ts')
    return pointAt(object, { kind: 'row', table, row })
  }
  if (object === undefined || !(object.startsWith('pod/') || object.startsWith('external/'))) return
  const { draft, preferences } = store.getState()
  if (!preferences.picked) setPreference(store, 'picked', true)
  const end = draft.next === 'to' && draft.from !== object ? 'to' : 'from'
  await placeEnd(studio, end, object)
}

export function select(studio: Studio, id: string | undefined): void {
  studio.store.getState().change((state) => {
    state.selected = id
    if (id !== undefined) state.inspecting = 'object'
  })
}
