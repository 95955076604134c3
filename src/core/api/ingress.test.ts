import { describe, expect, test } from 'vitest'
import { decodeBase64, encodeBase64, latin1, utf8Bytes } from './base64.ts'
import { parseManifests } from './manifest.ts'

const problems = (text: string): readonly string[] =>
  parseManifests([{ name: 'x.yaml', text }]).problems.map(({ severity, message }) => `${severity}: ${message}`)
const objects = (text: string): readonly unknown[] => parseManifests([{ name: 'x.yaml', text }]).documents.map(({ object }) => object)

const v1 = (spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  ${spec.split('\n').join('\n  ')}\n`
const path = (fields: string): string => v1(`rules:\n- http:\n    paths:\n    - ${fields}`)
const BACKEND = 'backend: {service: {name: web, port: {number: 80}}}'
const AT = 'error: The Ingress "web" is invalid: spec'

describe('Ingress as the API server sees it', () => {
  test.each<[string, readonly string[]]>([
    [v1('defaultBackend: {service: {name: web, port: {number: 80}}}'), []],
    [v1('ingressClassName: nginx'), [`${AT}: Invalid value: []: either \`defaultBackend\` or \`rules\` must be specified`]],
    [path(`{path: /, pathType: Prefix, ${BACKEND}}`), []],
    [path(`{pathType: ImplementationSpecific, ${BACKEND}}`), []],
    [path(`{path: /, ${BACKEND}}`), [`${AT}.rules[0].http.paths[0].pathType: Required value: pathType must be specified`]],
    [
      path(`{path: /, pathType: prefix, ${BACKEND}}`),
      [`${AT}.rules[0].http.paths[0].pathType: Unsupported value: "prefix": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [
      path(`{path: foo, pathType: Exact, ${BACKEND}}`),
      [`${AT}.rules[0].http.paths[0].path: Invalid value: "foo": must be an absolute path`],
    ],
    [
      path(`{path: /a//b, pathType: Exact, ${BACKEND}}`),
      [`${AT}.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain '//'`],
    ],
    [
      path(`{path: /a/.., pathType: Prefix, ${BACKEND}}`),
      [`${AT}.rules[0].http.paths[0].path: Invalid value: "/a/..": cannot end with '/..'`],
    ],
    [
      path('{path: /, pathType: Prefix, backend: {service: {name: web}}}'),
      [`${AT}.rules[0].http.paths[0].backend: Required value: port name or number is required`],
    ],
    [
      path('{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http, number: 80}}}}'),
      [`${AT}.rules[0].http.paths[0].backend: Invalid value: "": cannot set both port name & port number`],
    ],
    [
      path('{path: /, pathType: Prefix, backend: {}}'),
      [`${AT}.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required`],
    ],
    [
      path(
        '{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}, resource: {apiGroup: x.com, kind: Bucket, name: b}}}',
      ),
      [`${AT}.rules[0].http.paths[0].backend: Invalid value: "": cannot set both resource and service backends`],
    ],
    [
      path(`{path: /a%2fb, pathType: Prefix, ${BACKEND}}`),
      [`${AT}.rules[0].http.paths[0].path: Invalid value: "/a%2fb": must not contain '%2f'`],
    ],
    [path(`{path: "/a(.*", pathType: ImplementationSpecific, ${BACKEND}}`), []],
    ...['*', '*.*.com', '*com'].map((host): [string, readonly string[]] => [
      v1(`rules:\n- host: "${host}"`),
      [
        `${AT}.rules[0].host: Invalid value: "${host}": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ],
    ]),
    [v1('rules:\n- host: 10.0.0.1'), [`${AT}.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address`]],
    [
      v1('rules:\n- host: a.*.com'),
      [
        `${AT}.rules[0].host: Invalid value: "a.*.com": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ],
    ],
    [v1('rules:\n- host: "*.foo.com"'), []],
    [
      'apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: c}\nspec: {controller: nginx}',
      [
        'error: The IngressClass "c" is invalid: spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
      ],
    ],
    [
      'apiVersion: v1\nkind: Secret\nmetadata: {name: t}\ntype: kubernetes.io/tls\ndata: {tls.crt: ""}',
      ['error: The Secret "t" is invalid: data[tls.key]: Required value'],
    ],
  ])('%s', (text, expected) => {
    expect(problems(text)).toEqual(expected)
  })

  test('versions of before v1.22 are read as v1', () => {
    const text = `apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web}
spec:
  backend: {serviceName: other, servicePort: 8080}
  rules:
  - host: mydomain.com
    http:
      paths:
      - {path: /bar/*, backend: {serviceName: bar, servicePort: http}}
`
    expect(problems(text)).toEqual([
      'warning: extensions/v1beta1 Ingress is unavailable in v1.22+; use networking.k8s.io/v1 Ingress (read as that)',
    ])
    expect(objects(text)).toEqual([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'web', namespace: 'default' },
        spec: {
          defaultBackend: { service: { name: 'other', port: { number: 8080 } } },
          rules: [
            {
              host: 'mydomain.com',
              http: {
                paths: [
                  { path: '/bar/*', pathType: 'ImplementationSpecific', backend: { service: { name: 'bar', port: { name: 'http' } } } },
                ],
              },
            },
          ],
        },
      },
    ])
  })

  test('stringData becomes data', () => {
    expect(objects('apiVersion: v1\nkind: Secret\nmetadata: {name: t}\nstringData: {a: "h\\u00e9"}')).toEqual([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 't', namespace: 'default' }, type: 'Opaque', data: { a: 'aMOp' } },
    ])
  })
})

test.each(['', 'a', 'ab', 'abc', 'abcd'])('base64 of %j', (text) => {
  const encoded = encodeBase64(utf8Bytes(text))
  expect(encoded).toBe(Buffer.from(text).toString('base64'))
  const decoded = decodeBase64(encoded)
  expect('bytes' in decoded && latin1(decoded.bytes)).toBe(text)
})

test.each([
  ['a', 1],
  ['a===', 1],
  ['ab=c', 3],
  ['ab*=', 2],
])('%j is no base64', (text, corruptAt) => {
  expect(decodeBase64(text)).toEqual({ corruptAt })
})
