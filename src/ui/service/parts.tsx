import { Crosshair } from 'lucide-react'
import type { ReactNode } from 'react'
import { t } from '../messages/t.ts'
import '../messages/with-findings.ts'
import { select } from '../pick.ts'
import { useStudio } from '../studio.ts'

/** An object by its name, which leads to it. */
export function ObjectLink({ id }: { readonly id: string }) {
  const studio = useStudio()
  return (
    <button type="button" className="link mono" title={id} onClick={() => select(studio, id)}>
      {id.slice(id.lastIndexOf('/') + 1)}
    </button>
  )
}

/** Puts an address into the composer, with a sender outside where that is who would ask. */
export function Aim({ to, from }: { readonly to: string; readonly from?: string }) {
  const { store } = useStudio()
  const aim = () =>
    store.getState().change((state) => {
      const protocol = state.draft.protocol === 'icmp' ? 'tcp' : state.draft.protocol
      state.draft = { ...state.draft, ...(from !== undefined && { from }), to, protocol, target: '', next: 'from' }
    })
  return (
    <button type="button" className="aim" title={t('service.aim', { to })} aria-label={t('service.aim', { to })} onClick={aim}>
      <Crosshair size={13} strokeWidth={1.75} aria-hidden="true" />
    </button>
  )
}

export function Part({ title, note, children }: { readonly title: string; readonly note?: string; readonly children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <h3>{title}</h3>
        {note !== undefined && <small>{note}</small>}
      </div>
      {children}
    </section>
  )
}

/** `[fd00::1]:80` */
export const withPort = (address: string, port: number): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)
