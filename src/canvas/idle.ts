/** Milliseconds of one slice where the browser does not say how long it has nothing else to do. */
const SLICE = 4
const LATER = 30

/** Calls `step` while the page has nothing else to do, until it returns false or the function that this returns is called. */
export function whenIdle(step: () => boolean): () => void {
  let over = false
  const work = (left: () => number): void => {
    while (!over && left() > 1) over = !step()
    if (!over) again()
  }
  const again = (): void => {
    // Safari has no requestIdleCallback.
    if ('requestIdleCallback' in globalThis) requestIdleCallback((deadline) => work(() => deadline.timeRemaining()))
    else
      setTimeout(() => {
        const end = performance.now() + SLICE
        work(() => end - performance.now())
      }, LATER)
  }
  again()
  return () => void (over = true)
}
