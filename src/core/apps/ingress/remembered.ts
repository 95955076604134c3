/** A value made of parts of a cluster, the same as long as the parts are (by identity); the last one per key. */
export class Remembered<K extends object, V> {
  readonly #entries = new WeakMap<K, { readonly inputs: readonly unknown[]; readonly value: V }>()

  get(key: K, inputs: readonly unknown[], make: () => V): V {
    const known = this.#entries.get(key)
    if (known && known.inputs.length === inputs.length && known.inputs.every((each, i) => each === inputs[i])) return known.value
    const value = make()
    this.#entries.set(key, { inputs, value })
    return value
  }
}
