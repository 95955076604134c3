/** A frontend of v1.7 becomes a router: its routes have all to fit, and what it does to requests becomes middlewares (server/server_configuration.go, server_middlewares.go). */
import type { EntryPoint, IngressProviderOptions } from '../../cluster/traefik.ts'
import { toEntryPoint } from '../../cluster/traefik-first.ts'
import type { ObjectRef } from '../program.ts'
import type { FirstAnnotations } from './first-annotations.ts'
import { modifiersOf } from './first-rule.ts'
import type { Building, Frontend, MiddlewareConfig } from './model.ts'
import { RuleError } from './rule.ts'

export interface FirstRoute {
  readonly name: string
  readonly rule: string
}

interface Wanted {
  readonly name: string
  readonly backend: string
  readonly path: string
  readonly annotations: FirstAnnotations
  readonly routes: readonly FirstRoute[]
  readonly object: ObjectRef
}

/** A second path of the same name adds its routes to the first one's frontend. */
export function addFrontend(out: Building, options: IngressProviderOptions, wanted: Wanted): void {
  const { name, backend, annotations, object } = wanted
  const before = out.routers.get(name)
  const known = before?.frontend
  const routes = [...(known?.routes ?? []), ...wanted.routes.filter((each) => !known?.routes.some((other) => other.name === each.name))]
  const frontend: Frontend = known
    ? { ...known, routes }
    : {
        routes,
        priority: annotations.priority,
        passHostHeader: annotations.preserveHost ?? options.passHostHeader ?? true,
        middlewares: middlewaresOf(wanted),
      }
  setFrontend(out, name, backend, frontend, before?.entryPoints ?? annotations.entryPoints, before?.object ?? object)
}

/** Without a stated priority its rules' lengths count. */
export function setFrontend(
  out: Building,
  name: string,
  backend: string,
  frontend: Frontend,
  entryPoints: readonly string[],
  object?: ObjectRef,
): void {
  const { routes, priority } = frontend
  const rule = routes.map((route) => route.rule).join(';')
  const middlewares = [...frontend.middlewares, ...modifiers(rule)].map((config, i) => {
    const id = `${name} ${i + 1}`
    out.middlewares.set(id, { name: id, config, ...(object && { object }) })
    return id
  })
  out.routers.set(name, {
    name,
    rule,
    syntax: 'v1',
    priority: priority > 0 ? priority : routes.reduce((sum, route) => sum + route.rule.length, 0),
    entryPoints,
    middlewares,
    service: backend,
    tls: false,
    frontend,
    ...(object && { object }),
  })
}

/** What cannot be read is told of where the rule is. */
function modifiers(rule: string): readonly MiddlewareConfig[] {
  try {
    return modifiersOf(rule)
  } catch (failure) {
    if (failure instanceof RuleError) return []
    throw failure
  }
}

function middlewaresOf({ name, path, annotations }: Wanted): readonly MiddlewareConfig[] {
  const { whiteList, appRoot, redirect, requestHeaders, responseHeaders } = annotations
  const out: MiddlewareConfig[] = []
  if (whiteList.length > 0) out.push({ ipAllowList: { sourceRange: whiteList } })
  const { regex, replacement, entryPoint, permanent } = redirect
  if (appRoot !== undefined && (path === '/' || path === ''))
    out.push({
      redirectRegex: {
        regex: `${name}${path === '' ? '/' : ''}$`,
        replacement: `${name.replace(/\/+$/, '')}/${appRoot.replace(/^\/+/, '')}`,
        permanent,
      },
    })
  else if (entryPoint !== undefined) out.push({ toEntryPoint: { name: entryPoint, permanent } })
  else if (regex !== undefined && replacement !== undefined) out.push({ redirectRegex: { regex, replacement, permanent } })
  if (Object.keys(requestHeaders).length > 0) out.push({ headers: { customRequestHeaders: requestHeaders } })
  if (Object.keys(responseHeaders).length > 0) out.push({ headers: { customResponseHeaders: responseHeaders } })
  return out
}

/** Redirections to an entry point by its name, once entry points are known; on that entry point itself nothing is redirected. */
export function atEntryPoint(config: MiddlewareConfig, entryPoints: readonly EntryPoint[], on: string): MiddlewareConfig | undefined {
  if (!config.toEntryPoint) return config
  const { name, permanent } = config.toEntryPoint
  const to = entryPoints.find((each) => each.name === name)
  return to && name !== on ? { redirectRegex: { ...toEntryPoint(to), permanent } } : undefined
}
