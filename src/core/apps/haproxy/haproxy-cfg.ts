/** haproxy.cfg and its map files as the controller writes them (fs/usr/local/etc/haproxy/haproxy.cfg, pkg/controller, pkg/route): HAProxy takes the text as it is. Logs and limits are left out. */
import { joinHostPort } from '../../net/ip.ts'
import { ConfigText } from '../ingress/config-text.ts'
import type { ConfigFile } from '../program.ts'
import { type Backend, LOCAL_DEFAULT, LOCAL_PORT, type MapName, type Model, type Route, type Rule } from './model.ts'
import { inOrder } from './rules.ts'
import type { Settings } from './settings.ts'

export const CFG = '/etc/haproxy/haproxy.cfg'
export const MAPS = '/etc/haproxy/maps'
export const CERTIFICATES = '/etc/haproxy/certs/frontend'

export const mapFile = (name: MapName | 'host' | 'sni'): string => `${MAPS}/${name}.map`

/** Places: `frontend NAME`, `backend NAME`, `rule ID`. */
export function haproxyCfg(model: Model, settings: Settings): ConfigText {
  const out = new ConfigText('  ')
  section(out, 'global', ['master-worker', 'stats socket /var/run/haproxy-runtime-api.sock level admin expose-fd listeners'])
  const timeouts = [
    'http-request 5s',
    `connect ${settings.timeoutConnect * 1000}ms`,
    'client 50s',
    'queue 5s',
    'server 50s',
    'tunnel 1h',
    'http-keep-alive 1m',
  ]
  section(out, 'defaults', ['mode http', ...timeouts.map((each) => `timeout ${each}`)])
  const proxied = settings.proxyHeader ? ' accept-proxy' : ''
  if (!settings.httpOff) frontend(out, model, 'http', `bind *:${settings.http}${proxied}`)
  const through = model.sni.size > 0
  if (through) passthrough(out, settings, proxied)
  const tls = model.certificates.length > 0 ? ` ssl crt ${CERTIFICATES} alpn ${settings.alpn.join(',')}` : ''
  const bind = through ? `bind 127.0.0.1:7443 accept-proxy${tls}` : `bind *:${settings.https}${proxied}${tls}`
  if (!settings.httpsOff) frontend(out, model, 'https', bind)
  for (const { name, port, backend, ssl } of model.tcp)
    section(out, `frontend ${name}`, [
      'mode tcp',
      `bind *:${port}${ssl ? ` ssl crt ${CERTIFICATES}` : ''}`,
      'option tcplog',
      ...(backend === undefined ? [] : [`default_backend ${backend}`]),
    ])
  section(out, 'frontend healthz', [`bind *:${settings.healthz}`, 'mode http', 'monitor-uri /healthz'])
  for (const backend of model.backends.values()) backendSection(out, backend)
  section(out, `backend ${LOCAL_DEFAULT}`, ['mode http', `server local 127.0.0.1:${LOCAL_PORT}`])
  return out
}

function section(out: ConfigText, head: string, lines: readonly string[]): void {
  out
    .place(head)
    .block(head, () => out.lines(lines), '')
    .line('')
}

function frontend(out: ConfigText, model: Model, name: 'http' | 'https', bind: string): void {
  const used = new Map(model.routes.flatMap(({ rules }) => rules).map((rule) => [rule.id, rule]))
  const head = `frontend ${name}`
  out.place(head).block(
    head,
    () => {
      out.lines(['mode http', bind])
      out.lines(matching())
      if (name === 'https') out.line('http-request set-header X-Forwarded-Proto https')
      for (const rule of inOrder([...used.values()]))
        if (rule.frontends.includes(name)) out.place(`rule ${rule.id}`).line(conditioned(rule))
      out.line('use_backend %[var(txn.path_match),field(1,.)]')
      out.line(`default_backend ${model.defaultBackend ?? LOCAL_DEFAULT}`)
    },
    '',
  )
  out.line('')
}

