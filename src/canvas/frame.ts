/** `view`: what does not move, seen from elsewhere, and whatever is drawn over it. */
export type Layer = 'scene' | 'view' | 'overlay'

/** The only requestAnimationFrame of the page. Nothing is drawn unless somebody asked, and then once a frame. */
export interface Frame {
  invalidate(layer: Layer): void
  /** Calls back every frame with the time in milliseconds until it returns false. */
  animate(step: (now: number) => boolean): void
  destroy(): void
}

export function createFrame(draw: (dirty: ReadonlySet<Layer>, now: number) => void): Frame {
  const dirty = new Set<Layer>()
  let animations: ((now: number) => boolean)[] = []
  let handle = 0
  let destroyed = false

  const run = (now: number): void => {
    handle = 0
    const current = animations
    animations = []
    const going = current.filter((step) => step(now))
    animations = [...going, ...animations]
    if (dirty.size > 0) {
      const layers = new Set(dirty)
      dirty.clear()
      draw(layers, now)
    }
    if (animations.length > 0) schedule()
  }
  const schedule = (): void => {
    if (handle === 0 && !destroyed) handle = requestAnimationFrame(run)
  }
  return {
    invalidate(layer) {
      dirty.add(layer)
      schedule()
    },
    animate(step) {
      animations.push(step)
      schedule()
    },
    destroy() {
      destroyed = true
      animations = []
      cancelAnimationFrame(handle)
    },
  }
}
