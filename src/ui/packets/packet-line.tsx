import type { MouseEvent } from 'react'
import type { SentRecord } from '../../worker/protocol.ts'
import { dispositionText, outcomeText } from '../end-text.ts'
import { t } from '../messages/t.ts'
import { packetsOf } from '../position.ts'
import { NarrowTo } from '../views/narrow-to.tsx'
import type { Row } from './rows.ts'

interface Props {
  readonly id: string
  readonly row: Row
  readonly record: SentRecord | undefined
  readonly top: number
  readonly selected: boolean
  readonly onChoose: (row: Row) => void
  readonly onMenu: (event: MouseEvent, row: Row) => void
}

export function PacketLine({ id, row, record, top, selected, onChoose, onMenu }: Props) {
  const trace = record && packetsOf(record.conversation)[row.packet]
  return (
    <div
      id={id}
      className="packet-row"
      role="row"
      aria-rowindex={row.number + 1}
      aria-selected={selected}
      data-active={selected ? '' : undefined}
      data-first={row.packet === 0 ? '' : undefined}
      data-number={row.number}
      style={{ top }}
      onClick={() => onChoose(row)}
      onContextMenu={(event) => event.button === 2 && onMenu(event, row)}
    >
      <span role="gridcell" className="number mono" style={row.depth ? { paddingLeft: row.depth * 6 } : undefined}>
        <i className="capsule" data-direction={row.direction} aria-hidden="true" />
        {row.number}
        {row.connection !== undefined && (
          <i className="connection" title={t('packets.connection', { number: row.connection })}>{`c${row.connection}`}</i>
        )}
        <span className="unseen">{t(row.direction === 'reply' ? 'packets.reply' : 'packets.request')}</span>
      </span>
      <Address ip={row.from} owner={row.fromOwner} field="ip.src" />
      <Address ip={row.to} owner={row.toOwner} field="ip.dst" />
      <span role="gridcell">
        {row.protocol}
        <NarrowTo condition={row.protocol.toLowerCase()} />
      </span>
      <span role="gridcell" className="mono">
        {row.info}
        {row.condition !== undefined && <NarrowTo condition={row.condition} />}
      </span>
      <span role="gridcell" className="mono">
        {row.hops}
        <NarrowTo condition={`hops == ${row.hops}`} />
      </span>
      <span role="gridcell" className="outcome" data-end={row.end} title={trace && record && dispositionText(trace.disposition, record)}>
        {record && ending(record, row)}
        <NarrowTo condition={row.end} />
      </span>
    </div>
  )
}

interface AddressProps {
  readonly ip: string
  readonly owner: string | undefined
  readonly field: string
}

function Address({ ip, owner, field }: AddressProps) {
  return (
    <span role="gridcell" className="mono" title={owner === undefined ? ip : `${ip} ${owner}`}>
      {ip}
      {owner !== undefined && <span className="owner">{owner.slice(owner.lastIndexOf('/') + 1)}</span>}
      <NarrowTo condition={`${field} == ${ip}`} />
    </span>
  )
}

/** Each packet's own end; where it is not a good one, besides what its sender sees. */
function ending(record: SentRecord, row: Row): string {
  const trace = packetsOf(record.conversation)[row.packet]
  if (!trace) return ''
  const text = t(`short.${trace.disposition.kind}`)
  if (row.end === 'delivered' || row.packet > 0) return text
  const seen = outcomeText(record.conversation.outcome)
  return trace.disposition.kind === 'not-sent' ? seen : `${text} · ${seen}`
}
