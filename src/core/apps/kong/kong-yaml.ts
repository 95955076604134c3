/** The declarative configuration that the controller posts to Kong's /config, as deck would write it; it changes in place. */
import { joinHostPort } from '../../net/ip.ts'
import { ConfigText } from '../ingress/config-text.ts'
import type { Model, Path, Plugin, Route, Upstream } from './model.ts'

export const FILE = 'kong.yaml'
export const pathText = ({ regex, value }: Path): string => (regex ? `~${value}` : value)
export const idOf = (route: Route): string => `${route.name} ${pathText(route.path)}`

const quoted = (text: string): string => JSON.stringify(text)

export function kongYaml({ routes, upstreams, certificates, globals, consumers }: Model): ConfigText {
  const out = new ConfigText('  ')
  out.line('_format_version: "3.0"').line('services:')
  for (const upstream of upstreams.values()) service(out, upstream, routes)
  out.line('upstreams:')
  for (const { name, targets } of upstreams.values()) {
    out.place(`upstreams ${name}`).line(`- name: ${name}`).line('  algorithm: round-robin')
    out.line(targets.length === 0 ? '  targets: []' : '  targets:')
    for (const { address, port } of targets) {
      const text = joinHostPort(address, port)
      out.place(`targets ${name} ${text}`).line(`  - {target: ${quoted(text)}, weight: 100}`)
    }
  }
  out.line('certificates:')
  for (const { host, certificate } of certificates)
    out.place(`certificates ${host}`).line(`- {cert: ${quoted(certificate.secret?.name ?? '')}, snis: [{name: ${quoted(host)}}]}`)
  if (consumers.length > 0) out.line('consumers:')
  for (const { username, customId, keys, basic, plugins } of consumers) {
    out.line(`- username: ${quoted(username || customId)}`)
    for (const key of keys) out.line(`  keyauth_credentials: [{key: ${quoted(key)}}]`)
    for (const user of basic.keys()) out.line(`  basicauth_credentials: [{username: ${quoted(user)}}]`)
    pluginLines(out, plugins, '  ')
  }
  pluginLines(out, globals, '')
  return out
}

function pluginLines(out: ConfigText, plugins: readonly Plugin[], indent: string): void {
  if (plugins.length > 0) out.line(`${indent}plugins:`)
  for (const { name, config, object } of plugins)
    out.place(`plugins ${name} ${object.name}`).line(`${indent}- {name: ${name}, config: ${JSON.stringify(config)}}`)
}

function service(
  out: ConfigText,
  { name, protocol, path: base, retries, connectTimeout, plugins: own }: Upstream,
  routes: readonly Route[],
): void {
  out.line(`- name: ${name.replace(/\.svc$/, '')}`)
  out.lines([
    `  host: ${name}`,
    `  protocol: ${protocol}`,
    '  port: 80',
    `  path: ${base}`,
    `  retries: ${retries}`,
    `  connect_timeout: ${connectTimeout * 1000}`,
  ])
  pluginLines(out, own, '  ')
  out.line('  routes:')
  for (const route of routes.filter(({ upstream }) => upstream === name)) {
    const { hosts, path, stripPath, preserveHost, protocols, redirectStatus, methods, headers, plugins } = route
    out.place(`routes ${idOf(route)}`).line(`  - name: ${quoted(route.name)}`)
    if (hosts.length > 0) out.line(`    hosts: [${hosts.map(quoted).join(', ')}]`)
    if (headers.size > 0) out.line(`    headers: ${JSON.stringify(Object.fromEntries(headers))}`)
    if (methods.length > 0) out.line(`    methods: [${methods.join(', ')}]`)
    out.lines([
      `    paths: [${quoted(pathText(path))}]`,
      `    protocols: [${protocols.join(', ')}]`,
      `    strip_path: ${stripPath}`,
      `    preserve_host: ${preserveHost}`,
      `    https_redirect_status_code: ${redirectStatus}`,
    ])
    pluginLines(out, plugins, '    ')
  }
}
