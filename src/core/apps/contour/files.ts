/** The configuration as Envoy has it by xDS (and shows it in /config_dump), a file for each kind of resource. All of it changes in place; listeners drain connections when they change. */
import { joinHostPort } from '../../net/ip.ts'
import { ConfigText } from '../ingress/config-text.ts'
import type { ConfigFile, ConfigLine } from '../program.ts'
import type {
  Action,
  Cluster,
  EnvoyListener,
  HeaderChange,
  Model,
  RegexRewrite,
  Route,
  StreamHost,
  ValueMatch,
  VirtualHost,
  WeightedCluster,
} from './model.ts'

export const FILES = { listeners: 'lds.yaml', routes: 'rds.yaml', clusters: 'cds.yaml', endpoints: 'eds.yaml' } as const

/** Where rows of tables stand, by `table row`. */
export type Places = ReadonlyMap<string, ConfigLine>

export function filesOf(model: Model): { readonly files: readonly ConfigFile[]; readonly places: Places } {
  const written = [
    [FILES.listeners, listeners(model)],
    [FILES.routes, routes(model)],
    [FILES.clusters, clusters(model)],
    [FILES.endpoints, endpoints(model)],
  ] as const
  const places = new Map<string, ConfigLine>()
  for (const [file, text] of written) for (const [key, line] of text.places) places.set(key, { file, line })
  return { files: written.map(([name, { text }]) => ({ name, text, syntax: 'yaml', change: 'update' })), places }
}

const quoted = (text: string): string => JSON.stringify(text)

function listeners({ listeners: all }: Model): ConfigText {
  const out = new ConfigText('  ')
  for (const each of all) listener(out, each.name, each.port, () => chains(out, each))
  return out
}

/** What distinguishes filter chains of one name on several listeners. */
export const chainId = ({ prefix }: EnvoyListener, name: string): string => (prefix === 'https' ? name : `${prefix} ${name}`)

function chains(out: ConfigText, on: EnvoyListener): void {
  const { config, hosts, secure, streams, proxy } = on
  if (proxy) {
    out.line('filter_chains:')
    chain(out, undefined, () => void out.block('tcp_proxy:', () => weighted(out, proxy.clusters), ''))
    return
  }
  if (hosts.length > 0) {
    out.line('filter_chains:')
    chain(out, undefined, () => manager(out, config, on))
    return
  }
  out.line('listener_filters: [{name: envoy.filters.listener.tls_inspector}]').line('filter_chains:')
  for (const { name, certificate } of secure) {
    out.place(`filter_chains ${chainId(on, name)}`)
    chain(out, name, () => {
      out.line(
        `transport_socket: {name: envoy.transport_sockets.tls, certificate: ${secretName(certificate.secret)}, alpn: [h2, http/1.1]}`,
      )
      manager(out, `${config}/${name}`, on)
    })
  }
  for (const stream of streams) streamChain(out.place(`filter_chains ${chainId(on, stream.name)}`), stream)
}

const secretName = (secret: { readonly namespace?: string; readonly name: string } | undefined): string =>
  secret ? quoted(`${secret.namespace ?? ''}/${secret.name}`) : 'default'

function listener(out: ConfigText, name: string, port: number, inside: () => void): void {
  out.place(`listeners ${name}`).block(
    `- name: ${name}`,
    () => {
      out.line(`address: {socket_address: {address: 0.0.0.0, port_value: ${port}}}`)
      inside()
    },
    '',
  )
}

const chain = (out: ConfigText, name: string | undefined, inside: () => void): ConfigText =>
  out.block(`- filter_chain_match: {${name === undefined || name === '*' ? '' : `server_names: [${quoted(name)}]`}}`, inside, '')

function manager(out: ConfigText, config: string, { websockets }: EnvoyListener): void {
  out.block(
    'http_connection_manager:',
    () =>
      out.lines([
        `rds: {route_config_name: ${quoted(config)}}`,
        'use_remote_address: true',
        'normalize_path: true',
        'merge_slashes: true',
        'preserve_external_request_id: true',
        'common_http_protocol_options: {idle_timeout: 60s}',
        ...(websockets ? ['upgrade_configs: [{upgrade_type: websocket}]'] : []),
      ]),
    '',
  )
}

