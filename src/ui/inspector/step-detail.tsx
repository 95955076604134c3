import type { ChainRun, Step } from '../../core/kernel/step.ts'
import { t } from '../messages/t.ts'
import { ChainDetail } from './chain-detail.tsx'
import { ConntrackDetail } from './conntrack-detail.tsx'
import { Linked } from './linked.tsx'
import { MatchTable } from './match-table.tsx'
import { Pairs } from './pairs.tsx'
import { RouteDetail } from './route-detail.tsx'
import { Why } from './why.tsx'

/** What a step has to show besides its sentence; most have nothing. */
interface Props {
  readonly step: Step
  /** Rule of the chain that playback stands on. */
  readonly rule?: number
  /** The run of the chain that made a translation, for the step that tells of it. */
  readonly cause?: ChainRun
}

export function StepDetail({ step, rule, cause }: Props) {
  switch (step.kind) {
    case 'chain':
      return <ChainDetail run={step} {...(rule === undefined ? {} : { current: rule })} />
    case 'nat':
      return cause ? <ChainDetail run={cause} /> : null
    case 'route':
      return <RouteDetail step={step} />
    case 'conntrack':
      return step.entry ? <ConntrackDetail entry={step.entry} created={step.created} /> : null
    case 'confirm':
      return <ConntrackDetail entry={step.entry} created={false} />
    case 'neighbour':
      return (
        <MatchTable
          label={t('kind.neighbour')}
          columns={[t('detail.device'), t('detail.address'), t('detail.mac')]}
          rows={[
            {
              key: step.ip,
              cells: [step.dev, <Linked key="ip" text={step.ip} />, step.mac ?? '–'],
              fate: step.how === 'failed' ? 'lost' : 'won',
              ...(step.how === 'failed' ? { failed: 2 } : {}),
              note: step.origin ? <Why origin={step.origin} /> : '',
            },
          ]}
        />
      )
    case 'encapsulate':
      return (
        <>
          <Pairs
            pairs={[
              [t('detail.device'), step.dev],
              [t('field.vni'), String(step.vni)],
              [t('detail.remote'), step.remote],
              [t('detail.innerMac'), step.inner],
            ]}
          />
          {step.origin && <Why origin={step.origin} />}
        </>
      )
    case 'bridge':
      return (
        <MatchTable
          label={t('detail.fdb')}
          columns={[t('detail.device'), t('detail.mac'), t('detail.ports')]}
          rows={[
            {
              key: step.destination,
              cells: [`${step.bridge} (${step.port})`, step.destination, step.ports.join(', ')],
              fate: step.action === 'drop' ? 'lost' : 'won',
              ...(step.action === 'drop' ? { failed: 2 } : {}),
              note: '',
            },
          ]}
        />
      )
    default:
      return null
  }
}
