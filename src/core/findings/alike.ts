/** Words that may be slips of one another, among very many: the values that the pods of a namespace have for one label. */
import type { Pod } from '../api/pod.ts'

type Shard = ReadonlyMap<string, Pod>

/** Distinct values of one label, in order of appearance, with the pods that have each. */
export interface LabelValues {
  /** The same list for another state of the namespace with the same values. */
  readonly words: readonly string[]
  readonly pods: ReadonlyMap<string, readonly Pod[]>
}

const NO_VALUES: LabelValues = { words: [], pods: new Map() }
const indices = new WeakMap<Shard, ReadonlyMap<string, LabelValues>>()
/** The last list of each label: a pod that comes or goes seldom changes which values there are. */
const last = new Map<string, readonly string[]>()
const MOST_LABELS = 200

export const valuesOf = (shard: Shard, label: string): LabelValues => labelsOf(shard).get(label) ?? NO_VALUES

/** Every label that any pod has. */
export function labelsOf(shard: Shard): ReadonlyMap<string, LabelValues> {
  let index = indices.get(shard)
  if (!index) indices.set(shard, (index = indexed(shard)))
  return index
}

function indexed(shard: Shard): ReadonlyMap<string, LabelValues> {
  const found = new Map<string, Map<string, Pod[]>>()
  for (const pod of shard.values()) {
    const { labels } = pod.metadata
    for (const label in labels) {
      const value = labels[label] ?? ''
      let values = found.get(label)
      if (!values) found.set(label, (values = new Map()))
      const pods = values.get(value)
      if (pods) pods.push(pod)
      else values.set(value, [pod])
    }
  }
  return new Map([...found].map(([label, pods]) => [label, { words: sameWords(label, [...pods.keys()]), pods }]))
}

function sameWords(label: string, words: readonly string[]): readonly string[] {
  const before = last.get(label)
  if (before?.length === words.length && before.every((word, index) => word === words[index])) return before
  if (last.size >= MOST_LABELS) last.clear()
  last.set(label, words)
  return words
}

const judged = new WeakMap<readonly string[], Map<string, readonly string[]>>()

/** Those of the words that look like the wanted one. Asked again of the same list, remembered. */
export function alikeIn(words: readonly string[], wants: string): readonly string[] {
  let known = judged.get(words)
  if (!known) judged.set(words, (known = new Map()))
  let found = known.get(wants)
  if (!found) known.set(wants, (found = words.filter((has) => isAlike(has, wants))))
  return found
}

export function isAlike(has: string, wants: string): boolean {
  if (has.startsWith(wants) || wants.startsWith(has)) return true
  const most = Math.max(1, Math.floor(wants.length / 3))
  return Math.abs(has.length - wants.length) <= most && distance(wants, has, most) <= most
}

let [before, row, next] = [new Uint16Array(64), new Uint16Array(64), new Uint16Array(64)]

/**
 * Changes between two short words: letters put in, left out, changed or swapped with the next (optimal string alignment). Of more than `most` it is only told
 * that there are more.
 */
export function distance(a: string, b: string, most = Infinity): number {
  const width = b.length + 1
  if (row.length < width) [before, row, next] = [new Uint16Array(width), new Uint16Array(width), new Uint16Array(width)]
  for (let j = 0; j < width; j++) row[j] = j
  for (let i = 1; i <= a.length; i++) {
    if (fillRow(a, b, i) > most) return most + 1
    ;[before, row, next] = [row, next, before]
  }
  return row[b.length] ?? 0
}

/** The least of the row: what follows is no less. */
function fillRow(a: string, b: string, i: number): number {
  next[0] = i
  let least = i
  const letter = a.charCodeAt(i - 1)
  const earlier = i > 1 ? a.charCodeAt(i - 2) : -1
  for (let j = 1; j <= b.length; j++) {
    const other = b.charCodeAt(j - 1)
    let value = (row[j - 1] ?? 0) + (letter === other ? 0 : 1)
    if ((row[j] ?? 0) + 1 < value) value = (row[j] ?? 0) + 1
    if ((next[j - 1] ?? 0) + 1 < value) value = (next[j - 1] ?? 0) + 1
    if (j > 1 && letter === b.charCodeAt(j - 2) && earlier === other && (before[j - 2] ?? 0) + 1 < value) value = (before[j - 2] ?? 0) + 1
    next[j] = value
    if (value < least) least = value
  }
  return least
}
