import { describe, expect, test } from 'vitest'
import type { Ingress, IngressPath } from '../../api/ingress.ts'
import { type AlbAction, actionOf, type AlbCondition, conditionsOf } from './alb-actions.ts'
import { optimised, ruleConditions, sortedPaths } from './alb-rules.ts'

const path = (text: string): IngressPath => {
  const [pathType = '', value = ''] = text.split(' ')
  return { path: value, pathType: pathType as IngressPath['pathType'], backend: { service: { name: 'web', port: { number: 80 } } } }
}

test('exact paths come first, then prefixes by length, then the rest as they stand', () => {
  const paths = ['ImplementationSpecific /z*', 'Prefix /a', 'Prefix /a/b/c', 'ImplementationSpecific /a/b/c/d', 'Exact /a', 'Prefix /a/b']
  expect(sortedPaths(paths.map((each) => ({ path: path(each), field: '' }))).map(({ path: { path: value } }) => value)).toEqual([
    '/a',
    '/a/b/c',
    '/a/b',
    '/a',
    '/z*',
    '/a/b/c/d',
  ])
})

const ingress = (annotations: Readonly<Record<string, string>> = {}): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: 'i',
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value])),
  },
  spec: {},
})
const CONDITIONS =
  '[{"field":"host-header","hostHeaderConfig":{"values":["b.com"]}},{"field":"query-string","queryStringConfig":{"values":[{"key":"v","value":"1"}]}}]'

describe('what a rule asks for', () => {
  test.each<[string, string, string, Readonly<Record<string, string>>, unknown]>([
    ['a prefix', 'a.com', 'Prefix /foo', {}, ['host-header a.com', 'path-pattern /foo,/foo/*']],
    ['a prefix with a slash', '', 'Prefix /foo/', {}, ['path-pattern /foo,/foo/*']],
    ['everything', '', 'Prefix /', {}, ['path-pattern /*']],
    ['no path', '', 'ImplementationSpecific ', {}, ['path-pattern /*']],
    ['no path of a host', 'a.com', 'ImplementationSpecific ', {}, ['host-header a.com']],
    ['an exact path', '', 'Exact /foo', {}, ['path-pattern /foo']],
    ['stars as they are', '', 'ImplementationSpecific /*/x?', {}, ['path-pattern /*/x?']],
    ['a regular expression', '', 'ImplementationSpecific /^/x', { 'use-regex-path-match': 'true' }, ['path-pattern ^/x']],
    ['conditions', 'a.com', 'Exact /', { 'conditions.web': CONDITIONS }, ['query-string v=1', 'host-header a.com,b.com', 'path-pattern /']],
    ['a star in an exact path', '', 'Exact /a*', {}, "exact path shouldn't contain wildcards: /a*"],
    ['a question mark in a prefix', '', 'Prefix /a?', {}, "prefix path shouldn't contain wildcards: /a?"],
  ])('%s', (_, host, text, annotations, expected) => {
    const made = ruleConditions(ingress(annotations), host, path(text))
    expect(
      made.ok
        ? made.value.map(
            ({ field, values }) =>
              `${field} ${values.map((value) => (typeof value === 'string' ? value : `${value.key}=${value.value}`)).join()}`,
          )
        : made.error,
    ).toEqual(expected)
  })
})

