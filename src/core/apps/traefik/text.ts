/** The dynamic configuration as text: as the file provider of v2 and v3 would read it (YAML), or as v1.7's own rules (TOML). */
import { ConfigText } from '../ingress/config-text.ts'
import type { Dynamic, Router, Service } from './model.ts'

const yaml = (value: unknown): string => JSON.stringify(value)

export function dynamicYaml({ routers, services, middlewares, tcpRouters, certificates }: Dynamic): ConfigText {
  const text = new ConfigText('  ')
  const section = (name: string, inside: () => void): void => {
    text.block(`${name}:`, inside, '')
  }
  section('http', () => {
    if (routers.size > 0) section('routers', () => routers.forEach((router) => routerYaml(text, router)))
    if (middlewares.size > 0)
      section('middlewares', () =>
        middlewares.forEach(({ name, config }) => {
          text.place(`middlewares ${name}`)
          section(yaml(name), () => Object.entries(config).forEach(([key, value]) => text.line(`${key}: ${yaml(value)}`)))
        }),
      )
    if (services.size > 0) section('services', () => services.forEach((service) => serviceYaml(text, service)))
  })
  if (tcpRouters.length > 0)
    section('tcp', () =>
      section('routers', () =>
        tcpRouters.forEach(({ name, hosts, entryPoints, passthrough, services: targets }) => {
          text.place(`tcp ${name}`)
          section(yaml(name), () => {
            text.line(`entryPoints: ${yaml(entryPoints)}`)
            text.line(`rule: ${yaml(hosts.map((host) => `HostSNI(\`${host}\`)`).join(' || '))}`)
            text.line(`tls: {passthrough: ${passthrough}}`)
            text.line(`service: ${yaml(targets.map(({ name: target }) => target).join(','))}`)
          })
        }),
      ),
    )
  if (certificates.length > 0)
    section('tls', () =>
      section('certificates', () =>
        certificates.forEach(({ names, secret }) =>
          text.line(`- ${yaml({ secret: `${secret?.namespace ?? ''}/${secret?.name ?? ''}`, names })}`),
        ),
      ),
    )
  return text
}

function routerYaml(text: ConfigText, { name, rule, priority, entryPoints, middlewares, service, tls, syntax }: Router): void {
  text.place(`routers ${name}`)
  text.block(
    `${yaml(name)}:`,
    () => {
      if (entryPoints.length > 0) text.line(`entryPoints: ${yaml(entryPoints)}`)
      text.line(`rule: ${yaml(rule)}`)
      if (syntax === 'v2') text.line('ruleSyntax: v2')
      if (priority !== undefined) text.line(`priority: ${priority}`)
      if (middlewares.length > 0) text.line(`middlewares: ${yaml(middlewares)}`)
      text.line(`service: ${yaml(service)}`)
      if (tls) text.line('tls: {}')
    },
    '',
  )
}

function serviceYaml(text: ConfigText, service: Service): void {
  text.place(`services ${service.name}`)
  text.block(
    `${yaml(service.name)}:`,
    () => {
      switch (service.kind) {
        case 'loadBalancer':
          return void text.block(
            'loadBalancer:',
            () => {
              text.line(`passHostHeader: ${service.passHostHeader}`)
              if (service.sticky) text.line(`sticky: ${yaml(service.sticky)}`)
              text.line(service.servers.length > 0 ? 'servers:' : 'servers: []')
              for (const { url, fenced } of service.servers)
                text.place(`servers ${service.name} ${url}`).line(`- url: ${yaml(url)}${fenced ? '  # fenced' : ''}`)
            },
            '',
          )
        case 'weighted':
          return void text.block(
            'weighted:',
            () => {
              text.line(service.services.length > 0 ? 'services:' : 'services: []')
              for (const { name, weight, status } of service.services)
                text.line(`- {name: ${yaml(name)}, weight: ${weight}${status === undefined ? '' : `, status: ${status}`}}`)
            },
            '',
          )
        case 'mirroring':
          return void text.line(`mirroring: ${yaml({ service: service.service, mirrors: service.mirrors })}`)
        case 'internal':
          return void text.line('internal: {}')
      }
    },
    '',
  )
}

/** v1.7: backends with servers, frontends with routes. */
export function rulesToml({ routers, services }: Dynamic): ConfigText {
  const text = new ConfigText('  ')
  text.line('[backends]')
  for (const service of services.values()) {
    if (service.kind !== 'loadBalancer') continue
    text.place(`services ${service.name}`)
    text.block(
      `[backends.${yaml(service.name)}]`,
      () => {
        text.line('[backends.loadBalancer]').line('  method = "wrr"')
        service.servers.forEach(({ url }, i) => {
          text.place(`servers ${service.name} ${url}`)
          text
            .line(`[backends.${yaml(service.name)}.servers.server${i}]`)
            .line(`  url = ${yaml(url)}`)
            .line('  weight = 1')
        })
      },
      '',
    )
  }
  text.line('').line('[frontends]')
  for (const router of routers.values()) {
    text.place(`routers ${router.name}`)
    text.block(
      `[frontends.${yaml(router.name)}]`,
      () => {
        text
          .line(`backend = ${yaml(router.service)}`)
          .line('passHostHeader = true')
          .line(`priority = ${router.priority ?? 0}`)
        for (const part of router.rule.split(';'))
          text.line(`[frontends.${yaml(router.name)}.routes.${yaml(part.slice(part.indexOf(':') + 1))}]`).line(`  rule = ${yaml(part)}`)
      },
      '',
    )
  }
  return text
}
