import { selection } from 'd3-selection'

/**
 * Stands in for d3-transition and d3-interpolate, which d3-zoom imports to fly by itself after a double click and which bring colours, timers and
 * easings with them. The camera flies by its own frames (`painter.ts`) and listens to no double click, so there is nothing to interrupt and nothing
 * to interpolate. vite.config.ts puts it in place.
 */
export const interrupt = (): void => undefined

/** d3-zoom's default; only its own transitions call it. */
export const interpolateZoom = (): never => {
  throw new Error('the camera flies by its own frames')
}

Object.defineProperty(selection.prototype, 'interrupt', {
  configurable: true,
  value(this: unknown) {
    return this
  },
})
