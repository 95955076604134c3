/** Listener rules in the order in which an ALB tries them (aws-load-balancer-controller pkg/ingress/model_build_listener_rules.go, rule_optimizer.go). */
import type { Ingress, IngressPath } from '../../api/ingress.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import { type AlbAction, type AlbCondition, conditionsOf, PREFIX } from './alb-actions.ts'

export interface AlbRule {
  readonly priority: number
  readonly conditions: readonly AlbCondition[]
  readonly action: AlbAction
  readonly object: { readonly kind: 'Ingress'; readonly namespace: string; readonly name: string; readonly field: string }
}

/** A path with its place in the Ingress. */
export interface PlacedPath {
  readonly path: IngressPath
  readonly field: string
}

/** Exact ones first, then prefixes, the longer before the shorter, then the rest in their own order. */
export function sortedPaths(paths: readonly PlacedPath[]): readonly PlacedPath[] {
  const ofType = (type: IngressPath['pathType']): readonly PlacedPath[] => paths.filter(({ path }) => path.pathType === type)
  const length = ({ path: { path = '' } }: PlacedPath): number => path.length
  return [...ofType('Exact'), ...ofType('Prefix').toSorted((a, b) => length(b) - length(a)), ...ofType('ImplementationSpecific')]
}

/** Host and path of the Ingress together with what the annotation `conditions.SERVICE` adds; all of them have to hold. */
export function ruleConditions(
  ingress: Ingress,
  host: string | undefined,
  { path = '', pathType, backend }: IngressPath,
): Result<readonly AlbCondition[], string> {
  const { annotations = {} } = ingress.metadata
  const more = conditionsOf(annotations, backend.service?.name ?? '')
  if (!more.ok) return more
  const hosts: string[] = host ? [host] : []
  const hostRegexes: string[] = []
  const paths: string[] = []
  const pathRegexes: string[] = []
  if (path !== '') {
    const made = patterns(path, pathType)
    if (!made.ok) return made
    const isRegex = pathType === 'ImplementationSpecific' && annotations[`${PREFIX}use-regex-path-match`] === 'true'
    if (isRegex) pathRegexes.push(path.slice(1))
    else paths.push(...made.value)
  }
  const others: AlbCondition[] = []
  for (const each of more.value) {
    if (each.field === 'host-header') (each.regex ? hostRegexes : hosts).push(...each.values)
    else if (each.field === 'path-pattern') (each.regex ? pathRegexes : paths).push(...each.values)
    else others.push(each)
  }
  const both = (kind: string, values: readonly string[], regexes: readonly string[]): string =>
    `${kind} condition must specify exactly one of Values and RegexValues, got both Values [${values.join(' ')}] and RegexValues [${regexes.join(' ')}]`
  if (hosts.length > 0 && hostRegexes.length > 0) return fail(both('host', hosts, hostRegexes))
  if (paths.length > 0 && pathRegexes.length > 0) return fail(both('path', paths, pathRegexes))
  const of = (field: 'host-header' | 'path-pattern', values: readonly string[], regex: boolean): readonly AlbCondition[] =>
    values.length > 0 ? [{ field, values, ...(regex && { regex }) }] : []
  const all = [
    ...others,
    ...of('host-header', hosts, false),
    ...of('host-header', hostRegexes, true),
    ...of('path-pattern', paths, false),
    ...of('path-pattern', pathRegexes, true),
  ]
  return ok(all.length > 0 ? all : [{ field: 'path-pattern', values: ['/*'] }])
}

function patterns(path: string, pathType: IngressPath['pathType']): Result<readonly string[], string> {
  if (pathType === 'ImplementationSpecific') return ok([path])
  const wild = /[*?]/.test(path)
  if (pathType === 'Exact') return wild ? fail(`exact path shouldn't contain wildcards: ${path}`) : ok([path])
  if (path === '/') return ok(['/*'])
  if (wild) return fail(`prefix path shouldn't contain wildcards: ${path}`)
  const bare = path.endsWith('/') ? path.slice(0, -1) : path
  return ok([bare, `${bare}/*`])
}

type Unnumbered = Omit<AlbRule, 'priority'>

/** Without redirects that would never end, and without rules that a redirect before them hides. */
export function optimised(
  rules: readonly Unnumbered[],
  listener: { readonly port: number; readonly protocol: string },
): readonly AlbRule[] {
  const kept: Unnumbered[] = []
  for (const rule of rules) {
    if (isEndless(rule, listener)) continue
    if (!kept.some((before) => before.action.type === 'redirect' && holdsAll(before.conditions, rule.conditions))) kept.push(rule)
  }
  return kept.map((rule, i) => ({ priority: i + 1, ...rule }))
}

function valuesOf(conditions: readonly AlbCondition[], field: 'host-header' | 'path-pattern'): readonly string[] {
  return conditions.flatMap((each) => (each.field === field ? each.values : []))
}

function isEndless({ conditions, action }: Unnumbered, { port, protocol }: { readonly port: number; readonly protocol: string }): boolean {
  if (action.type !== 'redirect') return false
  if (conditions.some((each) => each.field === 'path-pattern' && each.regex)) return false
  const stays = (said: string, same: string, values: readonly string[]): boolean => said === same || values.includes(said)
  return (
    stays(action.host, '#{host}', valuesOf(conditions, 'host-header')) &&
    stays(action.path, '/#{path}', valuesOf(conditions, 'path-pattern')) &&
    stays(action.port, '#{port}', [String(port)]) &&
    stays(action.protocol, '#{protocol}', [protocol]) &&
    action.query === '#{query}'
  )
}

/** Whether whatever meets the second conditions meets the first, as far as hosts and paths tell. */
function holdsAll(wide: readonly AlbCondition[], narrow: readonly AlbCondition[]): boolean {
  if (wide.some(({ field }) => field !== 'host-header' && field !== 'path-pattern')) return false
  const within = (all: readonly string[], some: readonly string[]): boolean =>
    all.length === 0 || (some.length > 0 && some.every((each) => all.includes(each)))
  const paths = valuesOf(wide, 'path-pattern')
  return (
    within(valuesOf(wide, 'host-header'), valuesOf(narrow, 'host-header')) &&
    (paths.includes('/*') || within(paths, valuesOf(narrow, 'path-pattern')))
  )
}
