/** Google's load balancers as match/action rows, whose ids `Matched` refers to. */
import type { GceBackend } from '../../cluster/cloud/gce-backend.ts'
import { frontendName } from '../../cluster/cloud/gce-names.ts'
import { joinHostPort } from '../../net/ip.ts'
import type { MatchRow, MatchTable } from '../program.ts'
import type { Standing } from './gce.ts'
import { WORDS } from './gce-request.ts'
import { defaultId, distinct, hostId, NO_BACKEND, pathId } from './gce-text.ts'
import { endpointsTable, type Place, type Row, rowsAt } from './rows.ts'

export function gceTables(standing: readonly Standing[], place: Place): readonly MatchTable[] {
  const row = rowsAt(place)
  const backends = distinct(standing.map(({ balancer }) => balancer))
  return [
    { id: 'listeners', columns: ['load balancer', 'address', 'then'], rows: standing.flatMap((each) => listeners(each, row)) },
    {
      id: 'hosts',
      columns: ['URL map', 'host'],
      rows: standing.flatMap((each) =>
        each.balancer.hostRules.map(({ host }) =>
          row('hosts', hostId(each.balancer, host), [mapOf(each), host], { object: ingress(each) }),
        ),
      ),
    },
    { id: 'routes', columns: ['host', 'path', 'backend service'], rows: standing.flatMap((each) => routes(each, row)) },
    {
      id: 'upstreams',
      columns: ['backend service', 'protocol', 'group', 'health check', 'affinity'],
      rows: backends.map((backend) => row('upstreams', backend.name, cellsOf(backend), { object: backend.service })),
    },
    endpointsTable('backend service', backends, WORDS, row),
  ]
}

const ingress = ({ balancer }: Standing, field?: string): NonNullable<MatchRow['object']> => ({
  kind: 'Ingress',
  namespace: balancer.ingress.metadata.namespace ?? '',
  name: balancer.ingress.metadata.name,
  ...(field !== undefined && { field }),
})

const mapOf = ({ balancer: { ingress: of } }: Standing): string => frontendName('um', of.metadata.namespace ?? '', of.metadata.name)

function listeners(each: Standing, row: Row): readonly MatchRow[] {
  const { balancer, address, certificates } = each
  const { namespace = '', name } = balancer.ingress.metadata
  const id = `${namespace}/${name}`
  const schemes = [...(balancer.http ? [['http', 80] as const] : []), ...(certificates.length > 0 ? [['https', 443] as const] : [])]
  return schemes.map(([scheme, port]) => {
    const then = scheme === 'http' && balancer.redirect ? `${balancer.redirect} https` : mapOf(each)
    return row('listeners', `${id} ${scheme}`, [id, joinHostPort(address, port), then], { object: ingress(each) })
  })
}

function routes(each: Standing, row: Row): readonly MatchRow[] {
  const { balancer } = each
  const to = (name: string | undefined): Pick<MatchRow, 'next'> => (name === undefined ? {} : { next: { table: 'upstreams', row: name } })
  const own = balancer.hostRules.flatMap(({ host, paths }) =>
    paths.map(({ path, backend, field }) =>
      row('routes', pathId(balancer, host, path), [host, path, backend.name], { object: ingress(each, field), ...to(backend.name) }),
    ),
  )
  const name = balancer.defaultBackend?.name
  const last = row('routes', defaultId(balancer), ['*', 'default', name ?? NO_BACKEND], {
    object: ingress(each, 'spec.defaultBackend'),
    ...to(name),
  })
  return [...own, last]
}

const cellsOf = ({ name, protocol, neg, healthCheck, affinity }: GceBackend): readonly string[] => [
  name,
  protocol,
  neg ? 'network endpoint group' : 'instance group',
  `${healthCheck.type} ${healthCheck.requestPath}`,
  affinity,
]
