import type { View } from './camera.ts'

/** Two canvases on top of each other, as large as their container: below what is still, above what moves. */
export interface Stage {
  readonly still: CanvasRenderingContext2D
  readonly moving: CanvasRenderingContext2D
  /** Takes the pointer. */
  readonly surface: HTMLElement
  size(): { readonly width: number; readonly height: number }
  /** Shows both as they are, `by.k` times as large and elsewhere: no pixel is drawn for it. */
  stretch(by: View): void
  destroy(): void
}

export function createStage(container: HTMLElement, onResize: () => void): Stage {
  const canvases = [makeCanvas(), makeCanvas()] as const
  if (getComputedStyle(container).position === 'static') container.style.position = 'relative'
  container.append(...canvases)
  container.style.touchAction = 'none'
  // What is stretched does not reach out of it.
  container.style.overflow = 'hidden'
  // What covers all of its canvas needs no mixing with what is below.
  const [still, moving] = [contextOf(canvases[0], { alpha: false }), contextOf(canvases[1])]
  let size = { width: 0, height: 0 }
  let stretched = 'none'

  const resize = (): void => {
    const ratio = Math.min(3, devicePixelRatio || 1)
    size = { width: container.clientWidth, height: container.clientHeight }
    for (const canvas of canvases) {
      const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)]
      if (canvas.width !== width) canvas.width = width
      if (canvas.height !== height) canvas.height = height
    }
    for (const context of [still, moving]) context.setTransform(ratio, 0, 0, ratio, 0, 0)
    onResize()
  }
  const observer = new ResizeObserver(resize)
  observer.observe(container)
  const stopRatio = watchRatio(resize)
  resize()
  return {
    still,
    moving,
    surface: container,
    size: () => size,
    stretch({ k, x, y }) {
      const transform = k === 1 && x === 0 && y === 0 ? 'none' : `translate(${x}px, ${y}px) scale(${k})`
      if (transform === stretched) return
      stretched = transform
      for (const canvas of canvases) canvas.style.transform = transform
    },
    destroy() {
      observer.disconnect()
      stopRatio()
      for (const canvas of canvases) canvas.remove()
    },
  }
}

function makeCanvas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.setAttribute('aria-hidden', 'true')
  Object.assign(canvas.style, {
    position: 'absolute',
    inset: '0',
    width: '100%',
    height: '100%',
    display: 'block',
    transformOrigin: '0 0',
    willChange: 'transform',
  })
  return canvas
}

function contextOf(canvas: HTMLCanvasElement, settings: CanvasRenderingContext2DSettings = {}): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', settings)
  if (!context) throw new Error('this browser has no 2D canvas')
  return context
}

/** A window dragged to another screen changes its pixel ratio without changing its size. */
function watchRatio(onChange: () => void): () => void {
  let query: MediaQueryList | undefined
  const listen = (): void => {
    query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`)
    query.addEventListener('change', changed, { once: true })
  }
  const changed = (): void => {
    onChange()
    listen()
  }
  listen()
  return () => query?.removeEventListener('change', changed)
}
