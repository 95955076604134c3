import { type CSSProperties, useState } from 'react'
import type { ChainRun, Considered, RuleStep } from '../../core/kernel/step.ts'
import { t } from '../messages/t.ts'
import { Linked } from './linked.tsx'
import { Why } from './why.tsx'

/** One run of a base chain: the rules that matched, in order and indented by jump depth, and on demand those that did not. */
export function ChainDetail({ run, current }: { readonly run: ChainRun; readonly current?: number }) {
  const [near, setNear] = useState(false)
  const considered = run.rules.reduce((sum, rule) => sum + (rule.considered?.length ?? 0) + (rule.skipped ?? 0), 0)
  return (
    <>
      <p className="rule-note">
        <span className="mono">
          {run.table} {run.chain}
        </span>
        <span>{t('chain.priority', { priority: run.priority })}</span>
        {run.in !== undefined && <span className="mono">-i {run.in}</span>}
        {run.out !== undefined && <span className="mono">-o {run.out}</span>}
      </p>
      <ol className="rules">
        {run.rules.map((rule, index) => (
          // Rules have no identity but their order in the run.
          <RuleLine key={`${index} ${rule.chain}`} rule={rule} near={near} current={index === current} />
        ))}
      </ol>
      {considered > 0 && (
        <button type="button" className="disclosure" aria-expanded={near} onClick={() => setNear(!near)}>
          {near ? t('chain.considered.hide') : `${t('chain.considered')} (${considered})`}
        </button>
      )}
    </>
  )
}

function RuleLine({ rule, near, current }: { readonly rule: RuleStep; readonly near: boolean; readonly current: boolean }) {
  const text = rule.rule ?? `${rule.chain}: ${rule.policy ? t('chain.policy') : t('chain.end')}`
  const style = { '--depth': rule.depth } as CSSProperties
  return (
    <li style={style} aria-current={current ? 'step' : undefined}>
      {near && rule.considered?.map((miss) => <NearMiss key={miss.index} miss={miss} />)}
      {near && rule.skipped !== undefined && rule.skipped > 0 && (
        <p className="considered">{t('chain.skipped', { count: rule.skipped })}</p>
      )}
      <code className="rule-line mono" data-verdict={rule.verdict.split(' ')[0]} data-quiet={rule.rule === undefined ? '' : undefined}>
        <Linked text={text} />
      </code>
      <span className="rule-note">
        <span className="mono">{rule.verdict}</span>
        {rule.mark !== undefined && (
          <span>
            {t('chain.mark')} <span className="mono">0x{rule.mark.toString(16)}</span>
          </span>
        )}
        {rule.probability !== undefined && <span>{t('chain.probability', { percent: percent(rule.probability) })}</span>}
        {rule.origin && <Why origin={rule.origin} />}
      </span>
    </li>
  )
}

function NearMiss({ miss }: { readonly miss: Considered }) {
  const at = miss.rule.indexOf(miss.failed)
  return (
    <p className="considered mono">
      {at < 0 ? miss.rule : miss.rule.slice(0, at)}
      {at >= 0 && <mark>{miss.failed}</mark>}
      {at >= 0 && miss.rule.slice(at + miss.failed.length)}
      <span className="rule-note">
        {t('chain.actual')} {miss.actual}
      </span>
    </p>
  )
}

const percent = (probability: number): string => `${Number((probability * 100).toPrecision(3))} %`
