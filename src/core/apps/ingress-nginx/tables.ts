/** The configuration as match/action tables, for people to look into. */
import type { ConfigFile, Listener, MatchRow, MatchTable } from '../program.ts'
import { hostPort, locationKey, locationText, redirectsToHttps } from './directives.ts'
import { needsRewrite, DEFAULT_SERVER, type Location, type Model, refOfIngress, type Server, type Upstream } from './model.ts'
import type { Settings } from './settings.ts'
import { DEFAULT_PORT } from './upstreams.ts'

export const CONF = '/etc/nginx/nginx.conf'

export function tablesOf(model: Model, listeners: readonly Listener[], places: ReadonlyMap<string, number>): readonly MatchTable[] {
  const at = (key: string): Pick<MatchRow, 'at'> => {
    const line = places.get(key)
    return line === undefined ? {} : { at: { file: CONF, line } }
  }
  return [
    {
      id: 'listeners',
      columns: ['protocol', 'port', 'purpose'],
      rows: listeners.map(({ protocol, port, purpose }) => ({ id: `${protocol} ${port}`, cells: [protocol, String(port), purpose] })),
    },
    {
      id: 'servers',
      columns: ['host', 'certificate', 'locations'],
      rows: model.servers.map((server) => ({
        id: server.hostname,
        cells: [[server.hostname, ...server.aliases].join(' '), server.certificate?.name ?? '', String(server.locations.length)],
        ...at(`server ${server.hostname}`),
      })),
    },
    {
      id: 'locations',
      columns: ['host', 'location', 'action', 'upstream'],
      rows: model.servers.flatMap((server) => server.locations.map((each) => locationRow(server, each, at))),
    },
    { id: 'upstreams', columns: ['upstream', 'balancer', 'endpoints', 'canary'], rows: [...model.upstreams.values()].map(upstreamRow) },
    {
      id: 'endpoints',
      columns: ['upstream', 'address', 'object'],
      rows: [...model.upstreams.values()].flatMap(({ name, endpoints }) =>
        endpoints.map((each) => ({
          id: `${name} ${hostPort(each)}`,
          cells: [name, hostPort(each), each.object?.name ?? ''],
          ...(each.object && { object: each.object }),
        })),
      ),
    },
  ]
}

function locationRow(server: Server, location: Location, at: (key: string) => Pick<MatchRow, 'at'>): MatchRow {
  const key = locationKey(server, location)
  return {
    id: key,
    cells: [server.hostname, locationText(server, location), actionOf(server, location), location.backend],
    ...at(`location ${key}`),
    ...(location.ingress && { object: refOfIngress(location.ingress, location.field) }),
    next: { table: 'upstreams', row: location.backend },
  }
}

function actionOf(server: Server, location: Location): string {
  const { annotations } = location
  return [
    ...(redirectsToHttps(server, location) ? ['https'] : []),
    ...(annotations.allow.length > 0 ? [`allow ${annotations.allow.join(',')}`] : []),
    ...(annotations.deny.length > 0 ? [`deny ${annotations.deny.join(',')}`] : []),
    ...(annotations.redirect ? [`${annotations.redirect.code} ${annotations.redirect.url}`] : []),
    ...(needsRewrite(location) ? [`rewrite ${annotations.rewriteTarget}`] : []),
    'proxy',
  ].join('; ')
}

const upstreamRow = (upstream: Upstream): MatchRow => ({
  id: upstream.name,
  cells: [upstream.name, balancerOf(upstream), upstream.endpoints.map(hostPort).join(' '), upstream.alternatives.join(' ')],
  ...(upstream.service && { object: upstream.service }),
})

const balancerOf = ({ affinity, hashBy, algorithm }: Upstream): string =>
  affinity ? `sticky_${affinity.mode}` : hashBy ? 'chash' : algorithm === 'ewma' ? 'ewma' : 'round_robin'

/** What the controller posts to nginx at /configuration/backends: no reload. */
export function backendsFile(model: Model): ConfigFile {
  const backends = [...model.upstreams.values()].map((upstream) => ({
    name: upstream.name,
    service: upstream.service ? `${upstream.service.namespace ?? ''}/${upstream.service.name}` : '',
    port: upstream.port,
    endpoints: upstream.endpoints.map(({ address, port }) => ({ address, port: String(port) })),
    'load-balance': upstream.algorithm,
    ...(upstream.affinity && { sessionAffinityConfig: { name: 'cookie', mode: upstream.affinity.mode, cookie: upstream.affinity.cookie } }),
    ...(upstream.canary && { noServer: true, trafficShapingPolicy: upstream.canary }),
    ...(upstream.alternatives.length > 0 && { alternativeBackends: upstream.alternatives }),
  }))
  return { name: '/configuration/backends', text: `${JSON.stringify(backends, null, 2)}\n`, syntax: 'json', change: 'update' }
}

export function listenersOf(model: Model, { ports }: Settings): readonly Listener[] {
  return [
    { protocol: 'tcp', port: ports.http, purpose: 'http' },
    { protocol: 'tcp', port: ports.https, purpose: 'https' },
    { protocol: 'tcp', port: ports.health, purpose: 'health' },
    { protocol: 'tcp', port: DEFAULT_PORT, purpose: 'default' },
    ...model.streams.map(({ protocol, port, name }) => ({ protocol, port, purpose: name })),
  ]
}

export const isCatchAll = ({ hostname }: Server): boolean => hostname === DEFAULT_SERVER

/** Files of users, one for each Ingress that asks for passwords. */
export function passwordFiles({ servers }: Model): readonly ConfigFile[] {
  const found = new Map(
    servers
      .flatMap(({ locations }) => locations)
      .flatMap(({ annotations: { auth } }) => (auth && auth.file ? [[auth.file, auth.users] as const] : [])),
  )
  return [...found].map(([name, users]) => ({
    name,
    text: [...users].map((user) => `${user.join(':')}\n`).join(''),
    syntax: 'text',
    change: 'reload',
  }))
}
