import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { AnswerTo, Ask, StartOptions } from './protocol.ts'
import { ROLES } from '../scene/program-board.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const sample = (file: string, options: Partial<StartOptions> = {}): Session => {
  const session = new Session(traffic)
  const text = readFileSync(new URL(`../../public/scenarios/${file}`, import.meta.url), 'utf8')
  session.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: { ...DEFAULTS, loadBalancer: 'cloud', ...options } },
      { kind: 'apply', files: [{ name: file, text }], ground: true },
    ],
  })
  return session
}
const ask = <A extends Ask>(session: Session, question: A): AnswerTo<A> => session.answer(question) as AnswerTo<A>

describe.each([
  ['ingress-nginx.yaml', 'ingress-nginx'],
  ['traefik.yaml', 'traefik'],
  ['contour.yaml', 'envoy'],
  ['kong.yaml', 'kong'],
])('the program of %s', (file, name) => {
  const session = sample(file)
  const found = ask(session, { kind: 'programs' }).filter((each) => each.name === name)
  const id = found[0]?.id ?? ''

  it('is found, with its files, and rows that lead to lines, objects and rows', () => {
    const report = ask(session, { kind: 'program', target: id })
    expect(report?.name).toBe(name)
    const rows = new Map(report?.tables.map((table) => [table.id, new Set(table.rows.map((row) => row.id))]))
    for (const { rows: all } of report?.tables ?? [])
      for (const { next, at, object } of all) {
        if (next) expect(rows.get(next.table)?.has(next.row), `${next.table} ${next.row}`).toBe(true)
        const lines = report?.files.find((each) => each.name === at?.file)?.text.split('\n')
        if (at) expect(lines?.[at.line - 1]?.trim()).toBeTruthy()
        if (object) expect(ask(session, { kind: 'describe', target: object.id })?.id).toBe(object.id)
      }
    expect(report?.tables.flatMap(({ rows: all }) => all).some(({ object }) => object !== undefined)).toBe(true)
  })

  it('stands on the map as listeners, routes, upstreams and endpoints that are wired', () => {
    const board = ask(session, { kind: 'program-board', target: id, limit: 12 })
    for (const role of ROLES) expect(board?.columns[role].cells.length, role).toBeGreaterThan(0)
    expect(board?.wires.some(({ from }) => from === 'routes')).toBe(true)
    expect(board?.wires.some(({ from }) => from === 'upstreams')).toBe(true)
  })
})

it('tells where no such program is', () => {
  const session = sample('ingress-nginx.yaml')
  expect(ask(session, { kind: 'program', target: 'external/client' })).toBeUndefined()
  expect(ask(session, { kind: 'program-board', target: 'pod/none/such', limit: 3 })).toBeUndefined()
  expect(ask(session, { kind: 'program', target: ask(session, { kind: 'programs' })[0]?.id ?? '' })?.retired?.since).toMatch(/2026/)
})
