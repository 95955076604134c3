import type { Cluster } from '../core/cluster/cluster.ts'
import type { Pins } from '../scene/pins.ts'
import type { Deed, History as Names } from './protocol.ts'

/** What a person changes: the cluster, and where its machines stand on the map. */
export interface World {
  readonly cluster: Cluster
  readonly pins: Pins
}

/** One change. Clusters are immutable and share what did not change, so that remembering both costs only the difference. */
interface Step {
  readonly deed: Deed
  readonly before: World
  readonly after: World
}

const LONGEST = 500

/** What was done to the cluster, with names. Packets are not part of it: undoing a change does not unsend them. */
export class History {
  #past: readonly Step[] = []
  #undone: readonly Step[] = []

  add(deed: Deed, before: World, after: World): void {
    this.#past = [...this.#past, { deed, before, after }].slice(-LONGEST)
    this.#undone = []
  }

  undo(): { readonly deed: Deed; readonly world: World } | undefined {
    const last = this.#past.at(-1)
    if (!last) return undefined
    this.#past = this.#past.slice(0, -1)
    this.#undone = [...this.#undone, last]
    return { deed: last.deed, world: last.before }
  }

  redo(): { readonly deed: Deed; readonly world: World } | undefined {
    const next = this.#undone.at(-1)
    if (!next) return undefined
    this.#undone = this.#undone.slice(0, -1)
    this.#past = [...this.#past, next]
    return { deed: next.deed, world: next.after }
  }

  /** The cluster as it was before the last change that stands. */
  before(): Cluster | undefined {
    return this.#past.at(-1)?.before.cluster
  }

  clear(): void {
    this.#past = []
    this.#undone = []
  }

  /** Latest first, both ways: what the next undo and the next redo would do stands at the front. */
  names(): Names {
    const deeds = (steps: readonly Step[]): readonly Deed[] => steps.map(({ deed }) => deed).toReversed()
    return { past: deeds(this.#past), undone: deeds(this.#undone) }
  }
}
