import { type CSSProperties, type KeyboardEvent, type PointerEvent, useMemo, useState } from 'react'
import { wireOf, type WireLayer } from '../../core/net/bytes.ts'
import { t } from '../messages/t.ts'
import '../messages/with-views.ts'
import { type BitCell, cellsOf, isFieldLit, type Lit, litBytes, litFields } from './bits.ts'
import type { Held } from './layers.ts'
import './bytes.css'

/** More bytes than these are only counted: behind the headers there are zeros. */
const SHOWN = 256
const ROW = 16

/** The packet bit by bit and byte by byte; what is under the pointer in one is lit in the other. */
export function BytesView({ held }: { readonly held: Held }) {
  const wire = useMemo(() => wireOf({ packet: held.packet, ...(held.frame ? { ethernet: held.frame.ethernet } : {}) }), [held])
  const [lit, setLit] = useState<Lit>()
  const { layers, bytes } = wire
  const onPointerOver = (event: PointerEvent) => {
    const data = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-byte], [data-field]')?.dataset : undefined
    if (data?.['byte'] !== undefined) setLit({ byte: Number(data['byte']) })
    else if (data?.['field'] !== undefined) setLit({ layer: Number(data['layer']), field: Number(data['field']) })
  }
  return (
    <div className="bytes" data-testid="bytes" onPointerOver={onPointerOver} onPointerLeave={() => setLit(undefined)}>
      {layers.map((layer, index) => (
        // Layers have no identity but their order.
        <LayerBits key={`${index} ${layer.kind}`} layer={layer} index={index} lit={lit} onLight={setLit} />
      ))}
      <div className="bytes-foot">
        <p className="bytes-lit" role="status">
          {litText(lit, layers)}
        </p>
        <Dump bytes={bytes} lit={litBytes(lit, layers)} />
      </div>
    </div>
  )
}

interface LayerProps {
  readonly layer: WireLayer
  readonly index: number
  readonly lit: Lit
  readonly onLight: (lit: Lit) => void
}

function LayerBits({ layer, index, lit, onLight }: LayerProps) {
  const { shell, kind, fields } = layer
  const cells = useMemo(() => cellsOf(fields), [fields])
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by === 0) return
    // The page would step.
    event.preventDefault()
    event.stopPropagation()
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('button')]
    all[all.findIndex((one) => one === document.activeElement) + by]?.focus()
  }
  return (
    <div className="bits" data-shell={shell} role="group" aria-label={layerName(layer)} onKeyDown={onKeyDown}>
      <h3>{layerName(layer)}</h3>
      <div className="bits-grid mono" data-kind={kind}>
        {cells.map((cell, at) => (
          <Cell key={`${cell.line}.${cell.column}`} cell={cell} layer={layer} index={index} lit={lit} first={at === 0} onLight={onLight} />
        ))}
      </div>
    </div>
  )
}

interface CellProps {
  readonly cell: BitCell
  readonly layer: WireLayer
  readonly index: number
  readonly lit: Lit
  readonly first: boolean
  readonly onLight: (lit: Lit) => void
}

function Cell({ cell, layer, index, lit, first, onLight }: CellProps) {
  const field = layer.fields[cell.field]
  if (!field) return null
  const place = { '--column': cell.column + 1, '--span': cell.span, '--line': cell.line + 1 } as CSSProperties
  const common = {
    className: 'bit',
    style: place,
    'data-lit': isFieldLit(lit, index, cell.field, field) ? '' : undefined,
    'data-field': cell.field,
    'data-layer': index,
    'data-narrow': cell.span < 8 ? '' : undefined,
  }
  if (!cell.told) return <span {...common} aria-hidden="true" />
  const name = t(`bits.${field.name}`)
  const light = () => onLight({ layer: index, field: cell.field })
  return (
    <button
      type="button"
      {...common}
      tabIndex={first ? 0 : -1}
      aria-label={`${name} ${field.value}`}
      title={`${name}: ${field.value}`}
      onFocus={light}
      onClick={light}
    >
      {cell.span >= 8 && <small>{name}</small>}
      <span>{field.value}</span>
    </button>
  )
}

function Dump({ bytes, lit: [start, end] }: { readonly bytes: Uint8Array; readonly lit: readonly [number, number] }) {
  const rows = Array.from({ length: Math.ceil(Math.min(bytes.length, SHOWN) / ROW) }, (_, row) => row * ROW)
  return (
    <>
      <pre className="dump mono" role="region" tabIndex={0} aria-label={t('bytes.dump', { count: bytes.length })}>
        {rows.map((from) => (
          <div key={from} className="dump-row">
            <i>{from.toString(16).padStart(4, '0')}</i>
            {Array.from(bytes.subarray(from, Math.min(from + ROW, SHOWN)), (byte, index) => {
              const at = from + index
              return (
                <b key={at} data-byte={at} data-lit={at >= start && at < end ? '' : undefined}>
                  {byte.toString(16).padStart(2, '0')}
                </b>
              )
            })}
          </div>
        ))}
      </pre>
      {bytes.length > SHOWN && <p className="muted">{t('bytes.more', { count: bytes.length - SHOWN })}</p>}
    </>
  )
}

const layerName = ({ shell, kind, fields }: WireLayer): string => {
  const isIpv6 = kind === 'ip' && fields.some(({ name }) => name === 'hopLimit')
  const name = kind === 'payload' ? t('bits.payload') : t(isIpv6 ? 'field.ip6' : `field.${kind}`)
  return shell === 'inner' ? name : `${name} · ${t(`bytes.${shell}`)}`
}

function litText(lit: Lit, layers: readonly WireLayer[]): string {
  const found = litFields(lit, layers)
  if (found.length === 0) return t('bytes.hint')
  return found
    .map(({ layer, field }) =>
      t('bytes.lit', {
        layer: layerName(layer),
        field: t(`bits.${field.name}`),
        value: field.value,
        bits: field.bits,
        bytes: field.end - field.start === 1 ? String(field.start) : `${field.start}–${field.end - 1}`,
      }),
    )
    .join('  ')
}
