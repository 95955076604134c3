const NONE: readonly never[] = []

/**
 * A look-up in collections that never change: all entries with a key, in their order. The index of a collection is made when it is first asked and lives as
 * long; a node of a large cluster has thousands of neighbours, and every packet asks.
 */
export function listIndex<T, K>(keyOf: (entry: T) => K): (list: Iterable<T> & object, key: K) => readonly T[] {
  const indexes = new WeakMap<object, ReadonlyMap<K, readonly T[]>>()
  return (list, key) => {
    let index = indexes.get(list)
    if (!index) indexes.set(list, (index = grouped(list, keyOf)))
    return index.get(key) ?? NONE
  }
}

function grouped<T, K>(list: Iterable<T>, keyOf: (entry: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const entry of list) {
    const key = keyOf(entry)
    const group = groups.get(key)
    if (group) group.push(entry)
    else groups.set(key, [entry])
  }
  return groups
}
