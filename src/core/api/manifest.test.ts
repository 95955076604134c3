import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readFull } from './full-yaml.ts'
import { type ManifestFile, parseManifests as parse } from './manifest.ts'
import { readSource } from './yaml-source.ts'

const parseManifests = (files: readonly ManifestFile[]) =>
  parse(files.map(({ name, text }) => ({ name, text, source: readSource(text, readFull)! })))

/** `file:line:column: severity: message`, as the command line prints problems. */
const problemsOf = (text: string, name = 'x.yaml'): string[] =>
  parseManifests([{ name, text }]).problems.map(
    ({ file, line, column, severity, message }) => `${file}:${line}:${column}: ${severity}: ${message}`,
  )

const service = (spec: string): string => `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n${spec.replace(/^/gm, '  ')}\n`
const deployment = (spec: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n${spec.replace(/^/gm, '  ')}\n`
const TEMPLATE = 'template:\n  metadata:\n    labels: {app: web}\n  spec:\n    containers: [{name: c, image: nginx}]'

describe('what is wrong is said in the words of kubectl and the API server', () => {
  test.each([
    [
      'a: b: c',
      'x.yaml:1:4: error: error parsing x.yaml: error converting YAML to JSON: yaml: line 1: mapping values are not allowed in this context',
    ],
    ['kind: Pod', 'x.yaml:1:1: error: error validating "x.yaml": error validating data: apiVersion not set'],
    ['apiVersion: v1', 'x.yaml:1:1: error: error validating "x.yaml": error validating data: kind not set'],
    [
      'apiVersion: v1\nkind: Deployment\nmetadata: {name: a}',
      'x.yaml:1:13: error: resource mapping not found for name: "a" namespace: "" from "x.yaml": no matches for kind "Deployment" in version "v1" (Deployment is served as apps/v1)',
    ],
    [
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}',
      'x.yaml:2:7: ignored: NetworkPolicy "a" (networking.k8s.io/v1): not simulated; ignored',
    ],
    [
      'apiVersion: example.com/v1\nkind: Whale\nmetadata: {name: a}',
      'x.yaml:2:7: ignored: Whale "a" (example.com/v1): a custom resource, not simulated; ignored',
    ],
    [
      service('ports: [{port: 70000}]'),
      'x.yaml:6:18: error: The Service "web" is invalid: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      service('ports:\n- port: "80"'),
      'x.yaml:7:11: error: Service in version "v1" cannot be handled as a Service: json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [service('foo: 1\nports: [{port: 80}]'), 'x.yaml:6:3: warning: strict decoding error: unknown field "spec.foo"'],
    [
      service('type: Web\nports: [{port: 80}]'),
      'x.yaml:6:9: error: The Service "web" is invalid: spec.type: Unsupported value: "Web": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [service('selector: {app: web}'), 'x.yaml:6:3: error: The Service "web" is invalid: spec.ports: Required value'],
    [
      service('ports:\n- {port: 80}\n- {port: 81, name: b}'),
      'x.yaml:7:5: error: The Service "web" is invalid: spec.ports[0].name: Required value',
    ],
    [
      service('ports:\n- {port: 80, nodePort: 30000}'),
      'x.yaml:7:26: error: The Service "web" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is \'ClusterIP\'',
    ],
    [
      service('ports: [{port: 80}]\nclusterIP: 10.0.0.300'),
      'x.yaml:7:14: error: The Service "web" is invalid: spec.clusterIP: Invalid value: "10.0.0.300": must be empty, \'None\', or a valid IP address',
    ],
    [
      service('ports: [{port: 80}]\nexternalTrafficPolicy: Local'),
      'x.yaml:7:26: error: The Service "web" is invalid: spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [deployment(TEMPLATE), 'x.yaml:6:3: error: The Deployment "web" is invalid: spec.selector: Required value'],
    [
      deployment(`selector: {matchLabels: {app: other}}\n${TEMPLATE}`),
      'x.yaml:9:15: error: The Deployment "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      deployment(`replicas: -1\nselector: {matchLabels: {app: web}}\n${TEMPLATE}`),
      'x.yaml:6:13: error: The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c}]}',
      'x.yaml:4:21: error: The Pod "p" is invalid: spec.containers[0].image: Required value',
    ],
    [
      'apiVersion: v1\nkind: Endpoints\nmetadata: {name: e}\nsubsets:\n- addresses: [{ip: 10.1.0.1}]\nports: [{port: 80}]',
      'x.yaml:6:1: warning: strict decoding error: unknown field "ports": "ports" belongs in "subsets[].ports"; it is ignored where it stands',
    ],
    [
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels: {on: yes}\nspec: {containers: [{name: c, image: x}]}',
      'x.yaml:5:16: error: Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels.true of type string',
    ],
  ])('%j', (text, problem) => expect(problemsOf(text)).toContain(problem))

  test('a name with capitals', () => {
    const [problem] = problemsOf('apiVersion: v1\nkind: Namespace\nmetadata: {name: Shop}')
    expect(problem).toMatch(
      /^x\.yaml:3:18: error: The Namespace "Shop" is invalid: metadata\.name: Invalid value: "Shop": a lowercase RFC 1123 label must consist/,
    )
  })
})

test('an old version is read as its successor, its selector taken from the template', () => {
  const { documents, problems } = parseManifests([
    { name: 'x', text: `apiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n${TEMPLATE.replace(/^/gm, '  ')}` },
  ])
  expect(problems.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
    'warning: extensions/v1beta1 DaemonSet is unavailable in v1.16+; use apps/v1 DaemonSet (read as that)',
  ])
  expect(documents[0]?.object).toMatchObject({ apiVersion: 'apps/v1', spec: { selector: { matchLabels: { app: 'web' } } } })
})

test('documents, lists and lists of a kind come out in order, with where they begin', () => {
  const text =
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n'
  const list = JSON.stringify(
    { apiVersion: 'v1', kind: 'NamespaceList', items: [{ metadata: { name: 'c', creationTimestamp: null, managedFields: [{}] } }] },
    undefined,
    1,
  )
  const { documents, problems } = parseManifests([
    { name: 'a.yaml', text },
    { name: 'b.json', text: list },
  ])
  expect(problems).toEqual([])
  expect(documents.map(({ file, object, locate }) => `${file}:${locate([]).line} ${object.metadata.name}`)).toEqual([
    'a.yaml:1 a',
    'a.yaml:10 b',
    'b.json:5 c',
  ])
  expect(documents[2]?.raw).toEqual({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'c' } })
})

test('one bad document does not hide the others', () => {
  const { documents, problems } = parseManifests([
    {
      name: 'x',
      text: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\na: b: c\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n',
    },
  ])
  expect(documents.map(({ object }) => object.metadata.name)).toEqual(['a', 'b'])
  expect(problems.map(({ line }) => line)).toEqual([5])
})

test('a bomb of aliases and a bottomless document are refused', () => {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array.from({ length: 9 }, () => `*l${i}`).join(', ')}]`)
  expect(problemsOf(`l0: &l0 [x, x]\n${levels.join('\n')}`)).toEqual([
    'x.yaml:1:1: error: error parsing x.yaml: error converting YAML to JSON: yaml: document contains excessive aliasing',
  ])
  expect(problemsOf('- '.repeat(20_000))).toHaveLength(1)
})

test('JSON and YAML of one object have the same problems, each at its place', () => {
  const bad = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a"b', namespace: 'ns' },
    spec: { 'od,d': [1, { x: '}' }], ports: [{ port: 1 }, { port: 0 }] },
  }
  const json = JSON.stringify(bad, undefined, 2)
  const { problems } = parseManifests([{ name: 'x', text: json }])
  expect(problems.map(({ path, line }) => `${path} ${line}`)).toEqual(
    ['metadata.name 5', 'spec.od,d 9', 'spec.ports[1].port 20'].map((each) => each.replace('spec.od,d', 'spec[od,d]')),
  )
  // A comment makes it YAML: another reader, the same answers one line further down.
  const { problems: again } = parseManifests([{ name: 'x', text: `# c\n${json}` }])
  expect(again).toEqual(problems.map((each) => ({ ...each, line: each.line + 1 })))
})

test('no text makes the reader throw', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80, unit: fc.constantFrom(...'abk:{}[]-,&*!|>"\'\n\t #%?@1'.split('')) }), (text) => {
      const { documents } = parseManifests([{ name: 'x', text }])
      expect(documents).toEqual([])
    }),
    { seed: 7, numRuns: 500 },
  )
})
