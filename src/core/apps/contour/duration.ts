/** Go's durations as Contour's fields hold them: `500ms`, `1m30s`, `infinity`. */
const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }

/** Seconds; 0 for no limit; `otherwise` where nothing is said. What cannot be read means no limit to Contour. */
export function secondsOf(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return 0
  let seconds = 0
  for (const [, digits, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) seconds += Number(digits) * (UNITS[unit ?? ''] ?? 0)
  return seconds
}
