/**
 * The configuration as text, twice. `nginx.conf` has what the controller's own (rootfs/etc/nginx/template/nginx.tmpl) says about where requests go, with one upstream for everything, whose
 * endpoints the Lua balancer knows; buffers, logs and modules are left out. The other rendering says the same without Lua, endpoints in `upstream` blocks, so that any nginx takes it; there the
 * balancers are nginx' own, which differ in detail, and a canary's affinity and changes of cookies are left out.
 */
import { ConfigText } from '../ingress/config-text.ts'
import { type Canaries, canariesOf, upstreamBlocks } from './canary-maps.ts'
import {
  hasCertificate,
  locationKey,
  locationText,
  type Pass,
  passOf,
  hostPort,
  quoted,
  quotedRegex,
  redirectsToHttps,
  serverName,
} from './directives.ts'
import { DEFAULT_SERVER, type Location, type Model, type Server } from './model.ts'
import type { Settings } from './settings.ts'
import { needsRewrite } from './translate.ts'
import { DEFAULT_PORT } from './upstreams.ts'

export const CERTIFICATES = '/etc/ingress-controller/ssl'
const LUA = '/etc/nginx/lua/nginx'

interface Writing {
  readonly out: ConfigText
  readonly model: Model
  readonly settings: Settings
  readonly lua: boolean
  readonly canaries: Canaries
}

/** `lua`: as the controller writes it; without, the rendering for any nginx. Places: `server HOST`, `location HOST LOCATION`, `stream NAME`. */
export function nginxConf(model: Model, settings: Settings, lua: boolean): ConfigText {
  const out = new ConfigText()
  const writing: Writing = { out, model, settings, lua, canaries: canariesOf(model) }
  if (!lua) out.line('# The same routing without Lua: endpoints as upstream blocks, balancers those of nginx itself.')
  out.line('pid /tmp/nginx/nginx.pid;')
  out.block('events {', () => out.line('worker_connections 16384;'))
  out.line('').block('http {', () => http(writing))
  if (model.streams.length > 0) out.line('').block('stream {', () => streams(writing))
  return out
}

function http(writing: Writing): void {
  const { out, model, settings, lua, canaries } = writing
  if (settings.useProxyProtocol) out.line('real_ip_header proxy_protocol;')
  else if (settings.useForwardedHeaders) out.lines([`real_ip_header ${settings.forwardedForHeader};`, 'real_ip_recursive on;'])
  out.lines([`keepalive_timeout ${settings.keepAlive}s;`, `server_tokens ${settings.serverTokens ? 'on' : 'off'};`])
  if (lua && !settings.serverTokens) out.line('more_clear_headers Server;')
  out.lines(['proxy_intercept_errors off;', 'ignore_invalid_headers on;', 'server_name_in_redirect off;', 'port_in_redirect off;'])
  out.block('map $http_upgrade $connection_upgrade {', () =>
    out.lines(['default upgrade;', settings.upstreamKeepAlive > 0 ? "'' '';" : "'' close;"]),
  )
  out.block('map $http_x_request_id $req_id {', () => out.lines(['default $http_x_request_id;', '"" $request_id;']))
  out.line(`ssl_certificate ${CERTIFICATES}/${model.defaultCertificate.name}.pem;`)
  out.line(`ssl_certificate_key ${CERTIFICATES}/${model.defaultCertificate.name}.pem;`)
  if (lua)
    out.block('upstream upstream_balancer {', () =>
      out.lines([
        'server 0.0.0.1; # placeholder',
        `balancer_by_lua_file ${LUA}/ngx_conf_balancer.lua;`,
        `keepalive ${settings.upstreamKeepAlive};`,
      ]),
    )
  else upstreamBlocks(out, model, canaries)
  for (const server of model.servers) serverBlock(writing, server)
  out.line('# where the default backend is none of anybody: 404')
  out.block('server {', () => out.lines([`listen ${DEFAULT_PORT} default_server;`]).block('location / {', () => out.line('return 404;')))
}