describe('annotations that are wrong', () => {
  test.each<[string, string]>([
    ['{', 'failed to parse json annotation, alb.ingress.kubernetes.io/actions.x: {: invalid character'],
    ['{"type":"dance"}', 'unknown action type: dance'],
    ['{"type":"redirect"}', 'missing RedirectConfig'],
    ['{"type":"redirect","redirectConfig":{}}', 'invalid RedirectConfig: statusCode is required'],
    ['{"type":"fixed-response","fixedResponseConfig":{}}', 'invalid FixedResponseConfig: statusCode is required'],
    ['{"type":"forward"}', 'missing ForwardConfig or TargetGroupARN/TargetGroupName'],
    [
      '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"a"}]}}',
      'invalid ForwardConfig: invalid TargetGroupTuple: missing servicePort',
    ],
    [
      '{"type":"forward","forwardConfig":{"targetGroups":[{"weight":1}]}}',
      'invalid ForwardConfig: invalid TargetGroupTuple: missing serviceName or targetGroupARN/targetGroupName',
    ],
  ])('action %s', (text, expected) => {
    expect(actionOf(ingress({ 'actions.x': text }).metadata.annotations ?? {}, 'x')).toEqual({ ok: false, error: expected })
  })

  test.each<[string, string]>([
    ['[{"field":"path-pattern"}]', 'missing pathPatternConfig'],
    ['[{"field":"moon"}]', 'unknown condition field: moon'],
    ['[{"field":"host-header","hostHeaderConfig":{"values":[]}}]', 'invalid hostHeaderConfig: values or regexValues must be specified'],
    ['[{"field":"source-ip","sourceIPConfig":{"values":[]}}]', 'invalid sourceIpConfig: values cannot be empty'],
  ])('condition %s', (text, expected) => {
    const made = conditionsOf(ingress({ 'conditions.x': text }).metadata.annotations ?? {}, 'x')
    expect(made.ok ? made.value : made.error.replace('sourceIPConfig', 'sourceIpConfig')).toEqual(expected)
  })
})

describe('rules that are left out', () => {
  const TO_HTTPS: AlbAction = {
    type: 'redirect',
    host: '#{host}',
    path: '/#{path}',
    port: '443',
    protocol: 'HTTPS',
    query: '#{query}',
    status: 301,
  }
  const FORWARD: AlbAction = { type: 'fixed-response', contentType: 'text/plain', body: '', status: 200 }
  const rule = (action: AlbAction, ...conditions: readonly AlbCondition[]) => ({
    conditions,
    action,
    object: { kind: 'Ingress' as const, namespace: '', name: '', field: '' },
  })
  const host = (...values: readonly string[]): AlbCondition => ({ field: 'host-header', values })
  const pathOf = (...values: readonly string[]): AlbCondition => ({ field: 'path-pattern', values })
  const HTTP = { port: 80, protocol: 'HTTP' }
  const HTTPS = { port: 443, protocol: 'HTTPS' }

  test.each<[string, readonly ReturnType<typeof rule>[], typeof HTTP, readonly number[]]>([
    ['a redirect to where it is', [rule(TO_HTTPS, pathOf('/*')), rule(FORWARD, pathOf('/'))], HTTPS, [1]],
    ['what a redirect of everything hides', [rule(TO_HTTPS, pathOf('/*')), rule(FORWARD, host('a'), pathOf('/'))], HTTP, [0]],
    ['nothing of another host', [rule(TO_HTTPS, host('a'), pathOf('/*')), rule(FORWARD, host('b'), pathOf('/'))], HTTP, [0, 1]],
    ['nothing of every host', [rule(TO_HTTPS, host('a'), pathOf('/*')), rule(FORWARD, pathOf('/'))], HTTP, [0, 1]],
    [
      'nothing behind other conditions',
      [rule(TO_HTTPS, { field: 'http-request-method', values: ['GET'] }), rule(FORWARD, pathOf('/'))],
      HTTP,
      [0, 1],
    ],
    ['nothing behind an answer', [rule(FORWARD, pathOf('/*')), rule(FORWARD, pathOf('/a'))], HTTP, [0, 1]],
  ])('%s', (_, rules, listener, kept) => {
    const made = optimised(rules, listener)
    expect(
      made.map(({ priority: __, ...each }) =>
        rules.findIndex((other) => other.action === each.action && other.conditions === each.conditions),
      ),
    ).toEqual(kept)
    expect(made.map(({ priority }) => priority)).toEqual(kept.map((__, i) => i + 1))
  })
})
