/** The declarative configuration that the controller posts to Kong's /config, as deck would write it; it changes in place. */
import { joinHostPort } from '../../net/ip.ts'
import { ConfigText } from '../ingress/config-text.ts'
import type { Model, Path, Route, Upstream } from './model.ts'

export const FILE = 'kong.yaml'
export const pathText = ({ regex, value }: Path): string => (regex ? `~${value}` : value)
export const idOf = (route: Route): string => `${route.name} ${pathText(route.path)}`

const quoted = (text: string): string => JSON.stringify(text)

export function kongYaml({ routes, upstreams, certificates }: Model): ConfigText {
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
  return out
}

function service(out: ConfigText, { name, protocol }: Upstream, routes: readonly Route[]): void {
  out.line(`- name: ${name.replace(/\.svc$/, '')}`)
  out.lines([
    `  host: ${name}`,
    `  protocol: ${protocol}`,
    '  port: 80',
    '  path: /',
    '  retries: 5',
    '  connect_timeout: 60000',
    '  routes:',
  ])
  for (const route of routes.filter(({ upstream }) => upstream === name)) {
    const { host, path, stripPath, preserveHost, protocols, redirectStatus, methods } = route
    out.place(`routes ${idOf(route)}`).line(`  - name: ${quoted(route.name)}`)
    if (host !== '') out.line(`    hosts: [${quoted(host)}]`)
    if (methods.length > 0) out.line(`    methods: [${methods.join(', ')}]`)
    out.lines([
      `    paths: [${quoted(pathText(path))}]`,
      `    protocols: [${protocols.join(', ')}]`,
      `    strip_path: ${stripPath}`,
      `    preserve_host: ${preserveHost}`,
      `    https_redirect_status_code: ${redirectStatus}`,
    ])
  }
}
