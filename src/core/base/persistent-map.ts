/**
 * A map from names to values that is a value itself: changing it makes another one, which shares all but a path of a few small arrays with it. Iterates in
 * the order in which names were added, as Map does. Values stand in a trie over their places (as in the vectors of Clojure), and a place holds its name too:
 * so versions of a map can share the table from names to places, which only ever grows, and a place counts where its name stands there.
 */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  constructor(private readonly state: State<V> = EMPTY as State<V>) {}

  static of<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    return new PersistentMap<V>().with([...entries].map(([key, value]) => ({ key, value })))
  }

  get size(): number {
    return this.state.size
  }

  get(key: string): V | undefined {
    const place = placeIn(this.state, key)
    return place === undefined ? undefined : leafAt(this.state, place)?.values[place % WIDTH]
  }

  has(key: string): boolean {
    return placeIn(this.state, key) !== undefined
  }

  /** All changes in their order, at once; without `value` the key goes. The same map when nothing changed. */
  with(changes: Iterable<{ readonly key: string; readonly value?: V }>): PersistentMap<V> {
    const draft = new Draft(this.state)
    for (const change of changes) {
      if (change.value === undefined) draft.delete(change.key)
      else draft.put(change.key, change.value)
    }
    const state = draft.done()
    return state === this.state ? this : new PersistentMap(state)
  }

  /** The same names in the same order with other values; costs no look-up. */
  map<W>(of: (value: V, key: string) => W): PersistentMap<W> {
    const token = {}
    const mapped = ({ children, keys, values }: Node<V>): Node<W> => ({
      token,
      children: children.map((child) => child && mapped(child)),
      keys,
      values: keys.map((key, i) => (key === undefined ? undefined : of(values[i] as V, key))),
    })
    const { root, height, end, size, places } = this.state
    return new PersistentMap({ root: mapped(root), height, end, size, places })
  }

  /**
   * Where two maps differ, place by place, in time that grows with what they do not share. A key whose value is another one in the same place is one
   * difference; one that moved is two.
   */
  *differences(after: PersistentMap<V>): Generator<Difference<V>, undefined> {
    const height = Math.max(this.state.height, after.state.height)
    yield* differing(lifted(this.state, height), lifted(after.state, height), height)
  }

  *entries(): Generator<[string, V], undefined> {
    for (const { keys, values } of leaves(this.state))
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i]
        if (key !== undefined) yield [key, values[i] as V]
      }
  }

  *keys(): Generator<string, undefined> {
    for (const { keys } of leaves(this.state)) for (const key of keys) if (key !== undefined) yield key
  }

  *values(): Generator<V, undefined> {
    for (const { keys, values } of leaves(this.state)) for (let i = 0; i < keys.length; i++) if (keys[i] !== undefined) yield values[i] as V
  }

  [Symbol.iterator](): Generator<[string, V], undefined> {
    return this.entries()
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this)
  }
}

/** At one place: what stood there before, what stands there now. */
export interface Difference<V> {
  readonly key: string
  readonly from?: V
  readonly to?: V
}

const BITS = 5
const WIDTH = 1 << BITS

/** A leaf has keys and values and no children, any other node has children alone. A key that is undefined is a hole. */
interface Node<V> {
  /** Whose draft may still write into it. */
  readonly token: object
  readonly children: (Node<V> | undefined)[]
  readonly keys: (string | undefined)[]
  readonly values: (V | undefined)[]
}

interface State<V> {
  readonly root: Node<V>
  /** Levels above the leaves. */
  readonly height: number
  /** The place that the next name gets. */
  readonly end: number
  readonly size: number
  /** Of all versions that were made of one another; each name has one place for good. */
  readonly places: Map<string, number>
}

const node = <V>(token: object): Node<V> => ({ token, children: [], keys: [], values: [] })
const EMPTY: State<unknown> = { root: node({}), height: 0, end: 0, size: 0, places: new Map() }

function leafAt<V>({ root, height }: State<V>, place: number): Node<V> | undefined {
  let at: Node<V> | undefined = root
  for (let shift = height * BITS; shift > 0; shift -= BITS) at = at?.children[(place >>> shift) % WIDTH]
  return at
}

