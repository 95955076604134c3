/** Envoy's configuration as match/action rows, whose ids `Matched` refers to. */
import { joinHostPort } from '../../net/ip.ts'
import type { Listener, MatchRow, MatchTable } from '../program.ts'
import { chainId, type Places } from './files.ts'
import type { Action, Model, Route, VirtualHost } from './model.ts'

export function tablesOf(model: Model, listeners: readonly Listener[], places: Places): readonly MatchTable[] {
  const row = rowIn(places)
  const hosts = model.listeners.flatMap(({ prefix, hosts: plain, secure }) =>
    [...plain, ...secure].map((host): readonly [string, VirtualHost] => [prefix, host]),
  )
  return [
    {
      id: 'listeners',
      columns: ['listener', 'port'],
      rows: listeners.map(({ purpose, port }) => row('listeners', purpose, [purpose, String(port)])),
    },
    {
      id: 'filter_chains',
      columns: ['server name', 'certificate', 'then'],
      rows: model.listeners.flatMap((on) => [
        ...on.secure.map(({ name, certificate }) =>
          row('filter_chains', chainId(on, name), [name, certificate.secret?.name ?? '', `rds ${on.config}/${name}`]),
        ),
        ...[...on.streams, ...(on.proxy ? [on.proxy] : [])].map(({ name, certificate, clusters: to, object }) =>
          row(
            'filter_chains',
            chainId(on, name),
            [name, certificate?.secret?.name ?? (on.proxy ? '' : 'passthrough'), `tcp_proxy ${to.map(({ cluster }) => cluster).join(' ')}`],
            { object },
          ),
        ),
      ]),
    },
    {
      id: 'virtual_hosts',
      columns: ['listener', 'domain', 'routes'],
      rows: hosts.map(([listener, { name, routes }]) =>
        row('virtual_hosts', `${listener} ${name}`, [listener, name, String(routes.length)]),
      ),
    },
    {
      id: 'routes',
      columns: ['domain', 'match', 'action'],
      rows: hosts.flatMap(([listener, { name, routes }]) =>
        routes.map((route, i) => {
          const [first] = route.action.kind === 'route' ? route.action.clusters : []
          return row('routes', `${listener} ${name} ${i}`, [name, matchText(route), actionText(route.action)], {
            object: route.object,
            ...(first && { next: { table: 'clusters', row: first.cluster } }),
          })
        }),
      ),
    },
    ...clusterTables(model, places),
  ]
}

function clusterTables(model: Model, places: Places): readonly MatchTable[] {
  const row = rowIn(places)
  const clusters = [...model.clusters.values()]
  const assignments = new Map(clusters.map(({ serviceName, endpoints }) => [serviceName, endpoints]))
  return [
    {
      id: 'clusters',
      columns: ['cluster', 'policy', 'endpoints'],
      rows: clusters.map(({ name, lbPolicy, serviceName, endpoints, object }) =>
        row('clusters', name, [name, lbPolicy, `${serviceName} (${endpoints.length})`], { object }),
      ),
    },
    {
      id: 'endpoints',
      columns: ['service', 'address', 'object'],
      rows: [...assignments].flatMap(([serviceName, endpoints]) =>
        endpoints.map(({ address, port, object }) => {
          const text = joinHostPort(address, port)
          return row('endpoints', `${serviceName} ${text}`, [serviceName, text, object?.name ?? ''], { ...(object && { object }) })
        }),
      ),
    },
  ]
}

const rowIn =
  (places: Places) =>
  (table: string, id: string, cells: readonly string[], more: Pick<MatchRow, 'object' | 'next'> = {}): MatchRow => {
    const at = places.get(`${table} ${id}`)
    return { id, cells, ...more, ...(at && { at }) }
  }

const matchText = ({ path, headers, query }: Route): string =>
  [
    `${path.kind} ${path.value}`,
    ...[...headers, ...query].map(({ name, kind, value, invert }) => `${name} ${invert ? 'not ' : ''}${kind} ${value}`.trim()),
  ].join(', ')

function actionText(action: Action): string {
  switch (action.kind) {
    case 'route':
      return action.clusters.map(({ cluster, weight }) => (action.clusters.length > 1 ? `${cluster} ${weight}` : cluster)).join(', ')
    case 'redirect':
      return `${action.status}`
    case 'direct':
      return `${action.status}`
  }
}
