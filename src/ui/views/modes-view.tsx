import { type ReactNode, useMemo } from 'react'
import type { Level } from '../../core/walk/level.ts'
import type { SentRecord, Settings } from '../../worker/protocol.ts'
import { outcomeText } from '../end-text.ts'
import '../messages/with-edit.ts'
import '../messages/with-views.ts'
import { number, t } from '../messages/t.ts'
import { useApp } from '../studio.ts'
import { packetCost, placeRows } from './mode-rows.ts'
import { type InMode, useModes } from './use-modes.ts'
import './modes.css'

interface Props {
  readonly record: SentRecord
  readonly packet: number
  readonly level: Level
}

/** One request in all modes of kube-proxy side by side, and what each of them costs at this cluster's size. */
export function ModesView({ record, packet, level }: Props) {
  const facts = useApp((state) => state.settings?.modes)
  const now = useApp((state) => state.settings?.mode)
  const names = useMemo(() => inOrder(facts ?? [], now), [facts, now])
  const modes = useModes(record, names)
  return (
    <>
      <Costs modes={modes} packet={packet} />
      <h2 className="modes-title">{t('modes.path')}</h2>
      <p className="muted">{t('modes.path.note')}</p>
      <Ways modes={modes} packet={packet} level={level} />
    </>
  )
}

type Facts = Settings['modes']

/** The cluster's own mode first, what was removed last. */
const inOrder = (facts: Facts, now: Settings['mode'] | undefined): readonly Settings['mode'][] => {
  const rank = ({ mode, removed }: Facts[number]): number => (mode === now ? 0 : removed === undefined ? 1 : 2)
  return facts.toSorted((a, b) => rank(a) - rank(b)).map(({ mode }) => mode)
}

const recordOf = ({ found }: InMode): SentRecord | undefined => (found?.found ? found.record : undefined)

interface Row {
  readonly name: string
  readonly cell: (mode: InMode) => string
}

function Costs({ modes, packet }: { readonly modes: readonly InMode[]; readonly packet: number }) {
  const node = modes.find(({ cost }) => cost)?.cost?.node ?? ''
  return (
    <>
      <h2 className="modes-title">{t('modes.cost')}</h2>
      <ModeTable label={t('modes.cost')} modes={modes} testId="mode-costs">
        {rowsOf(packet).map(({ name, cell }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {modes.map((mode) => (
              <td key={mode.mode} className="mono">
                {cell(mode)}
              </td>
            ))}
          </tr>
        ))}
      </ModeTable>
      <p className="muted">{t('modes.cost.note', { node })}</p>
    </>
  )
}

const WAITING = '…'
const ms = (value: number): string => number(Number(value.toPrecision(2)))
const kb = (bytes: number): string => number(Number((bytes / 1000).toPrecision(3)))

function rowsOf(packet: number): readonly Row[] {
  const ofPacket = (name: string, text: (record: SentRecord) => string): Row => ({
    name,
    cell: (mode) => {
      const record = recordOf(mode)
      return record ? text(record) : mode.found ? '–' : WAITING
    },
  })
  const ofCost = (name: string, text: (cost: NonNullable<InMode['cost']>) => string): Row => ({
    name,
    cell: ({ cost }) => (cost ? text(cost) : WAITING),
  })
  return [
    ofPacket(t('modes.outcome'), ({ conversation }) => outcomeText(conversation.outcome)),
    ofPacket(t('modes.answeredBy'), (record) => packetCost(record, packet).end),
    ofPacket(t('modes.seen'), (record) => packetCost(record, packet).seen),
    ofPacket(t('modes.compared'), (record) => number(packetCost(record, packet).compared)),
    ofPacket(t('modes.lookups'), (record) => number(packetCost(record, packet).lookups)),
    ofCost(t('modes.rules'), ({ rules }) => number(rules)),
    ofCost(t('modes.elements'), ({ elements }) => number(elements)),
    ofCost(t('modes.servers'), ({ virtualServers, realServers }) => `${number(virtualServers)} / ${number(realServers)}`),
    ofCost(t('modes.first'), ({ firstMs, bytes }) => t('modes.msAndKb', { ms: ms(firstMs), kb: kb(bytes) })),
    ofCost(t('modes.change'), ({ changeMs, changeBytes = 0 }) =>
      changeMs === undefined ? '–' : t('modes.msAndKb', { ms: ms(changeMs), kb: kb(changeBytes) }),
    ),
  ]
}

function Ways({ modes, packet, level }: { readonly modes: readonly InMode[]; readonly packet: number; readonly level: Level }) {
  const rows = placeRows(modes.map(recordOf), packet, level)
  return (
    <ModeTable label={t('modes.path')} modes={modes} testId="mode-ways">
      {rows.map(({ key, place, cells }) => (
        <tr key={key}>
          <th scope="row">{place}</th>
          {cells.map((lines, index) => (
            <td key={modes[index]?.mode ?? index}>
              {lines === undefined
                ? '–'
                : lines.map(({ text, isNew }, at) => (
                    // Lines have no identity but their order.
                    <p key={`${at} ${text}`}>{isNew ? <mark>{text}</mark> : text}</p>
                  ))}
            </td>
          ))}
        </tr>
      ))}
    </ModeTable>
  )
}

interface TableProps {
  readonly label: string
  readonly modes: readonly InMode[]
  readonly testId: string
  readonly children: ReactNode
}

const ModeTable = ({ label, modes, testId, children }: TableProps) => (
  <div className="modes-scroll" role="region" tabIndex={0} aria-label={label} data-testid={testId}>
    <table className="modes-table">
      <thead>
        <tr>
          <td />
          {modes.map(({ mode }) => (
            <th key={mode} scope="col">
              {t(`mode.${mode}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
)
