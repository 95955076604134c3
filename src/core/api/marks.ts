/**
 * Where the nodes of a document stand, as columns: a large dump has half a million nodes, and hardly ever is one of them asked for. Nodes are in the order of
 * the text; what follows a node up to `next` is inside of it.
 */
import type { Path } from './schema.ts'

export class Marks {
  readonly #key: number[] = []
  readonly #value: number[] = []
  readonly #next: number[] = []
  /** Marks of the items of sequences asked about: many messages about one long list cost one reading of it. */
  readonly #items = new Map<number, readonly number[]>()

  /** Opens a node; `key` is where its key begins, -1 without one. */
  open(key: number): number {
    this.#value.push(key)
    this.#next.push(0)
    return this.#key.push(key) - 1
  }

  begin(mark: number, offset: number): void {
    this.#value[mark] = offset
  }

  close(mark: number): void {
    this.#next[mark] = this.#key.length
  }

  /** Forgets `mark` and all that came after. */
  cut(mark: number): void {
    for (const column of [this.#key, this.#value, this.#next]) column.length = mark
  }

  get count(): number {
    return this.#key.length
  }

  /** Offset of the value at `path` below `mark`, or of its key; of the nearest enclosing value that exists. `keyAt` reads the key that begins at an offset. */
  find(mark: number, path: Path, part: 'key' | 'value', keyAt: (offset: number) => string | undefined): number {
    let offset = this.#value[mark] ?? 0
    let node = mark
    for (const [index, segment] of path.entries()) {
      const child = this.#child(node, segment, keyAt)
      if (child === undefined) return offset
      node = child
      const wantsKey = part === 'key' && index === path.length - 1
      if (!wantsKey) offset = this.#value[child] ?? offset
      else if ((this.#key[child] ?? -1) >= 0) offset = this.#key[child] ?? offset
    }
    return offset
  }

  #child(mark: number, segment: string | number, keyAt: (offset: number) => string | undefined): number | undefined {
    const end = this.#next[mark] ?? 0
    if (mark + 1 >= end) return undefined
    if ((this.#key[mark + 1] ?? -1) < 0) return this.#itemsOf(mark, end)[Number(segment)]
    for (let child = mark + 1; child < end; child = this.#next[child] ?? end)
      if (keyAt(this.#key[child] ?? 0) === String(segment)) return child
    return undefined
  }

  #itemsOf(mark: number, end: number): readonly number[] {
    const known = this.#items.get(mark)
    if (known) return known
    const items: number[] = []
    for (let child = mark + 1; child < end; child = this.#next[child] ?? end) items.push(child)
    this.#items.set(mark, items)
    return items
  }
}
