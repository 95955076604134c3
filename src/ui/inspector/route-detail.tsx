import type { RouteStep } from '../../core/kernel/step.ts'
import type { Route } from '../../core/kernel/netns.ts'
import { t } from '../messages/t.ts'
import { Why } from './why.tsx'

/** The route that won and those that did not, as `ip route` prints them. */
export function RouteDetail({ step }: { readonly step: RouteStep }) {
  return (
    <>
      {step.route && (
        <p className="rules">
          <code className="rule-line mono">{routeText(step.route)}</code>
          <span className="rule-note">
            <span>{t('route.chosen')}</span>
            {step.table !== undefined && <span>{t('route.table', { table: tableName(step.table) })}</span>}
            <Why origin={step.route.origin} />
          </span>
        </p>
      )}
      {step.rejected.length > 0 && (
        <>
          <p className="rule-note">{t('route.rejected')}</p>
          <ul className="considered">
            {step.rejected.map(({ route, table, why }) => (
              <li key={`${table} ${routeText(route)}`}>
                <code className="mono">{routeText(route)}</code>
                <span className="rule-note">
                  {t('route.table', { table: tableName(table) })}, {t(`route.why.${why}`)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

/** /etc/iproute2/rt_tables. */
const TABLES: Readonly<Record<number, string>> = { 255: 'local', 254: 'main', 253: 'default' }
const tableName = (table: number): string => TABLES[table] ?? String(table)

function routeText(route: Route): string {
  const { ip, length } = route.destination
  const prefix = length === 0 ? 'default' : length === 32 ? ip : `${ip}/${length}`
  const parts = [
    route.type === 'unicast' ? '' : route.type,
    prefix,
    route.via === undefined ? '' : `via ${route.via}`,
    route.dev === undefined ? '' : `dev ${route.dev}`,
    route.preferredSource === undefined ? '' : `src ${route.preferredSource}`,
    route.onlink ? 'onlink' : '',
    route.metric > 0 ? `metric ${route.metric}` : '',
  ]
  return parts.filter((part) => part !== '').join(' ')
}
