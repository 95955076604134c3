/** From a thousand times slower, where every bend of the way can be watched, to four times as fast. */
export const SPEEDS = [0.001, 0.01, 0.1, 0.25, 0.5, 1, 2, 4] as const

/** The next speed up or down; the ends hold. */
export function nextSpeed(speed: number, by: 1 | -1): number {
  const found = by > 0 ? SPEEDS.find((each) => each > speed) : SPEEDS.findLast((each) => each < speed)
  return found ?? speed
}
