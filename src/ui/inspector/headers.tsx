import { useMemo, useState } from 'react'
import type { PacketTrace } from '../../core/walk/trace.ts'
import { t } from '../messages/t.ts'
import type { Position } from '../position.ts'
import { Segmented } from '../segmented.tsx'
import { heldAround, heldOverHop } from './held.ts'
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
        <LayerRows key={`${layer.shell}.${layer.kind}`} layer={layer} wrapped={layers.some((other) => other.shell === 'outer')} />
      ))}
    </table>
  )
}

/** Fields that say something at every depth; the rest only when they changed. */
const ALWAYS: ReadonlySet<FieldName> = new Set([
  'source',
  'destination',
  'ttl',
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

function LayerRows({ layer, wrapped }: { readonly layer: LayerDiff; readonly wrapped: boolean }) {
  const notes = [
    wrapped && layer.kind !== 'vxlan' ? t(`inspector.${layer.shell}`) : '',
    layer.change === 'added' || layer.change === 'removed' ? t(`inspector.${layer.change}`) : '',
  ].filter(Boolean)
  return (
    <tbody data-shell={layer.shell}>
      <tr className="layer" data-change={layer.change}>
        <th scope="rowgroup" colSpan={3}>
          {t(`field.${layer.kind}`)}
          {notes.length > 0 && <small>{notes.join(' · ')}</small>}
        </th>
      </tr>
      {layer.fields
        .filter((field) => field.changed || ALWAYS.has(field.name))
        .map((field) => (
          <tr key={field.name}>
            <th scope="row">{t(`field.${field.name}`)}</th>
            <td className="mono">{field.before ?? ''}</td>
            <td className="mono" data-same={field.changed || field.before === undefined ? undefined : ''}>
              {field.changed ? <mark title={t('inspector.changed')}>{field.after}</mark> : field.after}
            </td>
          </tr>
        ))}
    </tbody>
  )
}
