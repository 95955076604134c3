/**
 * The configuration as text, twice. `nginx.conf` has what the controller's own (rootfs/etc/nginx/template/nginx.tmpl) says about where requests go, with one upstream for everything, whose
 * endpoints the Lua balancer knows; buffers, logs and modules are left out. The other rendering says the same without Lua, endpoints in `upstream` blocks, so that any nginx takes it; there the
 * balancers are nginx' own, which differ in detail, and a canary's affinity and changes of cookies are left out.
 */
import { ConfigText } from '../ingress/config-text.ts'
import { hash } from '../../base/choose.ts'
import type { Cors } from './annotations.ts'
import { type Canaries, canariesOf, upstreamBlocks } from './canary-maps.ts'
import { headersFor, isForAll, originPattern } from './cors.ts'
import { locationKey, locationText, type Pass, passOf, hostPort, quoted, quotedRegex, redirectsToHttps, serverName } from './directives.ts'
import { zonesOf } from './limits.ts'
import { needsRewrite, CUSTOM_DEFAULT, DEFAULT_SERVER, type Location, type Model, type Server } from './model.ts'
import type { Settings } from './settings.ts'
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
  else if (settings.useForwardedHeaders) out.line(`real_ip_header ${settings.forwardedForHeader};`)
  if (settings.useProxyProtocol || settings.useForwardedHeaders) out.lines(['real_ip_recursive on;', 'set_real_ip_from 0.0.0.0/0;'])
  out.lines([`keepalive_timeout ${settings.keepAlive}s;`, `server_tokens ${settings.serverTokens ? 'on' : 'off'};`])
  if (lua && !settings.serverTokens) out.line('more_clear_headers Server;')
  out.lines([
    'proxy_intercept_errors off;',
    'ignore_invalid_headers on;',
    `underscores_in_headers ${settings.underscores ? 'on' : 'off'};`,
    'server_name_in_redirect off;',
    'port_in_redirect off;',
  ])
  out.line(`limit_req_status ${settings.limitStatus};`)
  out.block('map $http_upgrade $connection_upgrade {', () =>
    out.lines(['default upgrade;', settings.upstreamKeepAlive > 0 ? "'' '';" : "'' close;"]),
  )
  out.block('map $http_x_request_id $req_id {', () => out.lines(['default $http_x_request_id;', '"" $request_id;']))
  const address = settings.useProxyProtocol ? '$proxy_protocol_addr' : '$realip_remote_addr'
  out.block('map $http_x_forwarded_for $full_x_forwarded_for {', () =>
    out.lines([`default "$http_x_forwarded_for, ${address}";`, `'' "${address}";`]),
  )
  if (!lua) luaVariables(out, settings)
  limitZones(out, model)
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

/** What lua_ingress.lua sets for each request, as maps. */
function luaVariables(out: ConfigText, { useForwardedHeaders, useProxyProtocol, hsts }: Settings): void {
  const forwarded = (name: string, variable: string, otherwise: string, taken = `default $http_x_forwarded_${name}`): void => {
    if (useForwardedHeaders) out.block(`map $http_x_forwarded_${name} ${variable} {`, () => out.lines([`'' ${otherwise};`, `${taken};`]))
    else out.block(`map "" ${variable} {`, () => out.line(`default ${otherwise};`))
  }
  forwarded('proto', '$pass_access_scheme', '$scheme')
  forwarded('port', '$pass_port', useProxyProtocol ? '$proxy_protocol_server_port' : '$server_port')
  forwarded('host', '$best_http_host', '$http_host', '"~^(?<first_forwarded>[^,]*)" $first_forwarded')
  out.block('map $best_http_host $redirect_host {', () => out.line('"~^(?<without_port>[^:]*)" $without_port;'))
  out.block('map $scheme $hsts {', () => out.lines([`https ${quoted(hsts ?? '')};`, 'default "";']))
}

