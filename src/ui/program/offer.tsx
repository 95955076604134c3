import '../messages/with-programs.ts'
import { Download } from 'lucide-react'
import type { Finding } from '../../core/findings/finding.ts'
import { edit } from '../history/change.ts'
import { t } from '../messages/t.ts'
import { type Studio, useStudio } from '../studio.ts'

/** A controller as its makers install it, for an Ingress that nobody takes; `withoutClass`: it takes those that name no class. */
const CONTROLLERS = [
  { name: 'Traefik', file: 'traefik.yaml', className: 'traefik', withoutClass: true },
  { name: 'HAProxy', file: 'haproxy.yaml', className: 'haproxy', withoutClass: true },
  { name: 'Contour', file: 'contour.yaml', className: 'contour', withoutClass: true },
  { name: 'Kong', file: 'kong.yaml', className: 'kong', withoutClass: false },
  { name: 'ingress-nginx', file: 'ingress-nginx.yaml', className: 'nginx', withoutClass: false, retired: true },
] as const
type Controller = (typeof CONTROLLERS)[number]

type Unserved = Extract<Finding, { readonly kind: 'ingress-no-controller' }>

/** Those that would take it: the one of its class, where that is a known one. */
export function offersFor({ params }: Pick<Unserved, 'params'>): readonly Controller[] {
  const { why, class: named } = params
  const own = CONTROLLERS.filter(({ className }) => className === named)
  if (own.length > 0 || why !== 'none') return own
  return named === '' ? CONTROLLERS.filter(({ withoutClass }) => withoutClass) : []
}

/** A click applies a controller's manifest; what came of it is said, with a way back. */
export function Offers({ finding }: { readonly finding: Unserved }) {
  const studio = useStudio()
  const offers = offersFor(finding)
  if (offers.length === 0) return null
  return (
    <p className="finding-mends">
      {offers.map((offer) => (
        <button key={offer.file} type="button" className="button" onClick={() => void install(studio, offer).catch(() => undefined)}>
          <Download size={13} strokeWidth={1.75} aria-hidden="true" />
          {t('offer.install', { name: offer.name })}
          {'retired' in offer && <small className="muted">{t('offer.retired')}</small>}
        </button>
      ))}
    </p>
  )
}

async function install(studio: Studio, { file }: Controller): Promise<void> {
  const response = await fetch(new URL(`controllers/${file}`, document.baseURI))
  if (!response.ok) return studio.actions.toast({ tone: 'error', text: t('offer.failed') })
  await edit(studio, { op: 'apply', files: [{ name: file, text: await response.text() }] })
}
