import { lazy, Suspense, useEffect, useState } from 'react'
import type { Description } from '../../worker/protocol.ts'
import { FindingsSection } from '../findings/findings-section.tsx'
import { useFindingsOf } from '../findings/use-findings.ts'
import { WrongYaml } from '../findings/wrong-yaml.tsx'
import { openEditor } from '../menu/surface.ts'
import { t } from '../messages/t.ts'
import '../messages/with-edit.ts'
import { select } from '../pick.ts'
import { NodeProxy } from '../settings/node-proxy.tsx'
import { canSend, placeEnd, useApp, useStudio } from '../studio.ts'
import { BecauseSection } from './because-section.tsx'
import { OwnersContext } from './owner-link.tsx'
import { Pairs } from './pairs.tsx'
import { TablesSection } from './tables-section.tsx'

const ServicePanel = lazy(async () => ({ default: (await import('../service/service-panel.tsx')).ServicePanel }))

const ProgramSection = lazy(async () => ({ default: (await import('../program/program-section.tsx')).ProgramSection }))

/** An object of the cluster: what it is, what it belongs to, and its YAML. */
export function ObjectView() {
  const selected = useApp((state) => state.selected)
  const description = useDescription(selected)
  const found = useFindingsOf(selected ?? '')
  if (selected === undefined) {
    return (
      <div className="empty">
        <b>{t('inspector.empty')}</b>
        {t('inspector.empty.detail')}
      </div>
    )
  }
  if (description === 'asked') return null
  if (!description) return <p className="empty">{t('inspector.gone')}</p>
  return (
    <OwnersContext value={description.owners ?? NOBODY}>
      <Heading description={description} />
      <FindingsSection target={description.id} found={found} />
      {description.kind === 'Service' ? (
        <Suspense>
          <ServicePanel target={description.id} />
        </Suspense>
      ) : (
        <section className="section">
          <Pairs pairs={description.facts.map((fact) => [t(`fact.${fact.label}`), fact.value])} />
        </section>
      )}
      {canSend(description.id) && description.kind !== 'Node' && (
        <Suspense>
          <ProgramSection target={description.id} />
        </Suspense>
      )}
      <Relations description={description} />
      {description.kind === 'Node' && <NodeProxy node={description.name} />}
      {canSend(description.id) && <TablesSection target={description.id} />}
      <BecauseSection target={description.id} />
      {description.yaml !== '' && (
        <section className="section">
          <div className="section-head">
            <h3>{t('inspector.yaml')}</h3>
          </div>
          <WrongYaml yaml={description.yaml} found={found.filter(({ subject }) => subject === description.id)} />
        </section>
      )}
    </OwnersContext>
  )
}

const NOBODY: Readonly<Record<string, string>> = {}

/** `asked` until the worker has answered for this very object. */
function useDescription(target: string | undefined): Description | undefined | 'asked' {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [answer, setAnswer] = useState<{ readonly target: string; readonly description: Description | undefined }>()
  useEffect(() => {
    if (target === undefined) return
    let current = true
    client
      .ask({ kind: 'describe', target })
      .then((description) => {
        if (current) setAnswer({ target, description })
      })
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, target, revision])
  return answer?.target === target ? answer?.description : 'asked'
}

function Heading({ description }: { readonly description: Description }) {
  const studio = useStudio()
  const { id, kind, namespace, name, address } = description
  const show = () =>
    studio.store.getState().change((state) => {
      state.zoom = { what: 'focus', number: (state.zoom?.number ?? 0) + 1 }
    })
  return (
    <header className="inspect-head">
      <h2 className="inspect-title">
        <span className="truncate">{name}</span>
      </h2>
      <p className="inspect-sub">{namespace === '' ? kind : `${kind} · ${namespace}`}</p>
      <div className="object-actions">
        {canSend(id) && (
          <button type="button" className="button" onClick={() => void placeEnd(studio, 'from', id)}>
            {t('inspector.useAsSender')} <kbd>s</kbd>
          </button>
        )}
        {address !== undefined && (
          <button type="button" className="button" onClick={() => void placeEnd(studio, 'to', id)}>
            {t('inspector.useAsTarget')} <kbd>t</kbd>
          </button>
        )}
        {canSend(id) && (
          <button type="button" className="button" onClick={show}>
            {t('inspector.show')}
          </button>
        )}
        {!id.startsWith('external/') && (
          <button type="button" className="button" onClick={() => openEditor({ from: 'object', id })}>
            {t('menu.edit')} <kbd>e</kbd>
          </button>
        )}
      </div>
    </header>
  )
}

function Relations({ description }: { readonly description: Description }) {
  const studio = useStudio()
  if (description.relations.length === 0) return null
  return (
    <section className="section">
      <div className="section-head">
        <h3>{t('inspector.relations')}</h3>
      </div>
      <ul>
        {description.relations.map((relation) => (
          <li key={`${relation.label} ${relation.id}`}>
            <span className="muted">{t(`relation.${relation.label}`)}</span>{' '}
            <button type="button" className="link mono" onClick={() => select(studio, relation.id)}>
              {relation.text}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
