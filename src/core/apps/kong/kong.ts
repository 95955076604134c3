/**
 * Kong's ingress controller and gateway (Kong/kubernetes-ingress-controller v3 with Kong 3, without a database): the controller beside the proxy or in a pod of the same namespace. Left out: most plugins
 * (named in the log), stream routes, active health checks, the admin API.
 */
import type { Pod } from '../../api/pod.ts'
import { kongFor } from '../../cluster/kong.ts'
import { joinHostPort } from '../../net/ip.ts'
import { Remembered } from '../ingress/remembered.ts'
import type { Certificate, ClientHello, HelloDecision, Listener, MatchRow, MatchTable, Program, Running, World } from '../program.ts'
import { FILE, idOf, kongYaml, pathText } from './kong-yaml.ts'
import type { Model } from './model.ts'
import { answer, changed, hostHolds, type Kong } from './request.ts'
import { translate } from './translate.ts'

const programs = new Remembered<Pod, Running>()
const NONE: Model = {
  routes: [],
  upstreams: new Map(),
  certificates: [],
  globals: [],
  consumers: [],
  log: [{ level: 'warning', text: 'no configuration yet: no ingress controller has sent one' }],
}

export const KONG: Program = {
  name: 'kong',
  fidelity: 'kong',
  runsIn: ({ place }) => place.kind === 'pod' && kongFor(place.pod) !== undefined,
  configure: ({ cluster, place }: World) => {
    const ports = place.kind === 'pod' ? kongFor(place.pod) : undefined
    if (!ports || place.kind !== 'pod')
      return {
        configured: { files: [], tables: [], listeners: [], log: [] },
        accept: () => ({ kind: 'close', reset: true, why: 'no-controller' }),
      }
    const controller = ports.controller(cluster)
    const { Ingress, IngressClass, Service, EndpointSlice, Secret, KongPlugin, KongClusterPlugin, KongConsumer } = cluster.objects
    const inputs = [Ingress, IngressClass, Service, EndpointSlice, Secret, KongPlugin, KongClusterPlugin, KongConsumer, controller?.pod]
    return programs.get(place.pod, inputs, () => runningOf(controller ? translate(cluster, controller) : NONE, ports))
  },
}

function runningOf(model: Model, { http, https }: { readonly http: number; readonly https: number }): Running {
  const yaml = kongYaml(model)
  const kong: Kong = { model, places: yaml.places }
  const proxies: readonly Listener[] = [
    { protocol: 'tcp', port: http, purpose: 'proxy' },
    { protocol: 'tcp', port: https, purpose: 'proxy-ssl' },
  ]
  // KONG_PROXY_LISTEN may name no port of a kind, or none at all.
  const listeners = proxies.filter(({ port }) => port > 0)
  return {
    configured: {
      files: [{ name: FILE, text: yaml.text, syntax: 'yaml', change: 'update' }],
      tables: tablesOf(model, yaml.places),
      listeners,
      log: model.log,
    },
    accept: ({ localPort }) => (localPort === https ? { kind: 'tls' } : { kind: 'http', keepAlive: 75 }),
    hello: (hello) => greet(model, hello),
    request: (exchange) => answer(kong, exchange),
    response: (response, exchange, decision) => changed(response, exchange, decision),
  }
}

const OWN_NAME_IN_FULL = 'C=US; ST=California; L=San Francisco; O=Kong; OU=IT Department; CN=localhost'

/** Where no certificate fits Kong shows one that it made itself. */
const OWN: Certificate = {
  subject: 'localhost',
  issuer: 'localhost',
  distinguished: { subject: OWN_NAME_IN_FULL, issuer: OWN_NAME_IN_FULL },
  names: [],
}

function greet({ certificates }: Model, { serverName = '' }: ClientHello): HelloDecision {
  const name = serverName.toLowerCase()
  const found = certificates.find(({ host }) => host === name) ?? certificates.find(({ host }) => host !== '' && hostHolds(host, name))
  return { kind: 'terminate', certificate: found?.certificate ?? OWN, alpn: ['h2', 'http/1.1'], versions: ['2', '1.1', '1.0'] }
}

function tablesOf({ routes, upstreams, globals, consumers }: Model, places: ReadonlyMap<string, number>): readonly MatchTable[] {
  const row = (table: string, id: string, cells: readonly string[], more: Pick<MatchRow, 'object' | 'next'> = {}): MatchRow => {
    const line = places.get(`${table} ${id}`)
    return { id, cells, ...more, ...(line !== undefined && { at: { file: FILE, line } }) }
  }
  return [
    {
      id: 'routes',
      columns: ['host', 'path', 'plugins', 'upstream'],
      rows: routes.map((route) =>
        row(
          'routes',
          idOf(route),
          [route.hosts.join(' ') || '*', pathText(route.path), route.plugins.map(({ name }) => name).join(' '), route.upstream],
          {
            object: route.object,
            next: { table: 'upstreams', row: route.upstream },
          },
        ),
      ),
    },
    {
      id: 'plugins',
      columns: ['plugin', 'object', 'configuration'],
      rows: [...new Set([...routes, ...upstreams.values(), ...consumers].flatMap(({ plugins }) => plugins)), ...globals].map(
        ({ name, object, config }) => row('plugins', `${name} ${object.name}`, [name, object.name, JSON.stringify(config)], { object }),
      ),
    },
    {
      id: 'upstreams',
      columns: ['upstream', 'algorithm', 'targets'],
      rows: [...upstreams.values()].map(({ name, targets, object }) =>
        row('upstreams', name, [name, 'round-robin', String(targets.length)], { object }),
      ),
    },
    {
      id: 'targets',
      columns: ['upstream', 'target', 'object'],
      rows: [...upstreams.values()].flatMap(({ name, targets }) =>
        targets.map(({ address, port, object }) => {
          const text = joinHostPort(address, port)
          return row('targets', `${name} ${text}`, [name, text, object?.name ?? ''], { ...(object && { object }) })
        }),
      ),
    },
  ]
}
