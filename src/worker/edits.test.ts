import { describe, expect, it } from 'vitest'
import type { Answers, Ask, Intent, PageEdit } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const MANIFEST = `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: curl}, spec: {containers: [{name: curl, image: curl}]}}
`
const START: Intent = { kind: 'start', options: DEFAULTS }
const GROUND: Intent = { kind: 'apply', files: [{ name: 'web.yaml', text: MANIFEST }], ground: true }
const SEND: Intent = { kind: 'send', order: { from: 'pod/default/curl', to: 'http://web.default/', protocol: 'tcp' } }
const DELETE: Intent = { kind: 'edit', edits: [{ op: 'delete', object: 'deployment/default/web' }] }
const SCALE: Intent = { kind: 'edit', edits: [{ op: 'scale', object: 'deployment/default/web', replicas: 5 }] }

const ask = <A extends Ask>(session: Session, question: A): Answers[A['kind']] => session.answer(question) as Answers[A['kind']]
function opened(...intents: readonly Intent[]): Session {
  const session = new Session(traffic)
  ask(session, { kind: 'open', intents: [START, GROUND, ...intents] })
  return session
}
const podsOf = (session: Session) => ask(session, { kind: 'list', group: 'default/Pod', offset: 0, limit: 99 })
const edit = (session: Session, ...edits: readonly PageEdit[]) => {
  const answer = ask(session, { kind: 'edit', edits })
  if (!answer.accepted) throw new Error(answer.problems[0]?.message)
  return answer
}

describe('undo and redo', () => {
  it('go through every change and back, by name', () => {
    const session = opened()
    const ground = podsOf(session)
    edit(session, { op: 'scale', object: 'deployment/default/web', replicas: 5 })
    const scaled = podsOf(session)
    edit(session, { op: 'delete', object: 'pod/default/curl' })
    expect(ask(session, { kind: 'history' })).toMatchObject({
      past: [
        { kind: 'delete', what: 'curl', others: 0 },
        { kind: 'scale', what: 'web', others: 0, to: '5' },
      ],
      undone: [],
    })
    expect(ask(session, { kind: 'undo' })).toMatchObject({ accepted: true, deed: { kind: 'delete' }, totals: { pods: 6 } })
    expect(podsOf(session)).toEqual(scaled)
    ask(session, { kind: 'undo' })
    expect(podsOf(session)).toEqual(ground)
    ask(session, { kind: 'redo' })
    expect(podsOf(session)).toEqual(scaled)
    expect(ask(session, { kind: 'history' }).undone).toHaveLength(1)
  })

  it('end where the project began', () => {
    expect(ask(opened(), { kind: 'undo' })).toEqual({ accepted: false, problems: [] })
    expect(ask(opened(), { kind: 'redo' })).toEqual({ accepted: false, problems: [] })
  })

  it('a new change takes the place of those undone', () => {
    const session = opened(SCALE, { kind: 'undo' })
    edit(session, { op: 'delete', object: 'pod/default/curl' })
    expect(ask(session, { kind: 'redo' }).accepted).toBe(false)
  })

  it('survive a reload with the packets that were sent in between', () => {
    const intents: readonly Intent[] = [START, GROUND, SEND, DELETE, SEND, { kind: 'undo' }, SCALE, SEND, { kind: 'undo' }]
    const [one, two] = [new Session(traffic), new Session(traffic)]
    const first = ask(one, { kind: 'open', intents })
    const second = ask(two, { kind: 'open', intents })
    expect(first.sent.map(({ conversation }) => conversation.outcome.kind)).toEqual(['answered', 'refused', 'answered'])
    expect([second.sent, second.totals]).toEqual([first.sent, first.totals])
    expect(first.failed).toEqual([])
    expect(podsOf(one)).toEqual(podsOf(two))
    expect(ask(two, { kind: 'history' })).toEqual(ask(one, { kind: 'history' }))
    expect(ask(two, { kind: 'history' }).undone).toHaveLength(1)
  })

  it('mean the same change when another one can no longer be done', () => {
    const broken: Intent = { kind: 'edit', edits: [{ op: 'delete', object: 'pod/default/nobody' }] }
    const session = new Session(traffic)
    const { failed, totals } = ask(session, { kind: 'open', intents: [START, GROUND, SCALE, broken, { kind: 'undo' }] })
    expect(failed).toEqual([3])
    expect(totals.pods).toBe(6)
  })
})

