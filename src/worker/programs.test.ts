import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { AnswerTo, Ask, StartOptions } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

interface Sample {
  readonly id: string
  readonly files: readonly string[]
  readonly start?: Partial<StartOptions>
}
const read = (file: string): string => readFileSync(new URL(`../../public/scenarios/${file}`, import.meta.url), 'utf8')
const SAMPLES = JSON.parse(read('index.json')) as readonly Sample[]

function opened({ files, start = {} }: Pick<Sample, 'files' | 'start'>): Session {
  const session = new Session(traffic)
  session.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: { ...DEFAULTS, ...start } },
      { kind: 'apply', files: files.map((name) => ({ name, text: read(name) })), ground: true },
    ],
  })
  return session
}
const ask = <A extends Ask>(session: Session, question: A): AnswerTo<A> => session.answer(question) as AnswerTo<A>

const ROUTING = SAMPLES.map((sample) => ({ sample, session: opened(sample) })).filter(
  ({ session }) => ask(session, { kind: 'programs' }).length > 0,
)

it('there are samples of every program', () => {
  const names = new Set(ROUTING.flatMap(({ session }) => ask(session, { kind: 'programs' }).map(({ name }) => name)))
  expect([...names]).toEqual(expect.arrayContaining(['ingress-nginx', 'traefik', 'envoy', 'kong']))
})

describe.each(ROUTING.map(({ sample, session }) => ({ id: sample.id, session })))('the programs of the sample $id', ({ session }) => {
  const found = ask(session, { kind: 'programs' })

  it('have rows that lead to lines, objects and rows that are there', () => {
    for (const { id, name } of found) {
      const report = ask(session, { kind: 'program', target: id })
      expect(report?.name).toBe(name)
      const rows = new Map(report?.tables.map((table) => [table.id, new Set(table.rows.map((row) => row.id))]))
      for (const { columns, rows: all } of report?.tables ?? [])
        for (const { next, at, object, cells } of all) {
          expect(cells).toHaveLength(columns.length)
          if (next) expect(rows.get(next.table)?.has(next.row), `${name} ${next.table} ${next.row}`).toBe(true)
          const lines = report?.files.find((each) => each.name === at?.file)?.text.split('\n')
          if (at) expect(lines?.[at.line - 1]?.trim(), `${at.file}:${at.line}`).toBeTruthy()
          if (object) expect(ask(session, { kind: 'describe', target: object.id })?.id, object.id).toBe(object.id)
        }
    }
  })

  it('stand on the map as listeners, routes, upstreams and endpoints, with wires between those that are there', () => {
    for (const { id } of found) {
      const board = ask(session, { kind: 'program-board', target: id, limit: 12 })
      // A balancer outside that nobody wants anything of listens to nothing.
      const listening = ask(session, { kind: 'program', target: id })?.listeners.length ?? 0
      expect((board?.columns.listeners.total ?? 0) > 0, id).toBe(listening > 0)
      for (const { from, cell, to, next } of board?.wires ?? []) {
        expect(board?.columns[from].cells[cell]).toBeDefined()
        expect(board?.columns[to].cells[next]).toBeDefined()
      }
      const { routes, upstreams, endpoints } = board?.columns ?? {}
      const whole = routes && upstreams && endpoints && routes.total > 0 && upstreams.total > 0 && endpoints.total > 0
      if (whole) expect(new Set(board?.wires.map(({ from }) => from)), id).toEqual(new Set(['routes', 'upstreams']))
    }
  })
})

it('tells where no such program is', () => {
  const session = opened({ files: ['ingress-nginx.yaml'], start: { loadBalancer: 'cloud' } })
  expect(ask(session, { kind: 'program', target: 'external/client' })).toBeUndefined()
  expect(ask(session, { kind: 'program-board', target: 'pod/none/such', limit: 3 })).toBeUndefined()
})

it.each([
  ['edge', { version: 1, port: 8080 }],
  // Its API is on, but no router leads to it.
  ['k3sTraefik', undefined],
] as const)('the dashboard of %s is %j', (id, dashboard) => {
  const session = ROUTING.find(({ sample }) => sample.id === id)?.session
  const target = session && ask(session, { kind: 'programs' })[0]?.id
  expect(session && ask(session, { kind: 'program', target: target ?? '' })?.dashboard).toEqual(dashboard)
})
