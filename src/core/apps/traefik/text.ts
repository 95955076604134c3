/** The dynamic configuration as text: as the file provider of v2 and v3 would read it (YAML), or as v1.7's own rules (TOML). */
import { ConfigText } from '../ingress/config-text.ts'
import type { Dynamic, Router, Service } from './model.ts'

const yaml = (value: unknown): string => JSON.stringify(value)

export function dynamicYaml({ routers, services, middlewares, tcpRouters, udpRouters, certificates }: Dynamic): ConfigText {
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
        tcpRouters.forEach(({ name, rule, entryPoints, tls, passthrough, services: targets }) => {
          text.place(`tcp ${name}`)
          section(yaml(name), () => {
            text.line(`entryPoints: ${yaml(entryPoints)}`)
            text.line(`rule: ${yaml(rule)}`)
            if (tls) text.line(`tls: {passthrough: ${passthrough}}`)
            text.line(`service: ${yaml(targets.map(({ name: target }) => target).join(','))}`)
          })
        }),
      ),
    )
  if (udpRouters.length > 0)
    section('udp', () =>
      section('routers', () =>
        udpRouters.forEach(({ name, entryPoints, services: targets }) => {
          text.place(`udp ${name}`)
          section(yaml(name), () => {
            text.line(`entryPoints: ${yaml(entryPoints)}`)
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

/** v1.7: backends with servers, frontends with routes, as its file provider would read them. What Traefik adds for itself is not among them. */
export function rulesToml({ routers, services }: Dynamic): ConfigText {
  const text = new ConfigText('  ')
  text.line('[backends]')
  for (const service of services.values()) if (service.kind === 'loadBalancer') backendToml(text, service)
  text.line('').line('[frontends]')
  for (const router of routers.values()) if (router.syntax === 'v1') frontendToml(text, router)
  return text
}

function backendToml(text: ConfigText, { name, servers, sticky }: Extract<Service, { readonly kind: 'loadBalancer' }>): void {
  const own = `backends.${yaml(name)}`
  text.place(`services ${name}`)
  text.block(
    `[${own}]`,
    () => {
      text.line(`[${own}.loadBalancer]`).line('  method = "wrr"')
      if (sticky) text.line(`  [${own}.loadBalancer.stickiness]`).line(`    cookieName = ${yaml(sticky.cookie?.name ?? '')}`)
      for (const { url, weight = 1, object } of servers)
        text
          .place(`servers ${name} ${url}`)
          .line(`[${own}.servers.${yaml(object?.name ?? url)}]`)
          .line(`  url = ${yaml(url)}`)
          .line(`  weight = ${weight}`)
    },
    '',
  )
}

function frontendToml(text: ConfigText, { name, rule, service, priority = 0, entryPoints, frontend }: Router): void {
  const own = `frontends.${yaml(name)}`
  const { routes = [{ name: rule, rule }], passHostHeader = true } = frontend ?? {}
  text.place(`routers ${name}`)
  text.block(
    `[${own}]`,
    () => {
      text
        .line(`backend = ${yaml(service)}`)
        .line(`passHostHeader = ${passHostHeader}`)
        .line(`priority = ${priority}`)
      if (entryPoints.length > 0) text.line(`entryPoints = ${yaml(entryPoints)}`)
      for (const route of routes) text.line(`[${own}.routes.${yaml(route.name)}]`).line(`  rule = ${yaml(route.rule)}`)
    },
    '',
  )
}