function serverBlock(writing: Writing, server: Server): void {
  const { out, settings, lua } = writing
  const { ports, passthrough, useHttp2 } = settings
  const catchAll = server.hostname === DEFAULT_SERVER
  const names = [serverName(server.hostname), ...server.aliases].map(quoted).join(' ')
  const options = `${settings.useProxyProtocol ? ' proxy_protocol' : ''}${catchAll ? ' default_server' : ''}`
  out.line('').line(`## start server ${server.hostname}`)
  out.place(`server ${server.hostname}`).block('server {', () => {
    out.line(`server_name ${names};`)
    if (lua && useHttp2) out.line('http2 on;')
    out.line(`listen ${ports.http}${options};`)
    out.line(
      `listen ${passthrough ? 442 : ports.https}${passthrough && !settings.useProxyProtocol ? ' proxy_protocol' : ''}${options} ssl${!lua && useHttp2 ? ' http2' : ''};`,
    )
    if (lua) out.line(`ssl_certificate_by_lua_file ${LUA}/ngx_conf_certificate.lua;`)
    else if (server.certificate && !catchAll) {
      const file = `${CERTIFICATES}/${server.certificate.name}.pem`
      out.lines([`ssl_certificate ${file};`, `ssl_certificate_key ${file};`])
    }
    if (!lua && settings.hsts && hasCertificate(server))
      out.lines([
        `set $hsts "";`,
        `if ($scheme = https) { set $hsts "${settings.hsts}"; }`,
        'add_header Strict-Transport-Security $hsts always;',
      ])
    for (const location of server.locations) locationBlock(writing, server, location)
    if (catchAll) out.block('location /healthz {', () => out.line('return 200;'))
  })
}

function locationBlock(writing: Writing, server: Server, location: Location): void {
  const { out, lua } = writing
  const { annotations, ingress, backend } = location
  out.place(`location ${locationKey(server, location)}`).block(`location ${locationText(server, location)} {`, () => {
    out.line(`set $namespace ${quoted(ingress?.metadata.namespace ?? '')};`)
    out.line(`set $ingress_name ${quoted(ingress?.metadata.name ?? '')};`)
    out.line(`set $service_name ${quoted(location.service)};`)
    out.line(`set $service_port ${quoted(location.port)};`)
    // In nginx a dollar cannot be escaped; the controller writes a variable that holds one.
    out.line(`set $location_path ${quoted(location.ingressPath.replaceAll('$', lua ? '${literal_dollar}' : ''))};`)
    if (lua) {
      out.line(`set $force_ssl_redirect ${quoted(String(annotations.forceSslRedirect))};`)
      out.line(`set $ssl_redirect ${quoted(String(annotations.sslRedirect))};`)
      out.line(`rewrite_by_lua_file ${LUA}/ngx_rewrite.lua;`)
      out.line(`set $proxy_upstream_name ${quoted(backend)};`)
    } else if (redirectsToHttps(server, location)) httpsRedirect(writing, location)
    if (annotations.appRoot && location.path === '/') out.line(`if ($uri = /) { return 302 $scheme://$http_host${annotations.appRoot}; }`)
    for (const each of annotations.deny) out.line(`deny ${each};`)
    for (const each of annotations.allow) out.line(`allow ${each};`)
    if (annotations.allow.length > 0) out.line('deny all;')
    if (annotations.bodySize) out.line(`client_max_body_size ${annotations.bodySize};`)
    requestHeaders(writing, location)
    if (annotations.redirect) out.line(`return ${annotations.redirect.code} ${annotations.redirect.url};`)
    pass(writing, location, passOf(location))
  })
}

function httpsRedirect({ out, settings }: Writing, { annotations }: Location): void {
  out.line('set $redirect_uri $request_uri;')
  if (!annotations.preserveTrailingSlash) out.line('if ($request_uri ~ "^(.*)/$") { set $redirect_uri $1; }')
  out.line(`if ($scheme = http) { return ${settings.redirectCode} https://$host$redirect_uri; }`)
}

