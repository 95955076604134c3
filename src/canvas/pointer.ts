export interface Modifiers {
  readonly shift: boolean
  readonly alt: boolean
  /** Ctrl, or Cmd on a Mac. */
  readonly ctrl: boolean
}

export interface PointerListener {
  hit(x: number, y: number): string | undefined
  select(id: string | undefined, modifiers: Modifiers): void
  hover(id: string | undefined, x: number, y: number): void
  context(id: string | undefined, x: number, y: number): void
  /** Double click. */
  enter(id: string | undefined): void
}

/** Clicks, hovering and the context menu; dragging and the wheel are the camera's, which also swallows the click at the end of a drag. */
export function listenToPointer(surface: HTMLElement, listener: PointerListener): () => void {
  const at = (event: MouseEvent): readonly [number, number] => {
    const { left, top } = surface.getBoundingClientRect()
    return [event.clientX - left, event.clientY - top]
  }
  const click = (event: MouseEvent): void => {
    const id = listener.hit(...at(event))
    listener.select(id, { shift: event.shiftKey, alt: event.altKey, ctrl: event.ctrlKey || event.metaKey })
  }
  const move = (event: PointerEvent): void => {
    if (event.buttons !== 0) return
    const [x, y] = at(event)
    const id = listener.hit(x, y)
    surface.style.cursor = id === undefined ? 'grab' : 'pointer'
    listener.hover(id, x, y)
  }
  const leave = (): void => listener.hover(undefined, 0, 0)
  const context = (event: MouseEvent): void => {
    event.preventDefault()
    const [x, y] = at(event)
    listener.context(listener.hit(x, y), x, y)
  }
  const enter = (event: MouseEvent): void => listener.enter(listener.hit(...at(event)))
  surface.addEventListener('click', click)
  surface.addEventListener('pointermove', move)
  surface.addEventListener('pointerleave', leave)
  surface.addEventListener('contextmenu', context)
  surface.addEventListener('dblclick', enter)
  return () => {
    surface.removeEventListener('click', click)
    surface.removeEventListener('pointermove', move)
    surface.removeEventListener('pointerleave', leave)
    surface.removeEventListener('contextmenu', context)
    surface.removeEventListener('dblclick', enter)
  }
}