/** Host, then its wildcard; then path: exact, exact of a prefix, prefix. */
const matching = (): readonly string[] => {
  const path = 'var(txn.host_match),concat(,txn.path,)'
  const unmatched = 'if !{ var(txn.path_match) -m found }'
  return [
    'http-request set-var(txn.path) path',
    'http-request set-var(txn.host) req.hdr(Host),field(1,:),lower',
    `http-request set-var(txn.host_match) var(txn.host),map(${mapFile('host')})`,
    `http-request set-var(txn.host_match) var(txn.host),regsub(^[^.]*,,),map(${mapFile('host')},'') if !{ var(txn.host_match) -m found }`,
    `http-request set-var(txn.path_match) ${path},map(${mapFile('path-exact')})`,
    `http-request set-var(txn.path_match) ${path},map(${mapFile('path-prefix-exact')}) ${unmatched}`,
    `http-request set-var(txn.path_match) ${path},map_beg(${mapFile('path-prefix')}) ${unmatched}`,
  ]
}

function conditioned({ id, text }: Rule): string {
  const own = `{ var(txn.path_match) -m dom ${id} }`
  return / if /.test(text) ? text.replace(/ if /, ` if ${own} `) : `${text} if ${own}`
}

function passthrough(out: ConfigText, settings: Settings, proxied: string): void {
  section(out, 'frontend ssl', [
    'mode tcp',
    `bind *:${settings.https}${proxied}`,
    'tcp-request inspect-delay 5s',
    'tcp-request content accept if { req_ssl_hello_type 1 }',
    `tcp-request content set-var(txn.sni_match) req_ssl_sni,map(${mapFile('sni')})`,
    `tcp-request content set-var(txn.sni_match) req_ssl_sni,regsub(^[^.]*,,),map(${mapFile('sni')}) if !{ var(txn.sni_match) -m found }`,
    'use_backend %[var(txn.sni_match),field(1,.)] if { var(txn.sni_match) -m found }',
    'default_backend ssl',
  ])
  section(out, 'backend ssl', ['mode tcp', 'server https 127.0.0.1:7443 send-proxy-v2'])
}

function backendSection(out: ConfigText, backend: Backend): void {
  const { name, tcp, balance, cookie, forwardedFor, timeoutServer, servers, slots } = backend
  const more = `${backend.ssl ? ' ssl verify none' : ''}${backend.http2 ? ' proto h2' : ''}${proxyWord(backend)}`
  const lines = [
    `mode ${tcp ? 'tcp' : 'http'}`,
    `balance ${balance}`,
    ...(forwardedFor ? ['option forwardfor'] : []),
    ...(cookie ? [`cookie ${cookie} insert indirect nocache dynamic`, 'dynamic-cookie-key ohph7OoGhong'] : []),
    ...(timeoutServer === 50 ? [] : [`timeout server ${timeoutServer * 1000}ms`]),
    `default-server check${more}`,
    ...Array.from({ length: slots }, (_, i) => {
      const server = servers[i]
      return server
        ? `server SRV_${i + 1} ${joinHostPort(server.address, server.port)} enabled`
        : `server SRV_${i + 1} 127.0.0.1:1 disabled`
    }),
  ]
  section(out, `backend ${name}`, lines)
}

const proxyWord = ({ proxyHeader }: Backend): string =>
  proxyHeader === undefined ? '' : proxyHeader === 2 ? ' send-proxy-v2' : ' send-proxy'

export function mapFiles(model: Model): readonly ConfigFile[] {
  const of = (name: MapName): ConfigFile => file(mapFile(name), model.routes.filter(({ map }) => map === name).map(rowOf))
  return [
    file(
      mapFile('host'),
      model.hosts.map((host) => `${host} ${host}`),
    ),
    of('path-exact'),
    of('path-prefix-exact'),
    of('path-prefix'),
    ...(model.sni.size > 0 ? [file(mapFile('sni'), [...model.sni.values()].map(rowOf))] : []),
  ]
}

/** The key, the backend and behind it, between dots, the ids of the rules. */
export const rowOf = ({ key, backend, rules }: Route): string => `${key} ${[backend, ...rules.map(({ id }) => id)].join('.')}`

const file = (name: string, rows: readonly string[]): ConfigFile => ({
  name,
  text: rows.map((row) => `${row}\n`).join(''),
  syntax: 'text',
  change: 'update',
})
