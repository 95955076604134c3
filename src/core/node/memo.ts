/**
 * Remembers the last value made for an object, and what it was made of. Clusters are immutable and share what did not change, so equal inputs (by
 * identity) mean an equal value; keeping its identity lets the kernel keep what it planned for it.
 */
export class Memo<K extends object, V> {
  private readonly entries = new WeakMap<K, { readonly inputs: readonly unknown[]; readonly value: V }>()

  get(key: K, inputs: readonly unknown[], make: () => V): V {
    const known = this.entries.get(key)
    if (known && sameElements(known.inputs, inputs)) return known.value
    const value = make()
    this.entries.set(key, { inputs, value })
    return value
  }
}

const sameElements = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((element, i) => element === b[i])
