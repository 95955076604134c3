/** A filter with one more condition. A condition that it has already is not added twice. */
export function narrowed(filter: string, condition: string): string {
  if (filter.trim() === '') return condition
  if (filter.split(/\s*&&\s*/).includes(condition)) return filter
  return /\|\||\bor\b/.test(filter) ? `(${filter}) && ${condition}` : `${filter} && ${condition}`
}

const QUIET = '!noise'
const terms = (filter: string): readonly string[] => filter.split(/\s*&&\s*/)

export const hidesNoise = (filter: string): boolean => terms(filter).includes(QUIET)

export const toggledNoise = (filter: string): string =>
  hidesNoise(filter)
    ? terms(filter)
        .filter((term) => term !== QUIET)
        .join(' && ')
    : narrowed(filter, QUIET)
