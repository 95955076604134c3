/** What the CRDs of the Gateway API say over several fields, in CEL (release 1.3). What they leave to their controllers is not here. */
import type { Gateway, HTTPRoute, HTTPRouteRule } from './gateway.ts'
import { type FieldProblem, invalid, type Path } from './schema.ts'

export function gatewayRules({ spec }: Gateway): FieldProblem[] {
  return spec.listeners.flatMap(({ protocol, tls, hostname }, i) => {
    const path: Path = ['spec', 'listeners']
    const problems: FieldProblem[] = []
    if ((protocol === 'HTTP' || protocol === 'TCP' || protocol === 'UDP') && tls)
      problems.push(invalid(path, protocol, `tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']`))
    if (protocol === 'HTTPS' && tls?.mode === 'Passthrough')
      problems.push(invalid(path, protocol, 'tls mode must be Terminate for protocol HTTPS'))
    if ((protocol === 'TCP' || protocol === 'UDP') && hostname)
      problems.push(invalid([...path, i, 'hostname'], hostname, `hostname must not be specified for protocols ['TCP', 'UDP']`))
    return problems
  })
}

export function httpRouteRules({ spec }: HTTPRoute): FieldProblem[] {
  return (spec.rules ?? []).flatMap((rule, i) => ruleProblems(rule, ['spec', 'rules', i]))
}

function ruleProblems({ matches = [], filters = [], backendRefs = [] }: HTTPRouteRule, at: Path): FieldProblem[] {
  const problems: FieldProblem[] = []
  matches.forEach(({ path }, j) => {
    const { type, value = '/' } = path ?? {}
    if (type !== 'RegularExpression' && !value.startsWith('/'))
      problems.push(
        invalid(
          [...at, 'matches', j, 'path'],
          value,
          `value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']`,
        ),
      )
  })
  const redirects = filters.some(({ type }) => type === 'RequestRedirect')
  if (redirects && backendRefs.length > 0)
    problems.push(invalid(at, 'object', 'RequestRedirect filter must not be used together with backendRefs'))
  if (redirects && filters.some(({ type }) => type === 'URLRewrite'))
    problems.push(
      invalid(
        [...at, 'filters'],
        'array',
        'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
      ),
    )
  const byPrefix = filters.some(
    ({ requestRedirect, urlRewrite }) =>
      requestRedirect?.path?.type === 'ReplacePrefixMatch' || urlRewrite?.path?.type === 'ReplacePrefixMatch',
  )
  if (byPrefix && (matches.length !== 1 || (matches[0]?.path?.type ?? 'PathPrefix') !== 'PathPrefix'))
    problems.push(invalid(at, 'object', 'When using a filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified'))
  return problems
}
