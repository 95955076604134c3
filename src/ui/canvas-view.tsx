import { Maximize, Minus, Plus } from 'lucide-react'
import { useLayoutEffect, useRef } from 'react'
import { Hint } from './hint.tsx'
import { IconButton } from './icon-button.tsx'
import { Legend } from './legend.tsx'
import { t } from './messages/t.ts'
import { useMap } from './studio.ts'

/** Where the map is. Its element is moved here before the browser paints, with all that is drawn on it. */
export function CanvasView() {
  const { element, painter } = useMap()
  const place = useRef<HTMLElement>(null)
  useLayoutEffect(() => place.current?.prepend(element), [element])
  return (
    <section className="canvas" ref={place} aria-label={t('region.canvas')}>
      <Hint />
      <Legend />
      <div className="canvas-tools">
        <IconButton label={t('canvas.zoomOut')} icon={Minus} onPress={() => painter.zoomBy(1 / 1.5)} />
        <IconButton label={t('canvas.zoomIn')} icon={Plus} onPress={() => painter.zoomBy(1.5)} />
        <IconButton label={t('canvas.fit')} icon={Maximize} onPress={() => painter.fit()} />
      </div>
    </section>
  )
}
