/** Application Load Balancers as a program on the hosts that stand for them, one host for those of the internet and one for internal ones. Each group of Ingresses has an address of its own. */
import { type AlbGroup, albGroups, type AlbListener } from '../../cluster/cloud/alb.ts'
import type { AlbAction } from '../../cluster/cloud/alb-actions.ts'
import { frontendAddresses, isFrontend } from '../../cluster/cloud/frontends.ts'
import type { SiteHost } from '../../cluster/site.ts'
import { type Ip, joinHostPort } from '../../net/ip.ts'
import { isFor } from '../ingress/certificate.ts'
import { Remembered } from '../ingress/remembered.ts'
import type {
  Certificate,
  ClientHello,
  HelloDecision,
  Listener,
  LogLine,
  MatchRow,
  MatchTable,
  Program,
  Running,
  World,
} from '../program.ts'
import { conditionText } from './alb-match.ts'
import { type Alb, answer, listenerId, passed, ruleId, WORDS } from './alb-request.ts'
import { albText, TARGET_GROUPS_FILE, targetGroupsText } from './alb-text.ts'
import { endpointsTable, placesIn, type Row, rowsAt } from './rows.ts'

const programs = new Remembered<SiteHost, Running>()
const NOTHING: Running = {
  configured: { files: [], tables: [], listeners: [], log: [] },
  accept: () => ({ kind: 'close', reset: true, why: 'no-load-balancer' }),
}

export const ALB: Program = {
  name: 'alb',
  fidelity: 'aws-load-balancer',
  runsIn: ({ cluster, place }) => cluster.config.site.cloud === 'aws' && place.kind === 'host' && place.host.balances !== undefined,
  configure: ({ cluster, place }: World) => {
    if (place.kind !== 'host') return NOTHING
    const { host } = place
    const groups = albGroups(cluster)
    return programs.get(host, [groups], () => runningOn(host, groups))
  },
}

interface Standing {
  readonly group: AlbGroup
  readonly address: Ip
  readonly dnsName: string
}

function runningOn(host: SiteHost, all: readonly AlbGroup[]): Running {
  const own = all.filter(({ scope }) => scope === host.balances?.scope)
  const standing = own.flatMap((group): readonly Standing[] => {
    const [first] = group.members
    const address = first && frontendAddresses(first).find((ip) => isFrontend(host, ip))
    const dnsName = first?.status?.loadBalancer?.ingress?.[0]?.hostname ?? ''
    return address && group.error === undefined ? [{ group, address, dnsName }] : []
  })
  const targetGroups = [...new Map(standing.flatMap(({ group }) => [...group.targetGroups])).values()]
  const texts = standing.map(({ group, dnsName }) => [`${group.name}.json`, albText(group, dnsName)] as const)
  const files = [...texts, ...(standing.length > 0 ? [[TARGET_GROUPS_FILE, targetGroupsText(targetGroups)] as const] : [])]
  const place = placesIn(files)
  const row = rowsAt(place)
  const albs = new Map(
    standing.flatMap(({ group, address }) =>
      group.listeners.map((listener) => [joinHostPort(address, listener.port), { group, listener, place }] as const),
    ),
  )
  const albAt = ({ local, localPort }: { readonly local: string; readonly localPort: number }): Alb | undefined =>
    albs.get(joinHostPort(local, localPort))
  return {
    configured: {
      files: files.map(([name, text]) => ({ name, text: text.text, syntax: 'json', change: 'update' })),
      tables: [
        ...frontTables(standing, row),
        {
          id: 'upstreams',
          columns: ['target group', 'type', 'protocol', 'health check', 'algorithm'],
          rows: targetGroups.map(({ name, targetType, protocol, version, healthCheck, algorithm, service }) =>
            row('upstreams', name, [name, targetType, `${protocol} ${version}`, `${healthCheck.protocol} ${healthCheck.path}`, algorithm], {
              object: service,
            }),
          ),
        },
        endpointsTable('target group', targetGroups, WORDS, row),
      ],
      listeners: standing.flatMap(({ group, address }) =>
        group.listeners.map(({ port, protocol }): Listener => ({ protocol: 'tcp', address, port, purpose: protocol.toLowerCase() })),
      ),
      log: own.flatMap(logOf),
    },
    ...serving(albAt),
  }
}

