import { lazy, Suspense, useMemo, useState } from 'react'
import type { PacketTrace } from '../../core/walk/trace.ts'
import { t } from '../messages/t.ts'
import '../messages/with-views.ts'
import type { Position } from '../position.ts'
import { heldAround } from './held.ts'

const BytesView = lazy(async () => ({ default: (await import('./bytes-view.tsx')).BytesView }))

/** On demand: the packet as it is after the current step, as a wire would carry it. */
export function BytesSection({ trace, position }: { readonly trace: PacketTrace; readonly position: Position }) {
  const [open, setOpen] = useState(false)
  const held = useMemo(() => {
    const around = heldAround(trace, position.hop)
    const { before, after } = around[position.step] ?? {}
    // Before connect() has found a route there is no packet yet: the one to come.
    return after ?? before ?? around.find((one) => one.after)?.after
  }, [trace, position.hop, position.step])
  if (!held) return null
  return (
    <section className="section">
      <div className="section-head">
        <h3>{t('bytes.title')}</h3>
        <button type="button" className="disclosure" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? 'bytes.hide' : 'bytes.show')}
        </button>
      </div>
      {open && (
        <Suspense>
          <BytesView held={held} />
        </Suspense>
      )}
    </section>
  )
}