function placeIn<V>(state: State<V>, key: string): number | undefined {
  const place = state.places.get(key)
  return place !== undefined && leafAt(state, place)?.keys[place % WIDTH] === key ? place : undefined
}

function* leaves<V>(state: State<V>): Generator<Node<V>, undefined> {
  for (let place = 0; place < state.end; place += WIDTH) {
    const leaf = leafAt(state, place)
    if (leaf) yield leaf
  }
}

/** A place outside of the trie reads as a hole only in a trie that is high enough. */
function lifted<V>({ root, height }: State<V>, wanted: number): Node<V> {
  let at = root
  for (let i = height; i < wanted; i++) at = { ...node<V>({}), children: [at] }
  return at
}

function* differing<V>(a: Node<V> | undefined, b: Node<V> | undefined, height: number): Generator<Difference<V>, undefined> {
  if (a === b) return
  for (let i = 0; i < WIDTH; i++) {
    if (height > 0) {
      yield* differing(a?.children[i], b?.children[i], height - 1)
      continue
    }
    const [was, is] = [a?.keys[i], b?.keys[i]]
    const [from, to] = [a?.values[i], b?.values[i]]
    if (was !== undefined && was === is) {
      if (from !== to) yield { key: was, from: from as V, to: to as V }
      continue
    }
    if (was !== undefined) yield { key: was, from: from as V }
    if (is !== undefined) yield { key: is, to: to as V }
  }
}

/** A map while it changes. Nodes of its own it writes into, all others it copies first. */
class Draft<V> {
  private readonly state: { -readonly [K in keyof State<V>]: State<V>[K] }
  private readonly token = {}

  constructor(private readonly before: State<V>) {
    this.state = { ...before }
  }

  put(key: string, value: V): void {
    const known = placeIn(this.state, key)
    if (known !== undefined && leafAt(this.state, known)?.values[known % WIDTH] === value) return
    const place = known ?? this.add(key)
    const leaf = this.own(place)
    leaf.keys[place % WIDTH] = key
    leaf.values[place % WIDTH] = value
  }

  delete(key: string): void {
    const place = placeIn(this.state, key)
    if (place === undefined) return
    const leaf = this.own(place)
    leaf.keys[place % WIDTH] = undefined
    leaf.values[place % WIDTH] = undefined
    this.state.size--
  }

  /** Where most places are holes, those that are left move together. */
  done(): State<V> {
    const { state, before } = this
    if (state.root === before.root) return before
    if (state.end <= 2 * state.size + WIDTH) return state
    const dense = new Draft(EMPTY as State<V>)
    for (const { keys, values } of leaves(state)) keys.forEach((key, i) => key !== undefined && dense.put(key, values[i] as V))
    return dense.state
  }

  /** The place of a new name. Where another version has the name in another place, or it stood elsewhere before it went, the table is copied. */
  private add(key: string): number {
    const { state } = this
    const place = state.end
    if (state.places === EMPTY.places) state.places = new Map()
    if ((state.places.get(key) ?? place) !== place) state.places = new Map(placesOf(state))
    state.places.set(key, place)
    state.end++
    state.size++
    return place
  }

  /** The leaf of a place, ours to write into. */
  private own(place: number): Node<V> {
    const { state } = this
    for (; place >= WIDTH << (state.height * BITS); state.height++) state.root = { ...node<V>(this.token), children: [state.root] }
    let at = (state.root = this.mine(state.root))
    for (let shift = state.height * BITS; shift > 0; shift -= BITS) {
      const child = (place >>> shift) % WIDTH
      at = at.children[child] = this.mine(at.children[child])
    }
    return at
  }

  private mine(shared: Node<V> | undefined): Node<V> {
    const { token } = this
    if (!shared) return node(token)
    if (shared.token === token) return shared
    return { token, children: shared.children.slice(), keys: shared.keys.slice(), values: shared.values.slice() }
  }
}

function* placesOf<V>(state: State<V>): Generator<[string, number], undefined> {
  for (let place = 0; place < state.end; place++) {
    const key = leafAt(state, place)?.keys[place % WIDTH]
    if (key !== undefined) yield [key, place]
  }
}
