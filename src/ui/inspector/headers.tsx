import { useMemo, useState } from 'react'
import type { PacketTrace } from '../../core/walk/trace.ts'
import { t } from '../messages/t.ts'
import type { Position } from '../position.ts'
import { Segmented } from '../segmented.tsx'
import { heldAround, heldOverHop } from './held.ts'
import { OwnerLink } from './owner-link.tsx'
import { diffLayers, type FieldName, type Held, type LayerDiff } from './layers.ts'

interface Props {
  readonly trace: PacketTrace
  readonly position: Position
}

/** The packet's headers before and after, layer by layer, with what changed marked: over the whole hop, or over the current step. */
export function Headers({ trace, position }: Props) {
  const [over, setOver] = useState<'hop' | 'step'>('hop')
  const { before, after } = useMemo(
    () => (over === 'hop' ? heldOverHop(trace, position.hop) : (heldAround(trace, position.hop)[position.step] ?? {})),
    [over, trace, position.hop, position.step],
  )
  return (
    <section className="section" data-testid="headers">
      <div className="section-head">
        <h3>{t('inspector.headers')}</h3>
        <Segmented
          label={t('inspector.headers')}
          value={over}
          options={[
            { value: 'hop', text: t('transport.grain.hop') },
            { value: 'step', text: t('transport.grain.step') },
          ]}
          onChange={setOver}
        />
      </div>
      <HeaderTable before={before} after={after} />
      {!before && <p className="headers-note">{t('inspector.born')}</p>}
      {!after && <p className="headers-note">{t('inspector.ended')}</p>}
    </section>
  )
}

function HeaderTable({ before, after }: { readonly before: Held | undefined; readonly after: Held | undefined }) {
  const layers = diffLayers(before, after)
  const wrapped = layers.some((layer) => layer.shell === 'outer')
  return (
    <table className="headers">
      <thead>
        <tr>
          <th scope="col">
            <span className="unseen">{t('inspector.headers')}</span>
          </th>
          <th scope="col">{t('inspector.before')}</th>
          <th scope="col">{t('inspector.after')}</th>
        </tr>
      </thead>
      {layers.map((layer) => (
        <LayerRows key={`${layer.shell}.${layer.kind}`} layer={layer} wrapped={wrapped} />
      ))}
    </table>
  )
}

/** Fields that say something at every depth; the rest only when they changed. */
const ALWAYS: ReadonlySet<FieldName> = new Set([
  'source',
  'destination',
  'ttl',
  'hopLimit',
  'sourcePort',
  'destinationPort',
  'flags',
  'vni',
  'type',
  'code',
  'length',
  'mtu',
  'gateway',
  'about',
  'chunk',
])

/** A layer that nothing touched is one line until it is opened. */
function LayerRows({ layer, wrapped }: { readonly layer: LayerDiff; readonly wrapped: boolean }) {
  const folds = layer.change === 'same' && layer.fields.some((field) => field.before !== undefined && field.after !== undefined)
  const [open, setOpen] = useState(false)
  const notes = [
    wrapped && layer.kind !== 'vxlan' ? t(`inspector.${layer.shell}`) : '',
    layer.change === 'added' || layer.change === 'removed' ? t(`inspector.${layer.change}`) : '',
    folds ? t('inspector.unchanged') : '',
  ].filter((note) => note !== '')
  const fields = folds && !open ? [] : layer.fields.filter((field) => field.changed || ALWAYS.has(field.name))
  return (
    <tbody data-shell={layer.shell}>
      <tr className="layer" data-change={layer.change}>
        <th scope="rowgroup" colSpan={3}>
          {folds ? (
            <button type="button" className="layer-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
              {t(`field.${layer.kind}`)} <small>{notes.join(' · ')}</small>
              <span className="mono truncate">{open ? '' : brief(layer)}</span>
            </button>
          ) : (
            <>
              {t(`field.${layer.kind}`)}
              {notes.length > 0 && <small>{notes.join(' · ')}</small>}
            </>
          )}
        </th>
      </tr>
      {fields.map((field) => (
        <tr key={field.name}>
          <th scope="row">{t(`field.${field.name}`)}</th>
          <td className="mono">
            <Value layer={layer} name={field.name} value={field.before} />
          </td>
          <td className="mono" data-same={field.changed || field.before === undefined ? undefined : ''}>
            {field.changed ? (
              <mark title={t('inspector.changed')}>
                <Value layer={layer} name={field.name} value={field.after} />
              </mark>
            ) : (
              <Value layer={layer} name={field.name} value={field.after} />
            )}
          </td>
        </tr>
      ))}
    </tbody>
  )
}

function Value({ layer, name, value }: { readonly layer: LayerDiff; readonly name: FieldName; readonly value: string | undefined }) {
  const isAddress = (layer.kind === 'ip' || layer.kind === 'ip6') && (name === 'source' || name === 'destination')
  return isAddress ? <OwnerLink ip={value} /> : value
}

/** `10.244.1.2 → 10.244.2.3`, `51713 → 80`: the two ends of a layer, where it has two. */
function brief(layer: LayerDiff): string {
  const value = (name: FieldName) => layer.fields.find((field) => field.name === name)?.after
  const from = value('source') ?? value('sourcePort')
  const to = value('destination') ?? value('destinationPort')
  return from === undefined || to === undefined ? '' : `${from} → ${to}`
}
