import { ArrowDown } from 'lucide-react'
import type { ReactNode } from 'react'
import type { OutsideTraffic, ReportPort } from '../../worker/protocol/findings.ts'
import { number, t } from '../messages/t.ts'
import { Aim, ObjectLink, withPort } from './parts.tsx'

const CLIENT = 'external/client'

/** The way in, from top to bottom: clients, whoever balances, the nodes. */
export function OutsidePicture({ outside, ports }: { readonly outside: OutsideTraffic; readonly ports: readonly ReportPort[] }) {
  const nodePorts = ports.flatMap(({ nodePort }) => (nodePort === undefined ? [] : [nodePort]))
  return (
    <ol className="outside">
      <Stage title={t('service.outside.client')}>{outside.addresses.length > 0 && <code>{outside.addresses.join(', ')}</code>}</Stage>
      {outside.provider !== undefined && <Balancer outside={outside} />}
      {nodePorts.length > 0 && (
        <Stage title={t('service.outside.nodes', { ports: nodePorts.join(', ') })}>
          <ul>
            {outside.nodes.map((node) => (
              <li key={node.node}>
                <ObjectLink id={`node/${node.node}`} />
                <NodeFate node={node} local={outside.local} />
                {node.ip !== '' && <Aim to={withPort(node.ip, nodePorts[0] ?? 0)} from={CLIENT} />}
              </li>
            ))}
          </ul>
          <More of={outside.nodeCount} shown={outside.nodes.length} />
        </Stage>
      )}
    </ol>
  )
}

function Stage({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <li className="outside-stage">
      <ArrowDown className="outside-arrow" size={14} strokeWidth={1.75} aria-hidden="true" />
      <b>{title}</b>
      {children}
    </li>
  )
}

function Balancer({ outside }: { readonly outside: OutsideTraffic }) {
  const { provider, balancer, forwarders, forwarderCount, addresses } = outside
  if (provider === 'service-lb' && forwarders.length > 0)
    return (
      <Stage title={t('service.outside.forwarders')}>
        <ul>
          {forwarders.map(({ pod, node, ready }) => (
            <li key={pod}>
              <ObjectLink id={pod} />
              {node === '' ? <span className="bad">{t('service.outside.waiting')}</span> : <ObjectLink id={`node/${node}`} />}
              {node !== '' && !ready && <span className="bad">{t('service.condition.not-ready')}</span>}
            </li>
          ))}
        </ul>
        <More of={forwarderCount} shown={forwarders.length} />
      </Stage>
    )
  if (addresses.length === 0) return <Stage title={t('service.outside.pending')} />
  return (
    <Stage title={balancer === undefined ? t('service.outside.given') : t('service.outside.balancer')}>
      {balancer !== undefined && <ObjectLink id={balancer} />}
    </Stage>
  )
}

function NodeFate({ node: { endpoints, healthy }, local }: { readonly node: OutsideTraffic['nodes'][number]; readonly local: boolean }) {
  if (!healthy) return <span className="muted">{t('service.outside.left')}</span>
  if (endpoints > 0) return <span className="good">{t('service.outside.endpoints', { count: number(endpoints) })}</span>
  return local ? <span className="bad">{t('service.outside.drops')}</span> : <span className="muted">{t('service.outside.on')}</span>
}

const More = ({ of, shown }: { readonly of: number; readonly shown: number }) =>
  of > shown ? <p className="muted">{t('service.more', { count: number(of - shown) })}</p> : null
