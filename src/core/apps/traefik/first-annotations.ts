/** `ingress.kubernetes.io/*`, the same with `traefik.` before it, and the labels of still older days (provider/kubernetes/annotations.go of v1.7). */
import { INGRESS_CLASS_ANNOTATION } from '../../api/ingress.ts'
import { fail, ok, type Result } from '../../base/result.ts'

type Annotations = Readonly<Record<string, string>> | undefined

const LABELS: Readonly<Record<string, string>> = {
  'preserve-host': 'traefik.frontend.passHostHeader',
  'frontend-entry-points': 'traefik.frontend.entryPoints',
  priority: 'traefik.frontend.priority',
  affinity: 'traefik.backend.loadbalancer.stickiness',
  'session-cookie-name': 'traefik.backend.loadbalancer.stickiness.cookieName',
  'rule-type': 'traefik.frontend.rule.type',
  'redirect-entry-point': 'traefik.frontend.redirect.entrypoint',
  'redirect-regex': 'traefik.frontend.redirect.regex',
  'redirect-replacement': 'traefik.frontend.redirect.replacement',
}

const READ: ReadonlySet<string> = new Set([
  ...Object.keys(LABELS),
  'rewrite-target',
  'request-modifier',
  'whitelist-source-range',
  'redirect-permanent',
  'app-root',
  'protocol',
  'custom-request-headers',
  'custom-response-headers',
])

export interface FirstAnnotations {
  readonly priority: number
  readonly entryPoints: readonly string[]
  readonly preserveHost: boolean | undefined
  readonly whiteList: readonly string[]
  readonly redirect: { readonly entryPoint?: string; readonly regex?: string; readonly replacement?: string; readonly permanent: boolean }
  readonly appRoot: string | undefined
  readonly protocol: string | undefined
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly responseHeaders: Readonly<Record<string, string>>
  /** Of a Service. */
  readonly affinity: boolean
  readonly cookieName: string | undefined
  /** Empty where there is no path; why not, in Traefik's words. */
  ruleFor(path: string): Result<string, string>
}

function valueOf(annotations: Annotations, name: string): string | undefined {
  const own = annotations ?? {}
  const label = LABELS[name]
  return (
    own[`ingress.kubernetes.io/${name}`] ?? own[`traefik.ingress.kubernetes.io/${name}`] ?? (label === undefined ? undefined : own[label])
  )
}

/** Those that are meant for Traefik and that nothing here reads. */
export const unreadAnnotations = (annotations: Annotations): readonly string[] =>
  Object.keys(annotations ?? {}).filter((key) => {
    const [, name] = /^(?:traefik\.)?ingress\.kubernetes\.io\/(.+)$/.exec(key) ?? []
    if (name !== undefined) return !READ.has(name)
    return key.startsWith('traefik.') && key !== INGRESS_CLASS_ANNOTATION && !Object.values(LABELS).includes(key)
  })

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

/** `Name:value||Other:value`. */
const headersOf = (text: string | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (text ?? '').split('||').flatMap((pair): readonly (readonly [string, string])[] => {
      const at = pair.indexOf(':')
      return at < 0 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()]]
    }),
  )

export function firstAnnotations(annotations: Annotations): FirstAnnotations {
  const at = (name: string): string | undefined => valueOf(annotations, name)
  const [entryPoint, regex, replacement] = [at('redirect-entry-point'), at('redirect-regex'), at('redirect-replacement')]
  const host = at('preserve-host')
  const priority = Number(at('priority') ?? 0)
  return {
    priority: Number.isInteger(priority) ? priority : 0,
    entryPoints: listOf(at('frontend-entry-points')).map((each) => each.toLowerCase()),
    preserveHost: host === undefined ? undefined : host === 'true',
    whiteList: listOf(at('whitelist-source-range')),
    redirect: {
      ...(entryPoint && { entryPoint: entryPoint.toLowerCase() }),
      ...(regex && { regex }),
      ...(replacement && { replacement }),
      permanent: at('redirect-permanent') === 'true',
    },
    appRoot: at('app-root') || undefined,
    protocol: at('protocol') || undefined,
    requestHeaders: headersOf(at('custom-request-headers')),
    responseHeaders: headersOf(at('custom-response-headers')),
    affinity: at('affinity') === 'true',
    cookieName: at('session-cookie-name'),
    ruleFor: (path) => ruleFor(path, at('rule-type') ?? 'PathPrefix', at('rewrite-target') ?? '', at('request-modifier') ?? ''),
  }
}

const MATCHERS: ReadonlySet<string> = new Set(['Path', 'PathPrefix', 'PathStrip', 'PathPrefixStrip', 'ReplacePath'])
const MODIFIERS: ReadonlySet<string> = new Set(['AddPrefix', 'ReplacePath', 'ReplacePathRegex'])

function ruleFor(path: string, type: string, rewriteTarget: string, modifier: string): Result<string, string> {
  if (path === '') return ok('')
  if (!MATCHERS.has(type)) return fail(`cannot use non-matcher rule: "${type}"`)
  const rules = [`${type}:${path}`]
  if (rewriteTarget !== '') {
    if (type === 'ReplacePath') return fail('rewrite-target must not be used together with annotation "ingress.kubernetes.io/rule-type"')
    rules.push(`ReplacePathRegex: ^${path === '/' ? '' : path}(.*) ${rewriteTarget.replace(/\/+$/, '')}$1`)
  }
  if (modifier !== '') {
    const [name = '', value] = modifier.replace(/[ :]+$/, '').split(':')
    if (value === undefined) return fail(`rule "${modifier}" is missing type or value`)
    if (!MODIFIERS.has(name.trim()))
      return fail(name.trim() === '' ? 'cannot use empty rule' : `cannot use non-modifier rule: "${name.trim()}"`)
    rules.push(`${name.trim()}:${value.trim()}`)
  }
  return ok(rules.join(';'))
}
