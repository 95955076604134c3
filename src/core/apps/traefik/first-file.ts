/**
 * The file provider of v1.7 (provider/file, types/types.go): `[backends]` and `[frontends]` in traefik.toml itself, or in the file that `[file]` names. Names of frontends and backends get `@file` here, so
 * that those of two providers can stand side by side. Left out: what else may stand there (errors, rate limits, authentication, health checks), each named; servers by name, for there is no DNS.
 */
import { isTable, type TomlTable, type TomlValue } from '../../api/toml.ts'
import { setFrontend } from './first-frontend.ts'
import type { Building, MiddlewareConfig, Server } from './model.ts'

export const FILE = '@file'

const table = (value: TomlValue | undefined): TomlTable => (isTable(value) ? value : {})
const text = (value: TomlValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
const texts = (value: TomlValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((each: TomlValue): each is string => typeof each === 'string') : []

/** Keys are found whatever their case is, as Go finds fields. */
const at = (from: TomlTable, key: string): TomlValue | undefined =>
  Object.entries(from).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]

export function fileProvider(file: TomlTable, out: Building): void {
  const backends = table(at(file, 'backends'))
  for (const [name, value] of Object.entries(backends)) backend(name, table(value), out)
  for (const [name, value] of Object.entries(table(at(file, 'frontends')))) frontend(name, table(value), out)
}

const known = (path: string, from: TomlTable, keys: readonly string[], out: Building): void => {
  for (const key of Object.keys(from)) if (!keys.includes(key.toLowerCase())) out.warn(`${path}.${key} is not simulated`)
}

function backend(name: string, own: TomlTable, out: Building): void {
  known(`backends.${name}`, own, ['servers', 'loadbalancer'], out)
  const servers = Object.values(table(at(own, 'servers'))).flatMap((value): readonly Server[] => {
    const url = text(at(table(value), 'url'))
    const weight = at(table(value), 'weight')
    return url === undefined ? [] : [{ url: withPort(url), ...(typeof weight === 'number' && weight > 0 && { weight }) }]
  })
  const balancer = table(at(own, 'loadbalancer'))
  const stickiness = at(balancer, 'stickiness')
  const cookie = text(at(table(stickiness), 'cookiename'))
  out.services.set(`${name}${FILE}`, {
    kind: 'loadBalancer',
    name: `${name}${FILE}`,
    servers,
    passHostHeader: true,
    middlewares: [],
    ...(stickiness !== undefined && { sticky: { cookie: { ...(cookie && { name: cookie }) } } }),
  })
}

/** A URL without a port means its scheme's. */
function withPort(url: string): string {
  const bare = url.replace(/\/+$/, '')
  return /:\d+$/.test(bare) ? bare : `${bare}:${bare.startsWith('https:') ? 443 : 80}`
}

const READ = [
  'backend',
  'entrypoints',
  'routes',
  'priority',
  'passhostheader',
  'redirect',
  'whitelist',
  'whitelistsourcerange',
  'headers',
  'passtlscert',
]

function frontend(name: string, own: TomlTable, out: Building): void {
  known(`frontends.${name}`, own, READ, out)
  const target = `${text(at(own, 'backend')) ?? ''}${FILE}`
  if (!out.services.has(target))
    return out.error(`undefined backend '${target.slice(0, -FILE.length)}' for frontend ${name}. Skipping frontend ${name}...`)
  const routes = Object.entries(table(at(own, 'routes'))).map(([route, value]) => ({
    name: route,
    rule: text(at(table(value), 'rule')) ?? '',
  }))
  const priority = at(own, 'priority')
  return setFrontend(
    out,
    `${name}${FILE}`,
    target,
    {
      routes,
      priority: typeof priority === 'number' ? priority : 0,
      passHostHeader: at(own, 'passhostheader') !== false,
      middlewares: middlewaresOf(own),
    },
    texts(at(own, 'entrypoints')).map((each) => each.toLowerCase()),
  )
}

function middlewaresOf(own: TomlTable): readonly MiddlewareConfig[] {
  const out: MiddlewareConfig[] = []
  const allowed = [...texts(at(table(at(own, 'whitelist')), 'sourcerange')), ...texts(at(own, 'whitelistsourcerange'))]
  if (allowed.length > 0) out.push({ ipAllowList: { sourceRange: allowed } })
  const redirect = table(at(own, 'redirect'))
  const permanent = at(redirect, 'permanent') === true
  const [entryPoint, regex, replacement] = ['entrypoint', 'regex', 'replacement'].map((key) => text(at(redirect, key)))
  if (entryPoint) out.push({ toEntryPoint: { name: entryPoint.toLowerCase(), permanent } })
  else if (regex && replacement) out.push({ redirectRegex: { regex, replacement, permanent } })
  const headers = table(at(own, 'headers'))
  const [sent, answered] = ['customrequestheaders', 'customresponseheaders'].map((key) => table(at(headers, key)))
  const strings = (from: TomlTable): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(from).map(([key, value]) => [key, text(value) ?? '']))
  if (sent && Object.keys(sent).length > 0) out.push({ headers: { customRequestHeaders: strings(sent) } })
  if (answered && Object.keys(answered).length > 0) out.push({ headers: { customResponseHeaders: strings(answered) } })
  return out
}