function streamChain(out: ConfigText, { name, clusters: to, certificate }: StreamHost): void {
  chain(out, name, () => {
    if (certificate) out.line(`transport_socket: {name: envoy.transport_sockets.tls, certificate: ${secretName(certificate.secret)}}`)
    out.block('tcp_proxy:', () => weighted(out, to), '')
  })
}

function routes({ listeners: all }: Model): ConfigText {
  const out = new ConfigText('  ')
  for (const on of all) {
    if (on.hosts.length > 0) config(out, on.config, on.prefix, on.hosts)
    for (const host of on.secure) config(out, `${on.config}/${host.name}`, on.prefix, [host])
  }
  return out
}

function config(out: ConfigText, name: string, prefix: string, hosts: readonly VirtualHost[]): void {
  out.block(
    `- name: ${quoted(name)}`,
    () => {
      out
        .line('ignore_port_in_host_matching: true')
        .line('request_headers_to_add: [{x-request-start: "t=%START_TIME(%s.%3f)%"}]')
        .line('virtual_hosts:')
      for (const host of hosts) {
        out.place(`virtual_hosts ${prefix} ${host.name}`).line(`- name: ${quoted(host.name)}`)
        out.line(`  domains: [${quoted(host.name)}]`).line('  routes:')
        host.routes.forEach((route, i) => routeText(out.place(`routes ${prefix} ${host.name} ${i}`), route))
      }
    },
    '',
  )
}

const PATHS = { prefix: 'prefix', segment: 'path_separated_prefix', exact: 'path', regex: 'safe_regex' } as const

function routeText(out: ConfigText, route: Route): void {
  const { path, headers, query, action } = route
  const match = [
    `${PATHS[path.kind]}: ${quoted(path.value)}`,
    ...(headers.length > 0 ? [`headers: [${headers.map(valueText).join(', ')}]`] : []),
    ...(query.length > 0 ? [`query_parameters: [${query.map(valueText).join(', ')}]`] : []),
  ]
  out.line(`  - match: {${match.join(', ')}}`)
  actionText(out, action)
  changeText(out, 'request', route.requestHeaders)
  changeText(out, 'response', route.responseHeaders)
  if (route.sources)
    out.line(
      `    rbac: {action: ${route.sources.allow ? 'ALLOW' : 'DENY'}, ${route.sources.remote ? 'remote_ip' : 'direct_remote_ip'}: [${route.sources.prefixes.map(quoted).join(', ')}]}`,
    )
}

function changeText(out: ConfigText, what: 'request' | 'response', change: HeaderChange | undefined): void {
  if (!change) return
  const { set, add = [], remove } = change
  const added = [
    ...set.map(([name, value]) => `{${quoted(name)}: ${quoted(value)}}`),
    ...add.map(([name, value]) => `{${quoted(name)}: ${quoted(value)}, append_action: APPEND_IF_EXISTS_OR_ADD}`),
  ]
  if (added.length > 0) out.line(`    ${what}_headers_to_add: [${added.join(', ')}]`)
  if (remove.length > 0) out.line(`    ${what}_headers_to_remove: [${remove.map(quoted).join(', ')}]`)
}

function valueText({ name, kind, value, invert, ignoreCase, missingIsEmpty }: ValueMatch): string {
  const how =
    kind === 'present'
      ? 'present_match: true'
      : `string_match: {${kind === 'regex' ? 'safe_regex' : kind}: ${quoted(value)}${ignoreCase ? ', ignore_case: true' : ''}}`
  return `{name: ${quoted(name)}, ${how}${invert ? ', invert_match: true' : ''}${missingIsEmpty ? ', treat_missing_header_as_empty: true' : ''}}`
}

