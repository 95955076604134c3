import type { Cluster } from '../core/cluster/cluster.ts'
import type { Pins } from '../scene/pins.ts'
import type { Deed, History as Names } from './protocol.ts'

/** What a person changes: the cluster, and where its machines stand on the map. */
export interface World {
  readonly cluster: Cluster
  readonly pins: Pins
}

/** One change, numbered in order of time. Clusters are immutable and share what did not change, so that remembering both costs only the difference. */
interface Step {
  readonly id: number
  /** The change that it was made upon; 0 for the beginning. */
  readonly parent: number
  readonly deed: Deed
  readonly before: World
  readonly after: World
}

const LONGEST = 500

/**
 * What was done to the cluster, with names. Packets are not part of it: undoing a change does not unsend them. Who undoes something and then does
 * something else begins another branch; the one that was left stays, and can be gone back to.
 */
export class History {
  readonly #steps = new Map<number, Step>()
  /** Which of its successors a step was left for last: what redo does. */
  readonly #ahead = new Map<number, number>()
  #at = 0
  #last = 0

  add(deed: Deed, before: World, after: World): void {
    const id = ++this.#last
    this.#steps.set(id, { id, parent: this.#at, deed, before, after })
    this.#ahead.set(this.#at, id)
    this.#at = id
    this.#steps.delete(id - LONGEST)
  }

  undo(): { readonly deed: Deed; readonly world: World } | undefined {
    const last = this.#steps.get(this.#at)
    if (!last) return undefined
    this.#at = last.parent
    this.#ahead.set(last.parent, last.id)
    return { deed: last.deed, world: last.before }
  }

  redo(): { readonly deed: Deed; readonly world: World } | undefined {
    const next = this.#next(this.#at)
    if (!next) return undefined
    this.#at = next.id
    return { deed: next.deed, world: next.after }
  }

  /** To the world as it was after a step of any branch, or with 0 before all of them. Undefined when that is where it is. */
  goTo(id: number): { readonly deed: Deed; readonly world: World } | undefined {
    const way = this.#wayTo(id === 0 ? this.#at : id)
    const first = way.at(-1)
    if (!first || id === this.#at) return undefined
    this.#at = id === 0 ? first.parent : id
    for (const step of way) this.#ahead.set(step.parent, step.id)
    const [found] = way
    return id === 0 || !found ? { deed: first.deed, world: first.before } : { deed: found.deed, world: found.after }
  }

  /** A change of any branch, or with 0 the last that stands. */
  step(id: number): { readonly before: World; readonly after: World } | undefined {
    return this.#steps.get(id === 0 ? this.#at : id)
  }

  /** The cluster as it was before the last change that stands. */
  before(): Cluster | undefined {
    return this.#steps.get(this.#at)?.before.cluster
  }

  clear(): void {
    this.#steps.clear()
    this.#ahead.clear()
    this.#at = this.#last = 0
  }

  /** Latest first, both ways: what the next undo and the next redo would do stands at the front. */
  names(): Names {
    const undone: Step[] = []
    for (let next = this.#next(this.#at); next; next = this.#next(next.id)) undone.push(next)
    return {
      past: this.#wayTo(this.#at).map(({ deed }) => deed),
      undone: undone.map(({ deed }) => deed),
      at: this.#steps.has(this.#at) ? this.#at : 0,
      steps: [...this.#steps.values()].map(({ id, parent, deed }) => ({ id, parent: this.#steps.has(parent) ? parent : 0, deed })),
      ahead: undone.map(({ id }) => id),
    }
  }

  #next(id: number): Step | undefined {
    return this.#steps.get(this.#ahead.get(id) ?? 0)
  }

  /** A step and all that it was made upon, latest first. */
  #wayTo(id: number): readonly Step[] {
    const way: Step[] = []
    for (let step = this.#steps.get(id); step; step = this.#steps.get(step.parent)) way.push(step)
    return way
  }
}