/** A zone stands once, however many locations share it; whom it does not count has no key. */
function limitZones(out: ConfigText, { servers }: Model): void {
  const seen = new Set<string>()
  for (const location of servers.flatMap(({ locations }) => locations))
    for (const { name, text } of zonesOf(location)) {
      const key = hash(name.replace(/_rp[sm]$/, '')).toString(16)
      if (!seen.has(key)) {
        const except = location.annotations.limits?.except ?? []
        out.block(`geo $remote_addr $allowlist_${key} {`, () => out.lines(['default 0;', ...except.map((each) => `${each} 1;`)]))
        out.block(`map $allowlist_${key} $limit_${key} {`, () => out.lines(['0 $binary_remote_addr;', '1 "";']))
      }
      if (!seen.has(name)) out.line(`limit_req_zone $limit_${key} zone=${name}:5m rate=${text};`)
      seen.add(key).add(name)
    }
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
    for (const location of server.locations) {
      const { appRoot } = location.annotations
      if (appRoot) out.block('if ($uri = /) {', () => out.line(`return 302 $scheme://$http_host${appRoot};`))
      locationBlock(writing, server, location)
    }
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
      out.line(`header_filter_by_lua_file ${LUA}/ngx_conf_srv_hdr_filter.lua;`)
      out.lines(['set $pass_access_scheme $scheme;', 'set $pass_server_port $server_port;', 'set $best_http_host $http_host;'])
      out.lines(['set $pass_port $pass_server_port;', `set $proxy_upstream_name ${quoted(backend)};`])
    }
    answerHeaders(writing, location)
    if (annotations.denied !== undefined) {
      out.line(`# Location denied. Reason: ${annotations.denied}`).line('return 503;')
      return
    }
    for (const each of annotations.deny) out.line(`deny ${each};`)
    for (const each of annotations.allow) out.line(`allow ${each};`)
    if (annotations.allow.length > 0) out.line('deny all;')
    if (annotations.auth) out.lines([`auth_basic ${quoted(annotations.auth.realm)};`, `auth_basic_user_file ${annotations.auth.file};`])
    if (annotations.cors) crossOrigin(writing, annotations.cors)
    for (const { name, burst } of zonesOf(location)) out.line(`limit_req zone=${name} burst=${burst} nodelay;`)
    if (annotations.bodySize) out.line(`client_max_body_size ${annotations.bodySize};`)
    requestHeaders(writing, location)
    if (annotations.redirect) out.line(`return ${annotations.redirect.code} ${annotations.redirect.url};`)
    // Lua's part of the rewrite phase comes after the directives.
    if (!lua && redirectsToHttps(server, location)) httpsRedirect(writing, location)
    pass(writing, location, passOf(location))
  })
}

/** Headers of answers. Without Lua's modules they are added, not replaced; those of CORS are empty, and not sent, where the origin is none of those. */
function answerHeaders({ out, lua, settings }: Writing, { annotations }: Location): void {
  if (!lua && settings.hsts) out.line('add_header Strict-Transport-Security $hsts always;')
  for (const [name, value] of annotations.responseHeaders)
    out.line(lua ? `more_set_headers ${quoted(`${name}: ${value}`)};` : `add_header ${name} ${quoted(value)} always;`)
  if (lua || !annotations.cors || annotations.denied !== undefined) return
  headersFor(annotations.cors, '$http_origin').forEach(([name], i) =>
    out.line(`set $cors_${i} '';`).line(`add_header ${name} $cors_${i} always;`),
  )
}

function crossOrigin({ out, lua }: Writing, cors: Cors): void {
  if (isForAll(cors)) out.lines(['set $http_origin *;', "set $cors 'true';"])
  else if (cors.origins.length > 0) out.line(`if ($http_origin ~* ${quoted(originPattern(cors.origins))}) { set $cors 'true'; }`)
  out.line("if ($request_method = 'OPTIONS') { set $cors ${cors}options; }")
  const headers = headersFor(cors, '$http_origin').map(([name, value], i) =>
    lua ? `more_set_headers ${quoted(`${name}: ${value}`)};` : `set $cors_${i} ${quoted(value)};`,
  )
  out.block('if ($cors = "true") {', () => out.lines(headers))
  out.block('if ($cors = "trueoptions") {', () => out.lines([...headers, 'return 204;']))
}

function httpsRedirect({ out, settings }: Writing, { annotations }: Location): void {
  out.line('set $redirect_uri $request_uri;')
  if (!annotations.preserveTrailingSlash) out.line('if ($request_uri ~ "^(.*)/$") { set $redirect_uri $1; }')
  out.line(`if ($pass_access_scheme = http) { return ${settings.redirectCode} https://$redirect_host$redirect_uri; }`)
}