function actionText(out: ConfigText, action: Action): void {
  if (action.kind === 'direct') {
    out.line(
      `    direct_response: {status: ${action.status}${action.body === '' ? '' : `, body: {inline_string: ${quoted(action.body)}}`}}`,
    )
    return
  }
  if (action.kind === 'redirect') {
    const { scheme, host, port, path, prefix, regexRewrite, status } = action
    const parts = [
      ...(scheme === undefined ? [] : [scheme === 'https' ? 'https_redirect: true' : `scheme_redirect: ${scheme}`]),
      ...(host === undefined ? [] : [`host_redirect: ${quoted(host)}`]),
      ...(port === undefined ? [] : [`port_redirect: ${port}`]),
      ...(path === undefined ? [] : [`path_redirect: ${quoted(path)}`]),
      ...(prefix === undefined ? [] : [`prefix_rewrite: ${quoted(prefix)}`]),
      ...(regexRewrite ? [regexText(regexRewrite)] : []),
      ...(status === 301 ? [] : [`response_code: ${status}`]),
    ]
    out.line(`    redirect: {${parts.join(', ')}}`)
    return
  }
  out.line('    route:')
  const { clusters: to, prefixRewrite, regexRewrite, hostRewrite, timeout, websocket, mirrors, retry } = action
  const lines = [
    ...clusterLines(to),
    ...(prefixRewrite === undefined ? [] : [`prefix_rewrite: ${quoted(prefixRewrite)}`]),
    ...(regexRewrite ? [regexText(regexRewrite)] : []),
    ...(hostRewrite === undefined ? [] : [`host_rewrite_literal: ${quoted(hostRewrite)}`]),
    ...(timeout === 15 ? [] : [`timeout: ${timeout}s`]),
    ...(websocket ? ['upgrade_configs: [{upgrade_type: websocket}]'] : []),
    ...(retry ? [`retry_policy: {retry_on: ${quoted(retry.on.join(','))}, num_retries: ${retry.count}}`] : []),
    ...mirrors.map((name) => `request_mirror_policies: [{cluster: ${quoted(name)}}]`),
  ]
  out.lines(lines.map((line) => `      ${line}`))
}

const regexText = ({ pattern, substitution }: RegexRewrite): string =>
  `regex_rewrite: {pattern: {regex: ${quoted(pattern)}}, substitution: ${quoted(substitution)}}`

const weighted = (out: ConfigText, to: readonly WeightedCluster[]): ConfigText => out.lines(clusterLines(to))

function clusterLines(to: readonly WeightedCluster[]): readonly string[] {
  const [first] = to
  if (first && to.length === 1) return [`cluster: ${quoted(first.cluster)}`]
  return ['weighted_clusters:', '  clusters:', ...to.map(({ cluster, weight }) => `  - {name: ${quoted(cluster)}, weight: ${weight}}`)]
}

const PROTOCOLS: Readonly<Record<Cluster['protocol'], string>> = {
  http: '',
  tls: 'transport_socket: {name: envoy.transport_sockets.tls}',
  h2: 'transport_socket: {name: envoy.transport_sockets.tls, alpn: [h2]}',
  h2c: 'http2_protocol_options: {}',
}

function clusters({ clusters: all }: Model): ConfigText {
  const out = new ConfigText('  ')
  for (const { name, serviceName, lbPolicy, protocol } of all.values())
    out.place(`clusters ${name}`).block(
      `- name: ${quoted(name)}`,
      () => {
        out.lines([
          'type: EDS',
          `eds_cluster_config: {service_name: ${quoted(serviceName)}}`,
          'connect_timeout: 2s',
          `lb_policy: ${lbPolicy}`,
        ])
        if (PROTOCOLS[protocol] !== '') out.line(PROTOCOLS[protocol])
      },
      '',
    )
  return out
}

function endpoints({ clusters: all }: Model): ConfigText {
  const out = new ConfigText('  ')
  const known = new Set<string>()
  for (const { serviceName, endpoints: each } of all.values()) {
    if (known.has(serviceName)) continue
    known.add(serviceName)
    out.line(`- cluster_name: ${quoted(serviceName)}`)
    out.line(each.length === 0 ? '  endpoints: []' : '  endpoints:')
    for (const { address, port } of each)
      out
        .place(`endpoints ${serviceName} ${joinHostPort(address, port)}`)
        .line(`  - {endpoint: {address: {socket_address: {address: ${quoted(address)}, port_value: ${port}}}}}`)
  }
  return out
}
