import { selection } from 'd3-selection'

/**
 * Stands in for d3-transition, which d3-zoom imports to fly by itself after a double click and which brings colours, timers and interpolators with it.
 * The camera flies by its own frames (`painter.ts`) and listens to no double click, so all that is left to do is to have nothing to interrupt.
 * vite.config.ts puts it in place.
 */
export const interrupt = (): void => undefined

Object.defineProperty(selection.prototype, 'interrupt', {
  configurable: true,
  value(this: unknown) {
    return this
  },
})
