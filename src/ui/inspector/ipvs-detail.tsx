import type { Step } from '../../core/kernel/step.ts'
import '../messages/with-tables.ts'
import { t } from '../messages/t.ts'
import type { MatchRow } from './match-row.tsx'
import { MatchTable } from './match-table.tsx'
import { Pairs } from './pairs.tsx'
import { Why } from './why.tsx'

type IpvsStep = Extract<Step, { kind: 'ipvs' }>

/** What IPVS chose from: its real servers in the order of the kernel's list, with the counts that the scheduler saw. */
export function IpvsDetail({ step }: { readonly step: IpvsStep }) {
  const { virtualServer, scheduler, state, by, realServer, candidates = [], origin } = step
  const columns = [
    { text: t('column.real'), share: 2 },
    { text: t('column.weight') },
    { text: t('column.active') },
    { text: t('column.inactive') },
  ]
  const rows = candidates.map((candidate): MatchRow => {
    const won = candidate.realServer === realServer
    return {
      key: candidate.realServer,
      cells: [candidate.realServer, `${candidate.weight}`, `${candidate.active}`, `${candidate.inactive}`],
      fate: won ? 'won' : 'lost',
      ...(won && origin ? { note: <Why origin={origin} /> } : {}),
    }
  })
  return (
    <>
      <Pairs
        pairs={[
          [t('column.virtual'), virtualServer],
          [t('column.schedulerName'), scheduler ?? ''],
          [t('column.real'), realServer === undefined ? '' : by ? `${realServer} ${t(`ipvs.how.${by}`)}` : realServer],
          [t('ipvs.state'), state ?? ''],
        ]}
      />
      {rows.length > 0 ? (
        <MatchTable label={virtualServer} columns={columns} rows={rows} />
      ) : (
        origin && (
          <p>
            <Why origin={origin} />
          </p>
        )
      )}
    </>
  )
}
