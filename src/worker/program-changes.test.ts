import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { AnswerTo, Ask, ClusterEdit } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const INGRESS = (path: string, port: number) => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: more, namespace: default}
spec:
  ingressClassName: CLASS
  rules:
    - host: more.example.com
      http:
        paths:
          - {path: ${path}, pathType: Prefix, backend: {service: {name: api, port: {number: ${port}}}}}
`

function opened(file: string): Session {
  const session = new Session(traffic)
  const text = readFileSync(new URL(`../../public/scenarios/${file}`, import.meta.url), 'utf8')
  session.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: { ...DEFAULTS, loadBalancer: 'cloud' } },
      { kind: 'apply', files: [{ name: file, text }], ground: true },
    ],
  })
  return session
}
const ask = <A extends Ask>(session: Session, question: A): AnswerTo<A> => session.answer(question) as AnswerTo<A>

const added = (name: string, port: number): ClusterEdit => ({
  op: 'apply',
  files: [{ name: 'more.yaml', text: INGRESS('/new', port).replace('CLASS', name) }],
})

it.each([
  ['ingress-nginx.yaml', 'nginx', 8080, 'reload', '/etc/nginx/nginx.conf', 'more.example.com'],
  ['traefik.yaml', 'traefik', 80, 'update', undefined, 'more.example.com'],
  ['contour.yaml', 'contour', 8080, 'update', undefined, 'more.example.com'],
  ['kong.yaml', 'kong', 80, 'update', undefined, 'more.example.com'],
] as const)('%s: a new Ingress for class %s at port %d makes it %s, and is told as a diff', (file, name, port, how, conf, word) => {
  const session = opened(file)
  const { changes } = ask(session, { kind: 'program-changes', of: { edits: [added(name, port)] } })
  expect(changes.map((change) => change.how)).toEqual([how])
  const changed = changes[0]?.files.find((each) => each.after.includes(word) && !each.before.includes(word))
  expect(changed).toBeDefined()
  if (conf !== undefined) expect(changed?.name).toBe(conf)
  // Nothing was done.
  expect(ask(session, { kind: 'program-changes', of: { step: 0 } }).changes).toEqual([])
})

it('endpoints alone go to the Lua balancer without a reload, and history tells the same afterwards', () => {
  const session = opened('ingress-nginx.yaml')
  const scale: ClusterEdit = { op: 'scale', object: 'deployment/default/api', replicas: 4 }
  const before = ask(session, { kind: 'program-changes', of: { edits: [scale] } })
  expect(before.changes.map(({ how, files }) => [how, files.map((each) => each.name)])).toEqual([['update', ['/configuration/backends']]])
  session.answer({ kind: 'edit', edits: [scale] })
  expect(ask(session, { kind: 'program-changes', of: { step: 0 } }).changes).toEqual(before.changes)
})

it('a controller that comes or goes is told of with all that it has', () => {
  const session = opened('ingress-nginx.yaml')
  const id = ask(session, { kind: 'programs' })[0]?.id ?? ''
  const { changes } = ask(session, { kind: 'program-changes', of: { edits: [{ op: 'delete', object: id }] } })
  expect(changes.map(({ how }) => how).toSorted()).toEqual(['start', 'stop'])
})

it('an Ingress to a Service that is not there is in the log, before it is applied', () => {
  const session = opened('ingress-nginx.yaml')
  const wrong = {
    op: 'apply',
    files: [{ name: 'x.yaml', text: INGRESS('/', 80).replace('CLASS', 'nginx').replace('name: api', 'name: nobody') }],
  } as const
  const [change] = ask(session, { kind: 'program-changes', of: { edits: [wrong] } }).changes
  expect(change?.log.some(({ text }) => text.includes('nobody'))).toBe(true)
})
