import { movedWith, placesMoved, withPins } from '../../scene/pins.ts'
import type { Point } from '../../scene/scene.ts'
import type { Studio } from '../studio.ts'
import { edit } from './change.ts'

/** Moves a node or host on the map, alone or with its group: one thing to undo. */
export async function pin(studio: Studio, id: string, by: Point, group: boolean): Promise<void> {
  const { scene } = studio.store.getState()
  if (!scene || (by.x === 0 && by.y === 0)) return
  const places = placesMoved(scene, movedWith(scene, id, group), by)
  if (places.length > 0) await edit(studio, { op: 'pin', object: id, places })
}

export const unpin = (studio: Studio, id: string): Promise<boolean> => edit(studio, { op: 'pin', object: id, places: [{ id }] })

/** World units of one press: the grid that dragged things come to rest on, or several of its cells. */
const STEP = 8
const STRIDE = 40
/** Milliseconds after the last press until what was pressed is one thing done. */
const PAUSE = 500

const WAYS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/** Moves by keys: the map follows each press, and many presses in a row are one thing to undo. */
export class KeyMover {
  readonly #studio: Studio
  #moving: { readonly id: string; readonly group: boolean; readonly by: Point } | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(studio: Studio) {
    this.#studio = studio
  }

  /** True when the key was one that moves. */
  press(key: string, group: boolean, far: boolean): boolean {
    const way = WAYS[key]
    const { selected, scene, change } = this.#studio.store.getState()
    if (!way || !scene || selected === undefined || movedWith(scene, selected, group).length === 0) return false
    if (this.#moving && (this.#moving.id !== selected || this.#moving.group !== group)) this.finish()
    const before = this.#moving?.by ?? { x: 0, y: 0 }
    const step = far ? STRIDE : STEP
    const by = { x: way.x * step, y: way.y * step }
    this.#moving = { id: selected, group, by: { x: before.x + by.x, y: before.y + by.y } }
    const places = placesMoved(scene, movedWith(scene, selected, group), by)
    change((state) => void (state.scene = withPins(scene, Object.fromEntries(places.map(({ id, at }) => [id, at])))))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.finish(), PAUSE)
    return true
  }

  /** What was pressed so far is done. */
  finish(): void {
    clearTimeout(this.#timer)
    const { scene } = this.#studio.store.getState()
    const moving = this.#moving
    this.#moving = undefined
    if (!moving || !scene) return
    // The map shows them there already.
    const places = placesMoved(scene, movedWith(scene, moving.id, moving.group), { x: 0, y: 0 })
    void edit(this.#studio, { op: 'pin', object: moving.id, places }).catch(() => undefined)
  }
}