describe('editing', () => {
  it('says what came of it, with what controllers did', () => {
    const session = opened()
    const pod = podsOf(session).find(({ name }) => name.startsWith('web-'))
    const { changes } = edit(session, { op: 'delete', object: pod?.id ?? '' })
    expect(changes).toContainEqual({ object: `Pod/default/${pod?.name}`, op: 'deleted' })
    expect(changes.filter(({ object, op }) => object.startsWith('Pod/') && op === 'created')).toHaveLength(1)
  })

  it('a cordoned node gets no more pods', () => {
    const session = opened()
    edit(session, ...['node-1', 'node-2'].map((node): PageEdit => ({ op: 'cordon', object: `node/${node}`, on: true })))
    const { changes } = edit(session, { op: 'scale', object: 'deployment/default/web', replicas: 6 })
    const made = changes.filter(({ op, object }) => op === 'created' && object.startsWith('Pod/')).map(({ object }) => object.split('/')[2])
    const nodes = made.map(
      (name) => ask(session, { kind: 'describe', target: `pod/default/${name}` })?.facts.find(({ label }) => label === 'node')?.value,
    )
    expect(nodes).toEqual(['node-3', 'node-3', 'node-3'])
  })

  it.each<[string, PageEdit, string]>([
    ['what is gone', { op: 'delete', object: 'pod/default/nobody' }, 'not found'],
    ['replicas of a pod', { op: 'scale', object: 'pod/default/curl', replicas: 2 }, 'has no replicas'],
    ['a cordoned pod', { op: 'cordon', object: 'pod/default/curl', on: true }, 'is no node'],
    ['a negative count', { op: 'scale', object: 'deployment/default/web', replicas: -1 }, 'must be greater than or equal to 0'],
    ['a service on a node', { op: 'move', object: 'service/default/web', node: 'node-1' }, 'runs on no node'],
  ])('refuses %s', (_, wanted, why) => {
    const session = opened()
    const answer = ask(session, { kind: 'edit', edits: [wanted] })
    expect(answer.accepted).toBe(false)
    expect(answer.problems[0]?.message).toContain(why)
    expect(ask(session, { kind: 'history' }).past).toEqual([])
  })

  it('is tried out without being done', () => {
    const session = opened()
    const before = podsOf(session)
    const { changes, total, problems } = ask(session, { kind: 'check', edits: DELETE.kind === 'edit' ? DELETE.edits : [] })
    expect(changes.filter(({ op }) => op === 'deleted').map(({ object }) => object.split('/')[0])).toEqual(
      expect.arrayContaining(['Deployment', 'ReplicaSet', 'Pod']),
    )
    expect([total >= changes.length, problems]).toEqual([true, []])
    expect(podsOf(session)).toEqual(before)
  })

  it('of a file takes away what its new version no longer holds', () => {
    const session = opened()
    const instead = GROUND.kind === 'apply' ? GROUND.files : []
    const files = instead.map(({ name, text }) => ({ name, text: text.slice(0, text.lastIndexOf('---')) }))
    const { changes } = edit(session, { op: 'apply', files, instead })
    expect(changes).toEqual([{ object: 'Pod/default/curl', op: 'deleted' }])
  })

  it('of an object as its own manifest says changes nothing', () => {
    const session = opened()
    for (const target of [
      'deployment/default/web',
      'service/default/web',
      'pod/default/curl',
      'node/node-1',
      podsOf(session)[0]?.id ?? '',
    ]) {
      const manifest = ask(session, { kind: 'manifest', target })
      expect(manifest?.text).not.toMatch(/^status:|^ {2}uid:/m)
      const { changes, problems } = ask(session, { kind: 'check', edits: [{ op: 'apply', files: manifest ? [manifest] : [] }] })
      expect([target, changes, problems]).toEqual([target, [], []])
    }
  })
})

describe('fields', () => {
  const names = (of: string, ...path: readonly string[]) =>
    ask(new Session(traffic), { kind: 'fields', of, path }).fields.map(({ name }) => name)
  it.each([
    ['Service', ['spec'], 'sessionAffinity'],
    ['Service', ['spec', 'ports'], 'nodePort'],
    ['Deployment', ['spec', 'template', 'spec', 'containers', 'ports'], 'containerPort'],
    ['Deployment', [], 'spec'],
    ['', [], 'kind'],
  ] as const)('of %s at %j hold %s', (of, path, expected) => expect(names(of, ...path)).toContain(expected))

  it.each([
    ['Service', ['spec', 'type'], ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']],
    ['Pod', ['spec', 'hostNetwork'], ['true', 'false']],
    ['Deployment', ['apiVersion'], ['apps/v1']],
    ['Service', ['spec', 'nothing'], []],
    ['toString', ['spec'], []],
  ] as const)('of %s at %j have values %j', (of, path, expected) =>
    expect(ask(new Session(traffic), { kind: 'fields', of, path }).values).toEqual(expected),
  )
})

describe('pins', () => {
  const PIN: PageEdit = { op: 'pin', object: 'node/node-2', places: [{ id: 'node/node-2', at: { x: 8, y: 600 } }] }

  it('are undone and redone by name among the changes of the cluster, and leave the cluster alone', () => {
    const session = opened()
    const moved = edit(session, PIN)
    expect(moved).toMatchObject({ deed: { kind: 'pin', what: 'node-2' }, total: 0, pins: { 'node/node-2': { x: 8, y: 600 } } })
    edit(session, { op: 'delete', object: 'pod/default/curl' })
    expect(ask(session, { kind: 'undo' })).toMatchObject({ deed: { kind: 'delete' }, pins: { 'node/node-2': { x: 8, y: 600 } } })
    expect(ask(session, { kind: 'undo' })).toMatchObject({ deed: { kind: 'pin' }, pins: {} })
    expect(ask(session, { kind: 'redo' })).toMatchObject({ deed: { kind: 'pin' }, pins: { 'node/node-2': { x: 8, y: 600 } } })
  })

  it('come back with the project, of a group all at once, and go when things are put back', () => {
    const places = ['external/client', 'external/router'].map((id) => ({ id, at: { x: 0, y: -500 } }))
    const session = new Session(traffic)
    const intents: readonly Intent[] = [START, GROUND, { kind: 'edit', edits: [{ op: 'pin', object: 'external/client', places }] }]
    expect(ask(session, { kind: 'open', intents }).pins).toEqual({ 'external/client': places[0]?.at, 'external/router': places[1]?.at })
    expect(ask(session, { kind: 'history' }).past).toEqual([{ kind: 'pinGroup', what: 'client', others: 0, to: '1' }])
    const back = edit(session, { op: 'pin', object: 'external/client', places: [{ id: 'external/client' }] })
    expect(back).toMatchObject({ deed: { kind: 'unpin', what: 'client' } })
    expect(Object.keys(back.pins)).toEqual(['external/router'])
    expect(ask(session, { kind: 'open', intents: [START, GROUND] }).pins).toEqual({})
  })
})
