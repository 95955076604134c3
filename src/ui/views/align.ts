/** Two lists side by side: what both have stands in one row, in both orders. `same` compares, and is asked for every pair at most once. */
export interface Row<T> {
  readonly left?: T
  readonly right?: T
  readonly same: boolean
}

/** Longest common subsequence; what lies between two common items is paired off in order. Quadratic: for tens of items. */
export function align<T>(left: readonly T[], right: readonly T[], same: (a: T, b: T) => boolean): readonly Row<T>[] {
  const width = right.length + 1
  const longest = new Uint32Array((left.length + 1) * width)
  const equal = left.map((a) => right.map((b) => same(a, b)))
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      longest[i * width + j] = equal[i]?.[j]
        ? 1 + (longest[(i + 1) * width + j + 1] ?? 0)
        : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0)
  const rows: Row<T>[] = []
  let from = { i: 0, j: 0 }
  let [i, j] = [0, 0]
  const between = () => rows.push(...paired(left.slice(from.i, i), right.slice(from.j, j)))
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i], right[j]]
    if (equal[i]?.[j] && a !== undefined && b !== undefined) {
      between()
      rows.push({ left: a, right: b, same: true })
      from = { i: ++i, j: ++j }
    } else if ((longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0)) i++
    else j++
  }
  i = left.length
  j = right.length
  between()
  return rows
}

const paired = <T>(left: readonly T[], right: readonly T[]): readonly Row<T>[] =>
  Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const [a, b] = [left[index], right[index]]
    return { ...(a === undefined ? {} : { left: a }), ...(b === undefined ? {} : { right: b }), same: false }
  })
