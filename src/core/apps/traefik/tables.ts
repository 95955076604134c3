/** Traefik's configuration as match/action tables. */
import type { TraefikSettings } from '../../cluster/traefik.ts'
import type { Listener, MatchRow, MatchTable } from '../program.ts'
import type { Service, TcpRouter, UdpRouter } from './model.ts'
import { DYNAMIC, type Traefik } from './request.ts'

export function tablesOf(
  { dynamic, routes, places }: Traefik,
  { entryPoints, udpEntryPoints = [] }: TraefikSettings,
): readonly MatchTable[] {
  const at = (key: string): Pick<MatchRow, 'at'> => {
    const line = places.get(key)
    return line === undefined ? {} : { at: { file: DYNAMIC, line } }
  }
  const services = [...dynamic.services.values()]
  return [
    {
      id: 'entrypoints',
      columns: ['name', 'address', 'tls'],
      rows: [
        ...entryPoints.map(({ name, port, tls }) => ({ id: name, cells: [name, `:${port}`, tls ? 'tls' : ''] })),
        ...udpEntryPoints.map(({ name, port }) => ({ id: name, cells: [name, `:${port}/udp`, ''] })),
      ],
    },
    {
      id: 'routers',
      columns: ['priority', 'rule', 'entrypoints', 'middlewares', 'service'],
      rows: routes.map(({ router, priority, entryPoints: on }) => ({
        id: router.name,
        cells: [String(priority), router.rule, on.join(' '), router.middlewares.join(' '), router.service],
        ...at(`routers ${router.name}`),
        ...(router.object && { object: router.object }),
        next: { table: 'services', row: router.service },
      })),
    },
    tcpTable(dynamic.tcpRouters, at),
    ...(dynamic.udpRouters.length > 0 ? [udpTable(dynamic.udpRouters, at)] : []),
    {
      id: 'middlewares',
      columns: ['middleware', 'does'],
      rows: [...dynamic.middlewares.values()].map(({ name, config, object }) => ({
        id: name,
        cells: [name, Object.keys(config).join(' ')],
        ...at(`middlewares ${name}`),
        ...(object && { object }),
      })),
    },
    {
      id: 'services',
      columns: ['service', 'kind', 'to'],
      rows: services.map((service) => ({ ...serviceRow(service), ...at(`services ${service.name}`) })),
    },
    {
      id: 'servers',
      columns: ['service', 'url', 'object'],
      rows: services.flatMap((service) =>
        service.kind !== 'loadBalancer'
          ? []
          : service.servers.map(({ url, object }) => ({
              id: `${service.name} ${url}`,
              cells: [service.name, url, object?.name ?? ''],
              ...at(`servers ${service.name} ${url}`),
              ...(object && { object }),
            })),
      ),
    },
  ]
}

const tcpTable = (routers: readonly TcpRouter[], at: (key: string) => Pick<MatchRow, 'at'>): MatchTable => ({
  id: 'tcp',
  columns: ['rule', 'entrypoints', 'tls', 'services'],
  rows: routers.map(({ name, rule, entryPoints, tls, passthrough, services, object }) => ({
    id: name,
    cells: [
      rule,
      entryPoints.join(' '),
      tls ? (passthrough ? 'passthrough' : 'terminate') : '',
      services.map((each) => each.name).join(' '),
    ],
    ...at(`tcp ${name}`),
    ...(object && { object }),
  })),
})

const udpTable = (routers: readonly UdpRouter[], at: (key: string) => Pick<MatchRow, 'at'>): MatchTable => ({
  id: 'udp',
  columns: ['router', 'entrypoints', 'services'],
  rows: routers.map(({ name, entryPoints, services, object }) => ({
    id: name,
    cells: [name, entryPoints.join(' '), services.map((each) => each.name).join(' ')],
    ...at(`udp ${name}`),
    ...(object && { object }),
  })),
})

function serviceRow(service: Service): MatchRow {
  const to =
    service.kind === 'loadBalancer'
      ? service.servers.map(({ url }) => url)
      : service.kind === 'weighted'
        ? service.services.map(({ name, weight }) => `${name}*${weight}`)
        : service.kind === 'mirroring'
          ? [service.service, ...service.mirrors.map(({ name, percent }) => `${name} ${percent}%`)]
          : []
  return {
    id: service.name,
    cells: [service.name, service.kind, to.join(' ')],
    ...('object' in service && service.object && { object: service.object }),
  }
}

export const listenersOf = ({ entryPoints, udpEntryPoints = [], api, ping }: TraefikSettings): readonly Listener[] => [
  ...entryPoints.map(
    ({ name, port }): Listener => ({
      protocol: 'tcp',
      port,
      purpose: name === 'traefik' ? (api.dashboard ? 'dashboard' : ping ? 'health' : name) : name,
    }),
  ),
  ...udpEntryPoints.map(({ name, port }): Listener => ({ protocol: 'udp', port, purpose: name })),
]
