import './program.css'
import '../messages/with-programs.ts'
import type { ReactNode } from 'react'
import type { Balance, Matched } from '../../core/apps/program.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import type { MatchRow } from '../inspector/match-row.tsx'
import { MatchTable } from '../inspector/match-table.tsx'
import { t } from '../messages/t.ts'
import { select } from '../pick.ts'
import { useApp, useStudio } from '../studio.ts'
import type { Piece } from '../views/word-diff.ts'
import { clientSentence } from './client-address.ts'
import { type Decided, decisionAt } from './decisions.ts'
import { pointAt } from './focus.ts'
import { type HeaderChange, requestChanges, responseChanges } from './header-diff.ts'
import { LogLines } from './log-part.tsx'
import { RowLinks } from './row-links.tsx'
import { failedColumn, shownColumns } from './rows.ts'
import { failedText } from './tables-part.tsx'
import { useProgram } from './use-program.ts'

/** What the program at the end of a packet's connection decided, and why; nothing for packets that no program has to do with. */
export function DecidedPart({ record }: { readonly record: SentRecord }) {
  const packet = useApp((state) => state.playback.position.packet)
  const decided = decisionAt(record.conversation, packet)
  return decided ? <Section record={record} decided={decided} /> : null
}

function Section({ record, decided }: { readonly record: SentRecord; readonly decided: Decided }) {
  const studio = useStudio()
  const { target, routed, matched, upstream } = decided
  const open = () => {
    const last = matched.findLast(({ row }) => row !== '')
    select(studio, target)
    if (last) pointAt(target, { kind: 'row', table: last.table, row: last.row })
  }
  const server = upstream?.server ? (record.places[upstream.server.netns]?.label ?? upstream.server.netns) : ''
  const client = clientSentence(decided, server)
  return (
    <section className="section program decided" aria-label={t('program.decided', { name: routed.program })} data-testid="decided">
      <div className="section-head">
        <h3>{t('program.decided', { name: routed.program })}</h3>
        <button type="button" className="link" onClick={open}>
          {t('program.open', { name: routed.program })}
        </button>
      </div>
      <p>{endText(decided)}</p>
      {routed.why !== undefined && <p className="muted">{t('program.decided.why', { why: routed.why })}</p>}
      <Tls decided={decided} />
      {routed.tried.map(({ dial, kind, after }, index) => (
        <p key={`${index} ${dial.address}`} className="bad">
          {t('program.tried', { upstream: `${dial.address}:${dial.port}`, kind, after })}
        </p>
      ))}
      <Matches decided={decided} />
      {routed.balance && <BalanceTable balance={routed.balance} />}
      <HeaderParts decided={decided} />
      {client !== undefined && <p className="decided-client">{client}</p>}
      {routed.log && routed.log.length > 0 && <Log decided={decided} />}
    </section>
  )
}

function endText({ routed, exchange }: Decided): string {
  if (routed.to) return t('program.decided.proxy', { to: `${routed.to.upstream} (${routed.to.address}:${routed.to.port})` })
  const response = exchange?.response
  return response && routed.kind === 'respond' ? t('program.decided.respond', { status: response.status }) : t('program.decided.close')
}

function Tls({ decided: { connection } }: { readonly decided: Decided }) {
  const { tls } = connection
  const certificate = tls?.certificate
  if (!tls || !certificate) return null
  const { subject, secret } = certificate
  return (
    <p className="muted">
      {secret
        ? t('program.decided.tls', { subject, secret: [secret.namespace, secret.name].filter(Boolean).join('/') })
        : t('program.decided.tls.own', { subject })}{' '}
      {tls.alpn !== undefined && t('program.decided.alpn', { alpn: tls.alpn })}
    </p>
  )
}

const object = (of: Matched['object']) =>
  of && { id: [of.kind.toLowerCase(), of.namespace, of.name].filter(Boolean).join('/'), ...(of.field !== undefined && { field: of.field }) }

/** Near misses that are told of: whoever wants them all opens the table. */
const NEAR = 8