function requestHeaders({ out, settings }: Writing, location: Location): void {
  const { annotations } = location
  const set = passOf(location)?.directive === 'grpc_pass' ? 'grpc_set_header' : 'proxy_set_header'
  const full = settings.useForwardedHeaders && settings.computeFullForwardedFor
  const headers: readonly (readonly [string, string])[] = [
    ['Host', annotations.upstreamVhost ? quoted(annotations.upstreamVhost) : '$best_http_host'],
    ['Upgrade', '$http_upgrade'],
    ['Connection', '$connection_upgrade'],
    ['X-Request-ID', '$req_id'],
    ['X-Real-IP', '$remote_addr'],
    ['X-Forwarded-For', full ? '$full_x_forwarded_for' : '$remote_addr'],
    ['X-Forwarded-Host', '$best_http_host'],
    ['X-Forwarded-Port', '$pass_port'],
    ['X-Forwarded-Proto', '$pass_access_scheme'],
    ['X-Forwarded-Scheme', '$pass_access_scheme'],
    ['X-Scheme', '$pass_access_scheme'],
    ['X-Original-Forwarded-For', `$http_${settings.forwardedForHeader.toLowerCase().replaceAll('-', '_')}`],
    ['X-Original-Forwarded-Host', '$http_x_forwarded_host'],
    ['Proxy', '""'],
    ...(needsRewrite(location) && annotations.xForwardedPrefix
      ? [['X-Forwarded-Prefix', quoted(annotations.xForwardedPrefix)] as const]
      : []),
  ]
  for (const [name, value] of headers) out.line(`${set} ${name} ${value};`)
  if (annotations.auth) out.line(`${set} Authorization "";`)
  if (location.backend.startsWith(CUSTOM_DEFAULT))
    out.lines([
      'proxy_set_header X-Code 503;',
      'proxy_set_header X-Format $http_accept;',
      'proxy_set_header X-Namespace $namespace;',
      'proxy_set_header X-Ingress-Name $ingress_name;',
      'proxy_set_header X-Service-Name $service_name;',
      'proxy_set_header X-Service-Port $service_port;',
    ])
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
  const nobody = way !== undefined && !lua && (model.upstreams.get(backend)?.endpoints ?? []).length === 0
  // What follows never runs, but for a path without its slash nginx asks whether the location proxies.
  if (nobody) return void out.lines(['return 503;', `proxy_pass http://127.0.0.1:${DEFAULT_PORT};`])
  if (needsRewrite(location)) out.line(`rewrite "(?i)${quotedRegex(path)}" ${annotations.rewriteTarget} break;`)
  if (!way) out.line('# FastCGI is not simulated').line('return 501;')
  else if (lua) out.line(`${way.directive} ${way.scheme}upstream_balancer;`)
  else out.line(`${way.directive} ${way.scheme}${canaries.variableOf.get(backend) ?? backend};`)
}

function streams({ out, model, lua, settings }: Writing): void {
  if (lua)
    out.block('upstream upstream_balancer {', () =>
      out.lines(['server 0.0.0.1:1234; # placeholder', `balancer_by_lua_file ${LUA}/ngx_conf_balancer_tcp_udp.lua;`]),
    )
  for (const each of model.streams) {
    if (!lua) out.block(`upstream ${each.name} {`, () => out.lines(each.endpoints.map((endpoint) => `server ${hostPort(endpoint)};`)))
    out.place(`stream ${each.name}`).block('server {', () => {
      if (lua) out.line(`preread_by_lua_block { ngx.var.proxy_upstream_name=${quoted(each.name)}; }`)
      out.line(`listen ${each.port}${each.protocol === 'udp' ? ' udp' : ''}${each.decode ? ' proxy_protocol' : ''};`)
      if (each.protocol === 'udp') out.line(`proxy_responses ${settings.streamResponses};`)
      out.lines([`proxy_timeout ${settings.streamTimeout}s;`, 'proxy_next_upstream on;', 'proxy_next_upstream_tries 3;'])
      out.line(`proxy_pass ${lua ? 'upstream_balancer' : each.name};`)
      if (each.encode) out.line('proxy_protocol on;')
    })
  }
}
