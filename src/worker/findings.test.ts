import { describe, expect, it } from 'vitest'
import type { Answers, Ask, PageEdit } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const WEB =
  '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}}}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: curl}, spec: {containers: [{name: curl, image: curl}]}}'
const service = (name: string, spec: string): string => `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {${spec}}}`

const ask = <A extends Ask>(session: Session, question: A): Answers[A['kind']] => session.answer(question) as Answers[A['kind']]
function opened(...documents: readonly string[]): Session {
  const session = new Session(traffic)
  const files = [{ name: 'a.yaml', text: documents.join('\n---\n') }]
  const { problems } = ask(session, {
    kind: 'open',
    intents: [
      { kind: 'start', options: DEFAULTS },
      { kind: 'apply', files, ground: true },
    ],
  })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return session
}
const kindsOf = (session: Session, target: string): readonly string[] =>
  ask(session, { kind: 'findings-of', target }).map(({ finding }) => finding.kind)
function mend(session: Session, target: string): readonly PageEdit[] {
  return ask(session, { kind: 'findings-of', target }).flatMap(({ mends }) => mends.slice(0, 1).map(({ edit }) => edit))
}

describe('findings of an object', () => {
  it.each<[string, string, readonly string[]]>([
    ['a slip in the selector', 'selector: {app: wbe}, ports: [{port: 80, targetPort: 8080}]', ['no-pods-selected', 'selector-near-miss']],
    ['a target port that nobody names', 'selector: {app: web}, ports: [{port: 80, targetPort: htpp}]', ['target-port-unnamed']],
    ['ports of an ExternalName', 'type: ExternalName, externalName: example.com, ports: [{port: 80}]', ['external-name-ports']],
    [
      'a selector of an ExternalName',
      'type: ExternalName, externalName: example.com, selector: {app: web}, ports: []',
      ['external-name-selector'],
    ],
    [
      'a headless port that is not translated',
      'clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]',
      ['headless-port-not-translated', 'headless-no-vip'],
    ],
  ])('%s is found, and mended by one edit that is undone as one', (_, spec, expected) => {
    const session = opened(WEB, service('s', spec))
    expect(kindsOf(session, 'service/default/s')).toEqual(expected)
    const edits = mend(session, 'service/default/s')
    expect(edits).toHaveLength(1)
    expect(ask(session, { kind: 'edit', edits })).toMatchObject({ accepted: true })
    const left = kindsOf(session, 'service/default/s')
    expect(left.filter((kind) => kind !== 'headless-no-vip')).toEqual([])
    ask(session, { kind: 'undo' })
    expect(kindsOf(session, 'service/default/s')).toEqual(expected)
  })

  it('a workload of none gets one pod', () => {
    const session = opened(WEB.replace('replicas: 2', 'replicas: 0'), service('s', 'selector: {app: web}, ports: [{port: 80}]'))
    expect(mend(session, 'service/default/s')).toEqual([{ op: 'scale', object: 'deployment/default/web', replicas: 1 }])
  })

  it('pods that would be selected have part in it', () => {
    const session = opened(WEB, service('s', 'selector: {app: wbe}, ports: [{port: 80}]'))
    const pod = ask(session, { kind: 'list', group: 'default/Pod', offset: 0, limit: 9 }).find(({ name }) => name.startsWith('web-'))
    expect(kindsOf(session, pod?.id ?? '')).toEqual(['selector-near-miss'])
  })
})

describe('all findings', () => {
  const session = opened(
    WEB,
    service('a', 'selector: {app: wbe}, ports: [{port: 80}]'),
    service('b', 'selector: {app: web}, ports: [{port: 80, targetPort: 9999}]'),
  )

  it('are counted, and found by words', () => {
    const { counts, total } = ask(session, { kind: 'findings', find: '', limit: 9 })
    expect({ counts, total }).toEqual({ counts: { error: 1, warning: 2, info: 0 }, total: 3 })
    const found = ask(session, { kind: 'findings', find: 'service/default/b 9999', limit: 9 })
    expect(found.findings.map(({ subject, finding }) => `${subject} ${finding.kind}`)).toEqual(['service/default/b target-port-unopened'])
    expect(ask(session, { kind: 'findings', find: '', severity: 'warning', limit: 1 })).toMatchObject({ total: 2, findings: [{}] })
  })

  it('stand at their objects, at pods that nearly match and at pods that answer', () => {
    const { marks, gravest } = ask(session, { kind: 'marks' })
    const at = (kind: string) => marks.filter(({ id }) => id.startsWith(kind))
    expect(at('service/').map(({ id, severity }) => `${id} ${severity}`)).toEqual(['service/default/a error', 'service/default/b warning'])
    expect(at('pod/').map(({ of, severity }) => `${severity} ${of.join(' ')}`)).toEqual([
      'warning service/default/a service/default/b',
      'warning service/default/a service/default/b',
    ])
    expect(gravest.map(({ subject }) => subject)).toEqual(['service/default/a', 'service/default/b'])
  })

  it('do not stand at who holds what somebody else waits for', () => {
    const port = 'type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]'
    const busy = opened(WEB, service('first', port), service('second', port))
    ask(busy, { kind: 'edit', edits: [{ op: 'configure', setting: { name: 'loadBalancer', value: 'service-lb' } }] })
    expect(ask(busy, { kind: 'marks' }).marks.map(({ id }) => id)).toEqual(['service/default/second'])
  })
})

describe('setting a field', () => {
  const session = opened(
    WEB,
    service(
      's',
      'selector: {app: web}, ports: [{port: 80, targetPort: 8080}, {name: x, port: 81}]'.replace('{port: 80', '{name: w, port: 80'),
    ),
  )
  const set = (path: readonly (string | number)[], value?: string | number): unknown =>
    ask(session, { kind: 'check', edits: [{ op: 'set', object: 'service/default/s', path, ...(value !== undefined && { value }) }] })
  it.each<[readonly (string | number)[], string | number | undefined, string | undefined]>([
    [['spec', 'ports', 0, 'targetPort'], 9090, undefined],
    [['spec', 'ports', 1], undefined, undefined],
    [['metadata', 'annotations', 'a.b/c'], 'x', undefined],
    [['spec', 'ports', 7, 'port'], 1, 'Service "s" has no spec.ports[7].port'],
    [['spec', 'ports', 'port'], 1, 'Service "s" has no spec.ports.port'],
    [['spec', 'type', 'deeper'], 1, 'Service "s" has no spec.type.deeper'],
  ])('%j to %j', (path, value, refusal) => {
    const answer = set(path, value)
    if (refusal === undefined) expect(answer).toMatchObject({ problems: [] })
    else expect(answer).toMatchObject({ problems: [{ severity: 'error', message: refusal }], total: 0 })
  })

  it('is refused in the API server’s words', () => {
    expect(set(['spec', 'ports', 0, 'port'], 70000)).toMatchObject({
      problems: [{ message: expect.stringContaining('must be between 1 and 65535') }],
    })
  })
})
