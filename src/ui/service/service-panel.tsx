import { useEffect } from 'react'
import type { ReportEndpoint, ReportPort, ServiceAddress, ServiceReport } from '../../worker/protocol/findings.ts'
import { count, number, t } from '../messages/t.ts'
import '../messages/with-findings.ts'
import { useStudio } from '../studio.ts'
import { OutsidePicture } from './outside-picture.tsx'
import { Aim, ObjectLink, Part, withPort } from './parts.tsx'
import { useReport } from './use-report.ts'
import './service.css'

/** Every feature of a Service at a glance: what it says, and what controllers and nodes have made of it. */
export function ServicePanel({ target }: { readonly target: string }) {
  const report = useReport(target)
  useMembers(report)
  if (!report) return null
  return (
    <div data-testid="service">
      <Part title={t('service.addresses')} note={report.type}>
        <Addresses report={report} />
      </Part>
      {report.ports.length > 0 && (
        <Part title={t('service.ports')}>
          <Ports ports={report.ports} />
        </Part>
      )}
      {report.policies.length > 0 && (
        <Part title={t('service.policies')}>
          <dl className="pairs">
            {report.policies.map(({ field, value }) => (
              <div key={field} style={{ display: 'contents' }}>
                <dt title={field}>{t(`policy.${field}`)}</dt>
                <dd className="mono">{value}</dd>
              </div>
            ))}
          </dl>
        </Part>
      )}
      {report.type !== 'ExternalName' && (
        <Part title={t('service.endpoints')} note={number(report.endpointCount)}>
          <Endpoints report={report} />
        </Part>
      )}
      {report.health && (
        <Part title={t('service.health', { port: report.health.port })}>
          <Health health={report.health} />
        </Part>
      )}
      {report.outside && (
        <Part title={t('service.outside')}>
          <OutsidePicture outside={report.outside} ports={report.ports} />
        </Part>
      )}
    </div>
  )
}

/** Rings its pods on the map for as long as it is looked at. */
function useMembers(report: ServiceReport | undefined): void {
  const { store } = useStudio()
  useEffect(() => {
    const { change } = store.getState()
    change((state) => void (state.members = report?.endpoints.flatMap(({ object }) => object || []) ?? []))
    return () => change((state) => void (state.members = []))
  }, [store, report])
}

const CLIENT = 'external/client'

function Addresses({ report }: { readonly report: ServiceReport }) {
  const port = report.ports[0]?.port
  return (
    <ul className="service-rows">
      {report.addresses.map((each) => (
        <li key={`${each.kind} ${each.address}`} data-bad={each.kind === 'pending' ? '' : undefined}>
          <AddressText address={each} />
          {each.address !== '' && each.kind !== 'name' && port !== undefined && (
            <Aim to={withPort(each.address, port)} {...(each.kind === 'cluster' ? {} : { from: CLIENT })} />
          )}
        </li>
      ))}
    </ul>
  )
}

function AddressText({ address: { kind, address, ipMode } }: { readonly address: ServiceAddress }) {
  return (
    <>
      <span className="muted">{t(`service.address.${kind}`)}</span>
      {address !== '' && <code>{address}</code>}
      {ipMode !== undefined && <small className="muted">{ipMode}</small>}
    </>
  )
}

function Ports({ ports }: { readonly ports: readonly ReportPort[] }) {
  const named = ports.some(({ name }) => name !== '')
  const external = ports.some(({ nodePort }) => nodePort !== undefined)
  return (
    <table className="service-table" aria-label={t('service.ports')}>
      <thead>
        <tr>
          {named && <th scope="col">{t('service.port.name')}</th>}
          <th scope="col">{t('service.port')}</th>
          {external && <th scope="col">{t('service.port.node')}</th>}
          <th scope="col">{t('service.port.target')}</th>
          <th scope="col">{t('service.port.comes')}</th>
        </tr>
      </thead>
      <tbody>
        {ports.map((port) => (
          <tr key={`${port.port}/${port.protocol}`}>
            {named && <td className="mono">{port.name}</td>}
            <td className="mono">
              {port.port}/{port.protocol}
              {port.appProtocol !== undefined && <small className="muted"> {port.appProtocol}</small>}
            </td>
            {external && <td className="mono">{port.nodePort ?? '–'}</td>}
            <td className="mono">{port.targetPort}</td>
            <td>
              <Targets port={port} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Targets({ port }: { readonly port: ReportPort }) {
  if (port.targets.length === 0) return '–'
  return port.targets.map((target) => {
    const pods = count('count.pods', target.count)
    const names = target.pods.map((id) => id.slice(id.lastIndexOf('/') + 1)).join(', ')
    return target.number === undefined ? (
      <p key="nowhere" className="bad" title={names}>
        {t('service.port.nowhere', { pods })}
      </p>
    ) : (
      <p key={target.number} title={names}>
        {t('service.port.number', { number: String(target.number), pods })}
      </p>
    )
  })
}

function Endpoints({ report: { endpoints, endpointCount } }: { readonly report: ServiceReport }) {
  if (endpoints.length === 0) return <p className="bad">{t('service.endpoints.none')}</p>
  return (
    <>
      <ul className="service-endpoints" aria-label={t('service.endpoints')}>
        {endpoints.map((endpoint) => (
          <Endpoint key={endpoint.address} endpoint={endpoint} />
        ))}
      </ul>
      {endpointCount > endpoints.length && (
        <p className="muted">{t('service.more', { count: number(endpointCount - endpoints.length) })}</p>
      )}
    </>
  )
}

function Endpoint({ endpoint }: { readonly endpoint: ReportEndpoint }) {
  const { address, ports, object, node, zone, hints, ready, serving, terminating } = endpoint
  const conditions = [
    ready ? 'ready' : 'not-ready',
    ...(serving === ready ? [] : [serving ? ('serving' as const) : ('not-serving' as const)]),
    ...(terminating ? ['terminating' as const] : []),
  ] as const
  return (
    <li>
      <p>
        {object !== '' && <ObjectLink id={object} />} <code>{address}</code> <small className="muted mono">{ports.join(' ')}</small>
      </p>
      <p>
        {conditions.map((condition) => (
          <span key={condition} className="condition" data-condition={condition}>
            {t(`service.condition.${condition}`)}
          </span>
        ))}
        {node !== '' && <ObjectLink id={`node/${node}`} />}
        {zone !== '' && (
          <small className="muted">{hints.length > 0 ? t('service.zone.for', { zone, hints: hints.join(', ') }) : zone}</small>
        )}
      </p>
    </li>
  )
}

function Health({ health }: { readonly health: NonNullable<ServiceReport['health']> }) {
  return (
    <>
      <table className="service-table" aria-label={t('service.health', { port: health.port })}>
        <thead>
          <tr>
            <th scope="col">{t('service.health.node')}</th>
            <th scope="col">{t('service.health.answer')}</th>
            <th scope="col">{t('service.health.endpoints')}</th>
          </tr>
        </thead>
        <tbody>
          {health.answers.map(({ node, ip, status, localEndpoints }) => (
            <tr key={node}>
              <td>
                <ObjectLink id={`node/${node}`} />
              </td>
              <td className={status === 200 ? 'good mono' : 'bad mono'}>HTTP {status}</td>
              <td className="mono">
                {localEndpoints} {ip !== '' && <Aim to={`http://${withPort(ip, health.port)}/`} from={CLIENT} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {health.nodes > health.answers.length && (
        <p className="muted">{t('service.more', { count: number(health.nodes - health.answers.length) })}</p>
      )}
    </>
  )
}
