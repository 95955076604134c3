/** A filter with one more condition. A condition that it has already is not added twice. */
export function narrowed(filter: string, condition: string): string {
  if (filter.trim() === '') return condition
  if (filter.split(/\s*&&\s*/).includes(condition)) return filter
  return /\|\||\bor\b/.test(filter) ? `(${filter}) && ${condition}` : `${filter} && ${condition}`
}
