/** The Application Gateway as a program on the host that stands for it. All Ingresses share its address. */
import { type AppGw, type AppGwAction, type AppGwListener, appGateway } from '../../cluster/cloud/agic.ts'
import { DEFAULT_POOL, DEFAULT_SETTINGS } from '../../cluster/cloud/agic-backend.ts'
import { frontendsOf } from '../../cluster/cloud/frontends.ts'
import { type Cluster, get } from '../../cluster/cluster.ts'
import type { SiteHost } from '../../cluster/site.ts'
import type { Ip } from '../../net/ip.ts'
import { certificateOf } from '../ingress/certificate.ts'
import { Remembered } from '../ingress/remembered.ts'
import type { Certificate, ClientHello, HelloDecision, LogLine, MatchRow, MatchTable, Program, Running, World } from '../program.ts'
import { globHolds } from './alb-match.ts'
import { answer, type Gateway, passed, ruleId, WORDS } from './appgw-request.ts'
import { appGwText, FILE } from './appgw-text.ts'
import { endpointsTable, placesIn, type Row, rowsAt } from './rows.ts'

const programs = new Remembered<SiteHost, Running>()
const NOTHING: Running = {
  configured: { files: [], tables: [], listeners: [], log: [] },
  accept: () => ({ kind: 'close', reset: true, why: 'no-listener' }),
}

export const APP_GATEWAY: Program = {
  name: 'application-gateway',
  fidelity: 'application-gateway',
  runsIn: ({ cluster, place }) => cluster.config.site.cloud === 'azure' && place.kind === 'host' && place.host.balances !== undefined,
  configure: ({ cluster, place }: World) => {
    if (place.kind !== 'host') return NOTHING
    const { host } = place
    const model = appGateway(cluster)
    const addresses = frontendsOf(cluster, host)
    return programs.get(host, [model, addresses, cluster.objects.Secret], () => runningOf(cluster, model, addresses[0]))
  },
}

function runningOf(cluster: Cluster, model: AppGw, address: Ip | undefined): Running {
  const text = appGwText(model, address ?? '')
  const place = placesIn([[FILE, text]])
  const gateway: Gateway = { model, place }
  const ports = [...new Map(model.listeners.map((each) => [each.port, each.protocol]))]
  return {
    configured: {
      files: [{ name: FILE, text: text.text, syntax: 'json', change: 'update' }],
      tables: tablesOf(model, rowsAt(place)),
      listeners: address ? ports.map(([port, protocol]) => ({ protocol: 'tcp', address, port, purpose: protocol.toLowerCase() })) : [],
      log: model.log.map(({ text: words, ingress: { metadata }, warning }): LogLine => {
        return {
          level: warning ? 'warning' : 'error',
          text: words,
          object: { kind: 'Ingress', namespace: metadata.namespace ?? '', name: metadata.name },
        }
      }),
    },
    accept: ({ localPort }) => {
      const found = model.listeners.find(({ port }) => port === localPort)
      if (!found) return { kind: 'close', reset: true, why: 'no-listener' }
      return found.protocol === 'Https' ? { kind: 'tls' } : { kind: 'http', versions: ['1.0', '1.1'], keepAlive: 75 }
    },
    hello: (hello, { localPort }) => greet(cluster, model, localPort, hello),
    request: (exchange) => answer(gateway, exchange),
    response: (response, exchange, decision) => passed(gateway, response, exchange, decision),
  }
}

/** Whoever names a host gets that listener's certificate; where none fits, that of the first. */
function greet(cluster: Cluster, { listeners }: AppGw, port: number, { serverName = '' }: ClientHello): HelloDecision {
  const own = listeners.filter((each) => each.port === port && each.certificate !== undefined)
  const name = serverName.toLowerCase()
  const listener = own.find(({ hosts }) => hosts.length === 0 || hosts.some((pattern) => globHolds(pattern, name))) ?? own[0]
  const certificate = listener && certificateFor(cluster, listener)
  if (!certificate) return { kind: 'alert', description: 'unrecognized_name' }
  return { kind: 'terminate', certificate, alpn: ['h2', 'http/1.1'], versions: ['2', '1.1', '1.0'] }
}

/** Of one that lies in the gateway no more is known than what it is for. */
function certificateFor(cluster: Cluster, { certificate = '', hosts }: AppGwListener): Certificate | undefined {
  const [namespace = '', name] = certificate.split('/')
  if (name === undefined) return { subject: hosts[0] ?? certificate, issuer: 'Microsoft Azure RSA TLS Issuing CA 03', names: hosts }
  const secret = get(cluster, 'Secret', namespace, name)
  const read = secret && certificateOf(secret)
  return read?.ok ? read.value : undefined
}

function tablesOf(model: AppGw, row: Row): readonly MatchTable[] {
  const settings = [...model.settings.values()]
  const pools = [
    ...new Map(settings.filter(({ targets }) => targets.length > 0).map(({ pool, targets }) => [pool, { name: pool, targets }])).values(),
  ]
  return [
    {
      id: 'listeners',
      columns: ['listener', 'port', 'hosts', 'priority', 'certificate'],
      rows: model.listeners.map(({ hash, port, protocol, hosts, priority, certificate }) =>
        row('listeners', `fl-${hash}`, [`fl-${hash}`, `${protocol} ${port}`, hosts.join(', ') || '*', String(priority), certificate ?? '']),
      ),
    },
    {
      id: 'routes',
      columns: ['hosts', 'path', 'backend settings'],
      rows: model.listeners.flatMap((listener): readonly MatchRow[] => {
        const hosts = `${listener.hosts.join(', ') || '*'}:${listener.port}`
        return [
          ...listener.rules.map((rule) =>
            row('routes', ruleId(listener, rule), [hosts, rule.path, actionText(rule.action)], {
              object: rule.object,
              ...next(rule.action),
            }),
          ),
          row('routes', ruleId(listener, undefined), [hosts, 'default', actionText(listener.defaultAction)], {
            ...(listener.defaultFrom && { object: listener.defaultFrom }),
            ...next(listener.defaultAction),
          }),
        ]
      }),
    },
    {
      id: 'upstreams',
      columns: ['backend settings', 'pool', 'protocol', 'probe', 'affinity'],
      rows: [
        row('upstreams', DEFAULT_SETTINGS, [DEFAULT_SETTINGS, DEFAULT_POOL, 'Http 80', '/', '']),
        ...settings.map(({ name, pool, protocol, port, probe, cookie, service }) =>
          row('upstreams', name, [name, pool, `${protocol} ${port}`, probe.path, cookie ?? ''], { object: service }),
        ),
      ],
    },
    endpointsTable('pool', pools, WORDS, row),
  ]
}

function next(action: AppGwAction): Pick<MatchRow, 'next'> {
  if (action.kind === 'redirect') return {}
  return { next: { table: 'upstreams', row: action.kind === 'backend' ? action.settings : DEFAULT_SETTINGS } }
}

function actionText(action: AppGwAction): string {
  switch (action.kind) {
    case 'backend':
      return action.settings
    case 'redirect':
      return `301 https :${action.port}`
    case 'none':
      return DEFAULT_SETTINGS
  }
}
