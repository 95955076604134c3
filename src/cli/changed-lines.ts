/** Lines of two texts as `diff -u` signs them, without its hunks: `-` only in the first, `+` only in the second. */
export interface ChangedLine {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/** By the longest common subsequence; for texts of hundreds of lines. */
export function changesBetween(before: readonly string[], after: readonly string[]): readonly ChangedLine[] {
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i * width + j] =
        before[i] === after[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0)
  const found: ChangedLine[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]]
    const isCommon = left !== undefined && left === right
    const isGone = left !== undefined && (right === undefined || (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    found.push(isCommon ? { sign: ' ', text: left } : isGone ? { sign: '-', text: left } : { sign: '+', text: right ?? '' })
    if (isCommon || isGone) i++
    if (isCommon || !isGone) j++
  }
  return found
}
