import { useEffect, useRef } from 'react'
import type { ChainRun, Step } from '../../core/kernel/step.ts'
import { isToldAt } from '../../core/walk/level.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { BreakDot } from '../breakpoints/break-dot.tsx'
import { conditionOfStep, placeIn } from '../breakpoints/set.ts'
import { count, t } from '../messages/t.ts'
import '../messages/with-steps.ts'
import { stepText } from '../narration.tsx'
import type { Position } from '../position.ts'
import { fidelityOf } from '../step-fidelity.ts'
import { useApp, useStudio } from '../studio.ts'
import { StepDetail } from './step-detail.tsx'

interface Props {
  readonly record: SentRecord
  readonly trace: PacketTrace
  readonly position: Position
}

/** The steps of a hop at the chosen depth; the current one is open. */
export function Steps({ record, trace, position }: Props) {
  const { player } = useStudio()
  const level = useApp((state) => state.preferences.level)
  const hop = trace.hops[position.hop]
  const steps = hop?.steps ?? []
  const place = placeIn(record, hop?.netns ?? '')
  const shown = steps.flatMap((step, index) => (isToldAt(step, level) || index === position.step ? [{ step, index }] : []))
  return (
    <section className="section" data-testid="steps">
      <div className="section-head">
        <h3>{t('inspector.steps')}</h3>
        <small>{t('inspector.hop', { hop: position.hop + 1, hops: trace.hops.length })}</small>
      </div>
      <ol className="steps">
        {shown.map(({ step, index }) => (
          <StepLine
            // Steps have no identity but their order.
            key={`${index} ${step.kind}`}
            step={step}
            trace={trace}
            place={place}
            current={index === position.step}
            cause={causeOf(steps, index)}
            netns={trace.hops[position.hop]?.netns ?? trace.netns}
            fidelity={record.conversation.fidelity}
            {...(index === position.step && position.rule !== undefined ? { rule: position.rule } : {})}
            onChoose={() => player.seek({ packet: position.packet, hop: position.hop, step: index })}
          />
        ))}
      </ol>
      {shown.length < steps.length && <p className="elided">{count('count.elided', steps.length - shown.length)}</p>}
    </section>
  )
}

/** A translation by a rule follows the run of the chain that the rule is in: nat of iptables, or a chain of that type of nftables. */
function causeOf(steps: readonly Step[], index: number): ChainRun | undefined {
  const step = steps[index]
  if (step?.kind !== 'nat' || step.by !== 'rule') return undefined
  const before = steps.slice(0, index).findLast((one) => one.kind === 'chain')
  return before?.kind === 'chain' && before.hook === step.hook ? before : undefined
}

interface LineProps {
  readonly step: Step
  readonly trace: PacketTrace
  readonly place: string
  readonly current: boolean
  readonly cause: ChainRun | undefined
  readonly netns: string
  readonly rule?: number
  readonly fidelity: readonly string[]
  readonly onChoose: () => void
}

function StepLine({ step, trace, place, current, cause, netns, rule, fidelity, onChoose }: LineProps) {
  const line = useRef<HTMLLIElement>(null)
  const entry = fidelityOf(step, fidelity)
  const { store } = useStudio()
  useEffect(() => {
    // While it plays the top of the inspector tells the story; a person who steps wants to see the step.
    const { playing, position } = store.getState().playback
    if (!current || playing) return
    if (position.step === 0) line.current?.closest('.inspect-scroll')?.scrollTo({ top: 0 })
    else line.current?.scrollIntoView({ block: 'nearest' })
  }, [current, store])
  return (
    <li className="step" data-kind={step.kind} ref={line}>
      <BreakDot condition={conditionOfStep(step, place)} />
      <button type="button" className="step-line" aria-current={current ? 'step' : undefined} aria-expanded={current} onClick={onChoose}>
        <span className="step-kind">{t(`kind.${step.kind}`)}</span>
        <span className="step-text">{stepText(step, trace)}</span>
        {entry && (
          <i
            className="fidelity"
            data-level={entry.level}
            role="img"
            aria-label={t(`fidelity.${entry.level}`)}
            title={`${t(`fidelity.${entry.level}`)}: ${t(`fidelity.${entry.id}`)}`}
          />
        )}
      </button>
      {current && (
        <div className="step-detail">
          <StepDetail step={step} netns={netns} {...(cause ? { cause } : {})} {...(rule === undefined ? {} : { rule })} />
          {entry && (
            <p className="fidelity-line">
              <b>{t(`fidelity.${entry.level}`)}.</b> {t(`fidelity.${entry.id}`)}
            </p>
          )}
        </div>
      )}
    </li>
  )
}
