import type { ChainRun, Step } from '../../core/kernel/step.ts'
import { t } from '../messages/t.ts'
import { ChainDetail } from './chain-detail.tsx'
import { ConntrackDetail } from './conntrack-detail.tsx'
import { IpvsDetail } from './ipvs-detail.tsx'
import { LookupTable } from './lookup-table.tsx'
import { Pairs } from './pairs.tsx'
import { RouteDetail } from './route-detail.tsx'
import { Why } from './why.tsx'

/** What a step has to show besides its sentence; most have nothing. */
interface Props {
  readonly step: Step
  /** The namespace that it happened in. */
  readonly netns: string
  /** Rule of the chain that playback stands on. */
  readonly rule?: number
  /** The run of the chain that made a translation, for the step that tells of it. */
  readonly cause?: ChainRun
}

export function StepDetail({ step, netns, rule, cause }: Props) {
  switch (step.kind) {
    case 'chain':
      return <ChainDetail run={step} {...(rule === undefined ? {} : { current: rule })} />
    case 'nat':
      return cause ? <ChainDetail run={cause} /> : null
    case 'route':
      return <RouteDetail step={step} />
    case 'conntrack':
      return step.entry ? <ConntrackDetail entry={step.entry} created={step.created} netns={netns} /> : null
    case 'confirm':
      return <ConntrackDetail entry={step.entry} created={false} netns={netns} />
    case 'ipvs':
      return <IpvsDetail step={step} />
    case 'neighbour':
      return (
        <LookupTable
          label={t('kind.neighbour')}
          netns={netns}
          table="neighbour"
          keys={2}
          used={{
            key: 'used',
            cells: [step.dev, step.ip, step.mac ?? '–', neighbourState(step.how, step.ip)],
            fate: step.how === 'failed' ? 'lost' : 'won',
            ...(step.how === 'failed' ? { failed: 2 } : {}),
            note: step.origin ? <Why origin={step.origin} /> : '',
          }}
        />
      )
    case 'encapsulate':
      return (
        <>
          <Pairs pairs={[[t('field.vni'), String(step.vni)]]} />
          <LookupTable
            label={t('detail.fdb')}
            netns={netns}
            table="fdb"
            keys={2}
            used={{
              key: 'used',
              cells: [step.dev, step.inner, step.remote],
              fate: 'won',
              note: step.origin ? <Why origin={step.origin} /> : '',
            }}
          />
        </>
      )
    case 'bridge':
      return (
        <LookupTable
          label={t('detail.fdb')}
          netns={netns}
          table="fdb"
          keys={2}
          used={{
            key: 'used',
            cells: [step.bridge, step.destination, step.ports.join(', ')],
            fate: step.action === 'drop' || step.action === 'flood' ? 'lost' : 'won',
            ...(step.action === 'drop' ? { failed: 2 } : step.action === 'flood' ? { failed: 1 } : {}),
          }}
        />
      )
    default:
      return null
  }
}

type How = Extract<Step, { kind: 'neighbour' }>['how']

/** As `arp -n` has room for; what was asked for by neighbour solicitations stays so when it is cached. */
const neighbourState = (how: How, ip: string): string =>
  how === 'permanent' ? 'PERM' : how === 'failed' ? 'FAILED' : ip.includes(':') ? 'NDP' : 'ARP'
