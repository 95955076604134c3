import type { CSSProperties } from 'react'
import { CanvasView } from './canvas-view.tsx'
import { useStudio } from './studio.ts'

/**
 * The map in the place that it will have, until the panels around it are loaded: nothing moves when they come. The sizes are those that the panels
 * reported last, else their first ones.
 */
export function FirstMap({ narrow }: { readonly narrow: boolean }) {
  const { columns, rows } = useStudio().store.getState().preferences.layouts
  if (narrow)
    return (
      <main className="narrow">
        <CanvasView />
      </main>
    )
  const sizes = {
    ...(columns ? { '--first-left': `${columns['library']}%`, '--first-right': `${columns['inspector']}%` } : {}),
    ...(rows ? { '--first-bottom': `${rows['bottom']}%` } : {}),
  } as CSSProperties
  return (
    <main className="first-map" style={sizes}>
      <CanvasView />
    </main>
  )
}
