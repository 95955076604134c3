/**
 * A look-up in lists that never change: the first entry with a key. The index of a list is made when it is first asked and lives as long as the list; a
 * node of a large cluster has thousands of neighbours, and every packet asks.
 */
export function listIndex<T, K>(keyOf: (entry: T) => K): (list: readonly T[], key: K) => T | undefined {
  const indexes = new WeakMap<readonly T[], ReadonlyMap<K, T>>()
  return (list, key) => {
    if (list.length === 0) return undefined
    let index = indexes.get(list)
    if (!index) indexes.set(list, (index = new Map(list.map((entry) => [keyOf(entry), entry] as const).reverse())))
    return index.get(key)
  }
}
