import { describe, expect, it } from 'vitest'
import type { Answers, Ask, Intent } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'
import { type ScenePatch, patched } from '../scene/patch.ts'
import type { Scene } from '../scene/scene.ts'
import { packed } from './transfer.ts'

const MANIFEST = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: curl}
spec: {containers: [{name: curl, image: curl}]}
`

const START: Intent = { kind: 'start', options: DEFAULTS }
const APPLY: Intent = { kind: 'apply', files: [{ name: 'web.yaml', text: MANIFEST }] }
const SEND: Intent = { kind: 'send', order: { from: 'pod/default/curl', to: 'http://web.default/', protocol: 'tcp' } }

/** Answers have the type that the question promises. */
const ask = <A extends Ask>(session: Session, question: A): Answers[A['kind']] => session.answer(question) as Answers[A['kind']]

function opened(...intents: readonly Intent[]): Session {
  const session = new Session(traffic)
  ask(session, { kind: 'open', intents: [START, APPLY, ...intents] })
  return session
}

describe('opening a project', () => {
  it('replays what was applied and sent', () => {
    const { totals, sent, problems, failed, scene } = ask(new Session(traffic), { kind: 'open', intents: [START, APPLY, SEND] })
    expect(totals).toMatchObject({ nodes: 3, pods: 4 })
    expect(sent[0]?.conversation.outcome.kind).toBe('answered')
    expect([problems, failed]).toEqual([[], []])
    expect(scene.pods.count).toBe(4)
  })

  it('gives the same packets again', () => {
    const project: Ask = { kind: 'open', intents: [START, APPLY, SEND, SEND, SEND] }
    expect(ask(new Session(traffic), project).sent).toEqual(ask(new Session(traffic), project).sent)
  })

  it('goes on after what cannot be done, and says what that was', () => {
    const bad: Intent = { kind: 'send', order: { from: 'pod/default/nobody', to: '10.0.0.1', protocol: 'icmp' } }
    const { failed, sent, problems } = ask(new Session(traffic), { kind: 'open', intents: [START, APPLY, bad, SEND] })
    expect(failed).toEqual([2])
    expect(sent).toHaveLength(1)
    expect(problems[0]?.message).toContain('"nobody" not found')
  })

  it('begins with an empty cluster where there are no intents', () => {
    expect(ask(new Session(traffic), { kind: 'open', intents: [] }).totals).toEqual({ nodes: 0, pods: 0, services: 0 })
  })
})

describe('applying', () => {
  it('adds to the cluster', () => {
    const answer = ask(opened(), {
      kind: 'apply',
      files: [{ name: 'more.yaml', text: MANIFEST.slice(MANIFEST.lastIndexOf('---')).replaceAll('curl', 'visitor') }],
    })
    expect(answer.accepted && answer.totals.pods).toBe(5)
    expect(answer.accepted && answer.changes).toEqual([{ object: 'Pod/default/visitor', op: 'created' }])
  })

  it('is all or nothing', () => {
    const session = opened()
    const files = [
      { name: 'good.yaml', text: 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}' },
      { name: 'bad.yaml', text: 'apiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {ports: [{port: 70000}]}' },
    ]
    const answer = ask(session, { kind: 'apply', files })
    expect(answer.accepted).toBe(false)
    expect(answer.problems.find((problem) => problem.severity === 'error')).toMatchObject({ file: 'bad.yaml', line: 4 })
    expect(ask(session, { kind: 'describe', target: 'pod/default/a' })).toBeUndefined()
  })
})

describe('sending', () => {
  it('names the places and owners of what the packets met', () => {
    const answer = ask(opened(), { kind: 'send', order: SEND.kind === 'send' ? SEND.order : { from: '', to: '', protocol: 'tcp' } })
    if (!answer.sent) throw new Error(answer.problem.message)
    const { conversation, places, owners } = answer.record
    const request = conversation.connections[0]?.packets[0]
    expect(request?.hops.map((hop) => places[hop.netns]?.kind)).toEqual(expect.arrayContaining(['pod', 'node']))
    expect(request && owners[request.sent.ip.destination]).toBe('service/default/web')
    expect(request && owners[request.sent.ip.source]).toBe('pod/default/curl')
    expect(conversation.fidelity).toContain('name-from-api')
  })

  it('answers a senseless order with a problem', () => {
    const answer = ask(opened(), { kind: 'send', order: { from: 'pod/default/curl', to: 'http://nothing.default/', protocol: 'tcp' } })
    expect(answer.sent).toBe(false)
  })
})

describe('asking', () => {
  it('lists groups in pages', () => {
    const session = opened()
    const names = (offset: number, limit: number) =>
      ask(session, { kind: 'list', group: 'default/Pod', offset, limit }).map((item) => item.id)
    const all = names(0, 100)
    expect(all).toHaveLength(4)
    expect([...names(0, 2), ...names(2, 2)]).toEqual(all)
    expect(ask(session, { kind: 'list', group: '/External', offset: 0, limit: 9 }).length).toBeGreaterThan(0)
    expect(ask(session, { kind: 'list', group: 'nowhere/Pod', offset: 0, limit: 9 })).toEqual([])
  })

  it('describes objects with their relations both ways', () => {
    const session = opened()
    const service = ask(session, { kind: 'describe', target: 'service/default/web' })
    expect(service?.address).toBe('http://web.default/')
    const endpoint = service?.relations.find((relation) => relation.label === 'endpoint')
    const pod = ask(session, { kind: 'describe', target: endpoint?.id ?? '' })
    expect(pod?.relations.map((relation) => relation.id)).toContain('service/default/web')
    expect(pod?.address).toMatch(/^10\.244\.\d+\.\d+:8080$/)
    expect(pod?.yaml).toContain('kind: Pod')
  })

  it.each([
    ['from', '', 'tcp', 'pod/default/curl'],
    ['from', 'node-2', 'tcp', 'node/node-2'],
    ['to', 'web', 'tcp', 'http://web.default/'],
    ['to', 'nodeport', 'tcp', '192.168.1.11:30080'],
    ['to', 'node-1', 'icmp', '192.168.1.11'],
  ] as const)('completes %s %j over %s with %s', (field, text, protocol, expected) => {
    const found = ask(opened(), { kind: 'complete', field, text, protocol, limit: 12 })
    expect(found.map((completion) => completion.value)).toContain(expected)
  })

  it('offers no more than it was asked for', () => {
    expect(ask(opened(), { kind: 'complete', field: 'from', text: '', protocol: 'tcp', limit: 2 })).toHaveLength(2)
  })
})

describe('the map', () => {
  it('keeps everything in its place when the cluster grows, also after it was handed to the page', () => {
    const session = new Session(traffic)
    let shown: Scene | undefined
    const give = <T extends object>(answer: T): T => {
      const { parcel, transfer } = packed(answer as never, session.patch)
      const arrived = structuredClone(parcel, { transfer }) as T & { scene: Scene; patch?: ScenePatch }
      shown = arrived.patch && shown ? patched(shown, arrived.patch) : arrived.scene
      const { patch: _, ...rest } = { ...arrived, scene: shown }
      return rest as unknown as T
    }
    const before = give(ask(session, { kind: 'open', intents: [START, APPLY] }))
    const text = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}'
    const after = give(ask(session, { kind: 'apply', files: [{ name: 'a.yaml', text }] }))
    if (!after.accepted) throw new Error('refused')
    expect(after.scene.pods.count).toBe(before.scene.pods.count + 1)
    expect(after.scene.machines.slot).toEqual(before.scene.machines.slot)
    const places = ({ pods }: typeof before.scene) =>
      Array.from({ length: pods.count }, (_, pod) => `${pods.machine[pod]} ${pods.slot[pod]} ${pods.hue[pod]}`)
    expect(places(after.scene)).toEqual(expect.arrayContaining(places(before.scene)))
    expect(session.patch?.rooms).toHaveLength(1)
    const undone = give(ask(session, { kind: 'undo' }))
    if (!undone.accepted) throw new Error('refused')
    expect(undone.scene).toEqual({ ...before.scene, revision: undone.scene.revision })
  })

  it('is handed over rather than copied', () => {
    const answer = ask(new Session(traffic), { kind: 'open', intents: [START, APPLY] })
    structuredClone(answer, { transfer: packed(answer, undefined).transfer })
    expect(answer.scene.pods.x).toHaveLength(0)
    expect(answer.scene.pods.slot).toHaveLength(answer.scene.pods.count)
  })
})