/** Rows that decided, each after those that nearly did; with the cells that they have in the program's tables as these are now. */
function Matches({ decided: { target, matched } }: { readonly decided: Decided }) {
  const playing = useApp((state) => state.playback.playing)
  const report = useProgram(playing ? '' : target)
  if (matched.length === 0) return null
  const columns = [{ text: t('program.match.table') }, { text: t('program.match.row'), share: 3 }]
  const rows = matched.flatMap(({ table, row, at, object: of, considered = [] }, index): readonly MatchRow[] => {
    const known = report?.tables.find((each) => each.id === table)
    const textOf = (id: string): string => {
      const found = known?.rows.find((each) => each.id === id)
      return known && found ? shownColumns(known).cellsOf(found).filter(Boolean).join('  ') : id
    }
    const near = considered.slice(0, NEAR).map((each): MatchRow => {
      const cells = known?.rows.find(({ id }) => id === each.row)?.cells
      const column = known && cells ? failedColumn(known, { cells }, each.failed) : undefined
      const part =
        column === undefined || each.failed === 'shorter'
          ? undefined
          : (cells?.[column] ?? '').includes(each.failed)
            ? each.failed
            : cells?.[column]
      return {
        key: `${index} ${table} ${each.row} near`,
        cells: [table, textOf(each.row)],
        fate: 'lost',
        ...(part ? { failed: 1, part } : {}),
        note: <span className="program-failed">{failedText(each.failed)}</span>,
      }
    })
    if (row === '') return near
    const next = known?.rows.find(({ id }) => id === row)?.next
    const won: MatchRow = {
      key: `${index} ${table} ${row}`,
      cells: [table, textOf(row)],
      fate: 'won',
      note: <RowButton target={target} matched={{ table, row, ...(at && { at }), ...(of && { object: of }) }} next={next} />,
    }
    return [won, ...near]
  })
  return (
    <Titled title={t('program.matches')}>
      <MatchTable label={t('program.matches')} columns={columns} rows={rows} />
    </Titled>
  )
}

interface RowButtonProps {
  readonly target: string
  readonly matched: Matched
  readonly next: { readonly table: string; readonly row: string } | undefined
}

/** The links of a row lead into the program's own page, which is opened with them. */
function RowButton({ target, matched: { at, object: of }, next }: RowButtonProps) {
  const studio = useStudio()
  return <RowLinks target={target} next={next} object={object(of)} at={at} onPoint={() => select(studio, target)} />
}

function BalanceTable({ balance }: { readonly balance: Balance }) {
  const { algorithm, upstream, endpoints, chosen, why } = balance
  const weighted = endpoints.some(({ weight }) => weight !== undefined)
  const stated = endpoints.some(({ state }) => state !== undefined)
  const columns = [
    { text: t('program.balance.endpoint'), share: 2 },
    ...(weighted ? [{ text: t('program.balance.weight') }] : []),
    ...(stated ? [{ text: t('program.balance.state') }] : []),
  ]
  const rows = endpoints.map(({ address, weight, state, object: of }, index): MatchRow => {
    return {
      key: `${index} ${address}`,
      cells: [address, ...(weighted ? [String(weight ?? '')] : []), ...(stated ? [state ?? ''] : [])],
      fate: index === chosen ? 'won' : 'rest',
      note: of ? <RowLinks target="" object={object(of)} /> : '',
    }
  })
  return (
    <Titled title={t('program.balance')} note={t('program.balance.by', { algorithm, upstream })}>
      {why !== undefined && <p className="muted">{why}</p>}
      <MatchTable label={t('program.balance')} columns={columns} rows={rows} />
    </Titled>
  )
}

function HeaderParts({ decided: { exchange, sent, received } }: { readonly decided: Decided }) {
  if (!exchange || !sent) return null
  const inRequest = requestChanges(exchange.request, sent)
  const inResponse = exchange.response && received ? responseChanges(received, exchange.response) : []
  if (inRequest.length + inResponse.length === 0) return <p className="muted">{t('program.headers.same')}</p>
  return (
    <>
      {inRequest.length > 0 && <Changes title={t('program.headers.request')} changes={inRequest} />}
      {inResponse.length > 0 && <Changes title={t('program.headers.response')} changes={inResponse} />}
    </>
  )
}

function Changes({ title, changes }: { readonly title: string; readonly changes: readonly HeaderChange[] }) {
  return (
    <Titled title={title}>
      <ul className="header-diff mono" aria-label={title}>
        {changes.map(({ name, before, after }) => (
          <li key={name}>
            {before && (
              <p data-op="removed">
                − {name !== '' && `${name}: `}
                <Pieces pieces={before} />
              </p>
            )}
            {after && (
              <p data-op="added">
                + {name !== '' && `${name}: `}
                <Pieces pieces={after} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Titled>
  )
}

const Pieces = ({ pieces }: { readonly pieces: readonly Piece[] }) =>
  pieces.map((piece, index) => (piece.same ? piece.text : <mark key={index}>{piece.text}</mark>))

function Log({ decided: { target, routed } }: { readonly decided: Decided }) {
  const lines = (routed.log ?? []).map(({ level, text, object: of }) => {
    const named = object(of)
    return { level, text, ...(named && { object: named }) }
  })
  return (
    <Titled title={t('program.log')}>
      <LogLines target={target} lines={lines} />
    </Titled>
  )
}

const Titled = ({ title, note, children }: { readonly title: string; readonly note?: string; readonly children: ReactNode }) => (
  <div className="decided-part">
    <h4>
      {title} {note !== undefined && <small className="muted">{note}</small>}
    </h4>
    {children}
  </div>
)