function serving(albAt: (at: { readonly local: string; readonly localPort: number }) => Alb | undefined): Omit<Running, 'configured'> {
  return {
    accept: (connection) => {
      const alb = albAt(connection)
      if (!alb) return { kind: 'close', reset: true, why: 'no-load-balancer' }
      return alb.listener.protocol === 'HTTPS' ? { kind: 'tls' } : { kind: 'http', versions: ['1.0', '1.1'], keepAlive: 60 }
    },
    hello: (hello, connection) => greet(albAt(connection)?.listener, hello),
    request: (exchange) => {
      const alb = albAt(exchange.connection)
      return alb ? answer(alb, exchange) : { kind: 'close', why: 'no-load-balancer', matched: [] }
    },
    response: (response, exchange, decision) => {
      const alb = albAt(exchange.connection)
      return alb ? passed(alb, response, exchange, decision) : response
    },
  }
}

function frontTables(standing: readonly Standing[], row: Row): readonly MatchTable[] {
  const each = <T>(make: (standing: Standing, listener: AlbListener) => readonly T[]): readonly T[] =>
    standing.flatMap((one) => one.group.listeners.flatMap((listener) => make(one, listener)))
  return [
    {
      id: 'listeners',
      columns: ['load balancer', 'address', 'protocol', 'certificates'],
      rows: each(({ group, address }, listener) => [
        row('listeners', listenerId(group, listener), [
          group.name,
          joinHostPort(address, listener.port),
          listener.protocol,
          listener.certificates.map(({ arn }) => arn).join(', '),
        ]),
      ]),
    },
    {
      id: 'routes',
      columns: ['listener', 'priority', 'conditions', 'action'],
      rows: each(({ group }, listener): readonly MatchRow[] => [
        ...listener.rules.map((rule) =>
          row(
            'routes',
            ruleId(group, listener, rule),
            [
              `${listener.protocol}:${listener.port}`,
              String(rule.priority),
              rule.conditions.map(conditionText).join(', '),
              actionText(rule.action),
            ],
            { object: rule.object, ...next(rule.action) },
          ),
        ),
        row(
          'routes',
          ruleId(group, listener, undefined),
          [`${listener.protocol}:${listener.port}`, 'default', '', actionText(listener.defaultAction)],
          { ...(listener.defaultFrom && { object: listener.defaultFrom }), ...next(listener.defaultAction) },
        ),
      ]),
    },
  ]
}

function next(action: AlbAction): Pick<MatchRow, 'next'> {
  const [first] = action.type === 'forward' ? action.groups : []
  return first ? { next: { table: 'upstreams', row: first.name } } : {}
}

function actionText(action: AlbAction): string {
  switch (action.type) {
    case 'forward':
      return action.groups.map(({ name, weight }) => (action.groups.length > 1 ? `${name} ${weight}` : name)).join(', ')
    case 'redirect':
      return `redirect ${action.status} ${action.protocol}://${action.host}:${action.port}${action.path}?${action.query}`
    case 'fixed-response':
      return `${action.status} ${action.body}`.trim()
  }
}

/** Events that the controller records on every member. */
function logOf({ members, error, passedOver }: AlbGroup): readonly LogLine[] {
  const [first] = members
  const object = { kind: 'Ingress', namespace: first?.metadata.namespace ?? '', name: first?.metadata.name ?? '' }
  return [
    ...passedOver.map(({ name, ingress: { metadata } }): LogLine => {
      return {
        level: 'warning',
        text: `annotation ${name} is not simulated`,
        object: { kind: 'Ingress', namespace: metadata.namespace ?? '', name: metadata.name },
      }
    }),
    error === undefined ? { level: 'info', text: 'Successfully reconciled', object } : { level: 'error', text: error, object },
  ]
}

/** The first certificate that is for the name; the first of all where none is. */
function greet(listener: AlbListener | undefined, { serverName = '' }: ClientHello): HelloDecision {
  const certificates = (listener?.certificates ?? []).map(
    ({ arn, hosts }): Certificate => ({ subject: hosts[0] ?? arn, issuer: 'Amazon RSA 2048 M02', names: hosts }),
  )
  const found = certificates.find((each) => isFor(each, serverName.toLowerCase())) ?? certificates[0]
  if (!found) return { kind: 'alert', description: 'handshake_failure' }
  return { kind: 'terminate', certificate: found, alpn: ['h2', 'http/1.1'], versions: ['2', '1.1', '1.0'] }
}
