import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { AnswerTo, Ask, ManifestFile } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const FOLDER = new URL('../../public/controllers/', import.meta.url)
const ask = <A extends Ask>(session: Session, question: A): AnswerTo<A> => session.answer(question) as AnswerTo<A>

const ingress = (ingressClass: string | undefined): ManifestFile => ({
  name: 'ingress.yaml',
  text: `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ${ingressClass === undefined ? '' : `ingressClassName: ${ingressClass}`}
  rules:
    - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
`,
})

function opened(ingressClass: string | undefined): Session {
  const session = new Session(traffic)
  session.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: { ...DEFAULTS, loadBalancer: 'cloud' } },
      { kind: 'apply', files: [ingress(ingressClass)], ground: true },
    ],
  })
  return session
}
const unserved = (session: Session) =>
  ask(session, { kind: 'findings-of', target: 'ingress/default/web' }).filter(({ finding }) => finding.kind === 'ingress-no-controller')

describe.each(readdirSync(FOLDER))('the manifest of %s', (file) => {
  const name = file.replace('.yaml', '')
  const text = readFileSync(new URL(file, FOLDER), 'utf8')
  const apply = (session: Session) => ask(session, { kind: 'edit', edits: [{ op: 'apply', files: [{ name: file, text }] }] })

  it('runs a controller that takes Ingresses of its class and writes them into its configuration', () => {
    const session = opened(name === 'ingress-nginx' ? 'nginx' : name)
    expect(unserved(session)).toHaveLength(1)
    expect(apply(session).problems).toEqual([])
    expect(unserved(session)).toEqual([])
    const [program] = ask(session, { kind: 'programs' })
    const report = ask(session, { kind: 'program', target: program?.id ?? '' })
    const rows = report?.tables.flatMap((table) => table.rows) ?? []
    expect(rows.some(({ object }) => object?.id === 'ingress/default/web')).toBe(true)
    const described = ask(session, { kind: 'describe', target: 'ingress/default/web' })
    expect(described?.relations.some(({ label }) => label === 'controller')).toBe(true)
  })
})

it('an Ingress that names no class can be given one that somebody serves', () => {
  const session = opened(undefined)
  ask(session, {
    kind: 'edit',
    edits: [{ op: 'apply', files: [{ name: 'n', text: readFileSync(new URL('ingress-nginx.yaml', FOLDER), 'utf8') }] }],
  })
  const [found] = unserved(session)
  expect(found?.finding.params).toMatchObject({ why: 'no-class' })
  const [mend] = found?.mends ?? []
  expect(mend?.params).toMatchObject({ field: 'spec.ingressClassName', value: 'nginx' })
  if (mend) ask(session, { kind: 'edit', edits: [mend.edit] })
  expect(unserved(session)).toEqual([])
})
