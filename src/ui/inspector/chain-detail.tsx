import { useState } from 'react'
import type { ChainRun, Considered, RuleStep } from '../../core/kernel/step.ts'
import { t } from '../messages/t.ts'
import { columnsOf, stepCells } from './columns.ts'
import type { MatchRow } from './match-row.tsx'
import { MatchTable } from './match-table.tsx'
import { Why } from './why.tsx'

/** One run of a base chain: the rules that matched, in order and indented by jump depth, and on demand those that did not. */
export function ChainDetail({ run, current }: { readonly run: ChainRun; readonly current?: number }) {
  const [near, setNear] = useState(false)
  const considered = run.rules.reduce((sum, rule) => sum + (rule.considered?.length ?? 0) + (rule.skipped ?? 0), 0)
  const rows = run.rules.flatMap((rule, index) => [
    ...(near ? missesOf(rule, index) : []),
    ruleRow(run.table, rule, index, index === current),
  ])
  return (
    <>
      <p className="rule-note">
        <span className="mono">
          {run.family === 'ip' ? '' : `${run.family} `}
          {run.table} {run.chain}
        </span>
        <span>{t('chain.priority', { priority: run.priority })}</span>
        {run.in !== undefined && <span className="mono">-i {run.in}</span>}
        {run.out !== undefined && <span className="mono">-o {run.out}</span>}
      </p>
      <MatchTable label={`${run.table} ${run.chain}`} columns={columnsOf('chain').slice(1)} rows={rows} />
      {considered > 0 && (
        <button type="button" className="disclosure" aria-expanded={near} onClick={() => setNear(!near)}>
          {near ? t('chain.considered.hide') : `${t('chain.considered')} (${considered})`}
        </button>
      )}
    </>
  )
}

function ruleRow(table: ChainRun['table'], rule: RuleStep, index: number, current: boolean): MatchRow {
  const bad = /^(?:DROP|REJECT)/i.test(rule.verdict)
  const row = { key: `${index} ${rule.chain}`, depth: rule.depth, current, bad }
  if (rule.rule === undefined)
    return { ...row, cells: [`${rule.chain}: ${rule.policy ? t('chain.policy') : t('chain.end')}`, rule.verdict], fate: 'rest' }
  const [match, action] = stepCells(rule.chain, rule.rule)
  return {
    ...row,
    cells: [match, action === '' ? rule.verdict : action],
    fate: 'won',
    stop: { on: 'rule', table, rule: rule.rule },
    ...(hasNote(rule) ? { note: <Note rule={rule} /> } : {}),
  }
}

const hasNote = ({ mark, probability, origin }: RuleStep): boolean =>
  mark !== undefined || probability !== undefined || origin !== undefined

const Note = ({ rule: { mark, probability, origin } }: { readonly rule: RuleStep }) => (
  <span className="rule-note">
    {mark !== undefined && (
      <span>
        {t('chain.mark')} <span className="mono">0x{mark.toString(16)}</span>
      </span>
    )}
    {probability !== undefined && <span>{t('chain.probability', { percent: percent(probability) })}</span>}
    {origin && <Why origin={origin} />}
  </span>
)

/** Those that were tried before it, the nearest last. */
function missesOf({ chain, considered = [], skipped = 0, depth }: RuleStep, index: number): readonly MatchRow[] {
  const earlier: readonly MatchRow[] =
    skipped > 0 ? [{ key: `${index} skipped`, cells: [t('chain.skipped', { count: skipped }), ''], fate: 'lost', depth }] : []
  return [...earlier, ...considered.map((miss) => missRow(chain, miss, index, depth))]
}

function missRow(chain: string, miss: Considered, index: number, depth: number): MatchRow {
  const cells = stepCells(chain, miss.rule)
  const actual = (
    <>
      {t('chain.actual')} <span className="mono">{miss.actual}</span>
    </>
  )
  return { key: `${index} ${miss.index}`, cells, fate: 'lost', failed: 0, part: miss.failed, depth, note: actual }
}

const percent = (probability: number): string => `${Number((probability * 100).toPrecision(3))} %`