function requestHeaders({ out, settings }: Writing, location: Location): void {
  const { annotations } = location
  const set = passOf(location)?.directive === 'grpc_pass' ? 'grpc_set_header' : 'proxy_set_header'
  const full = settings.useForwardedHeaders && settings.computeFullForwardedFor
  const headers: readonly (readonly [string, string])[] = [
    ['Host', annotations.upstreamVhost ? quoted(annotations.upstreamVhost) : '$http_host'],
    ['Upgrade', '$http_upgrade'],
    ['Connection', '$connection_upgrade'],
    ['X-Request-ID', '$req_id'],
    ['X-Real-IP', '$remote_addr'],
    ['X-Forwarded-For', full ? '$proxy_add_x_forwarded_for' : '$remote_addr'],
    ['X-Forwarded-Host', '$http_host'],
    ['X-Forwarded-Port', '$server_port'],
    ['X-Forwarded-Proto', '$scheme'],
    ['X-Forwarded-Scheme', '$scheme'],
    ['X-Scheme', '$scheme'],
    ['X-Original-Forwarded-For', '$http_x_forwarded_for'],
    ['X-Original-Forwarded-Host', '$http_x_forwarded_host'],
    ['Proxy', '""'],
    ...(annotations.rewriteTarget && annotations.xForwardedPrefix
      ? [['X-Forwarded-Prefix', quoted(annotations.xForwardedPrefix)] as const]
      : []),
  ]
  for (const [name, value] of headers) out.line(`${set} ${name} ${value};`)
}

function pass({ out, model, lua, settings, canaries }: Writing, location: Location, way: Pass): void {
  const { annotations, backend, path } = location
  const kind = way?.directive === 'grpc_pass' ? 'grpc' : 'proxy'
  out.lines([`${kind}_connect_timeout ${annotations.connectTimeout}s;`, `${kind}_read_timeout ${annotations.readTimeout}s;`])
  if (kind === 'proxy') out.lines(['proxy_http_version 1.1;', 'proxy_redirect off;'])
  const retried = [
    ...annotations.nextUpstream.filter((each) => each !== 'non_idempotent'),
    ...(settings.retryNonIdempotent ? ['non_idempotent'] : []),
  ]
  out.lines([`${kind}_next_upstream ${retried.join(' ')};`, `${kind}_next_upstream_tries ${annotations.tries};`])
  if (needsRewrite(location)) out.line(`rewrite "(?i)${quotedRegex(path)}" ${annotations.rewriteTarget} break;`)
  if (!way) out.line('# FastCGI is not simulated').line('return 501;')
  else if (lua) out.line(`${way.directive} ${way.scheme}upstream_balancer;`)
  else if ((model.upstreams.get(backend)?.endpoints ?? []).length === 0) out.line('return 503;')
  else out.line(`${way.directive} ${way.scheme}${canaries.variableOf.get(backend) ?? backend};`)
}

function streams({ out, model, lua }: Writing): void {
  if (lua)
    out.block('upstream upstream_balancer {', () =>
      out.lines(['server 0.0.0.1:1234; # placeholder', `balancer_by_lua_file ${LUA}/ngx_conf_balancer_tcp_udp.lua;`]),
    )
  for (const each of model.streams) {
    if (!lua) out.block(`upstream ${each.name} {`, () => out.lines(each.endpoints.map((endpoint) => `server ${hostPort(endpoint)};`)))
    out.place(`stream ${each.name}`).block('server {', () => {
      if (lua) out.line(`preread_by_lua_block { ngx.var.proxy_upstream_name=${quoted(each.name)}; }`)
      out.line(`listen ${each.port}${each.protocol === 'udp' ? ' udp' : ''}${each.decode ? ' proxy_protocol' : ''};`)
      out.lines([`proxy_timeout 600s;`, 'proxy_next_upstream on;', 'proxy_next_upstream_tries 3;'])
      out.line(`proxy_pass ${lua ? 'upstream_balancer' : each.name};`)
      if (each.encode) out.line('proxy_protocol on;')
    })
  }
}
