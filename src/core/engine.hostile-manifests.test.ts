import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KINDS } from './api/scheme.ts'
import { readSource } from './api/yaml-source.ts'
import { list } from './cluster/cluster.ts'
import { apply, start } from './control-plane.ts'
import { findings } from './findings/findings.ts'

/** What a person may hand in that nobody meant: it is refused or taken, and nothing throws. */
function survives(text: string): void {
  const { simulation, problems } = apply(start({ loadBalancer: 'cloud' }), [{ name: 'x.json', text }], { nodes: 2 })
  findings(simulation.cluster)
  if (problems.some(({ severity }) => severity === 'error')) expect([...list(simulation.cluster, 'Pod')]).toEqual([])
}

describe('a kind without what it is about', () => {
  const bodies = [
    {},
    { spec: null },
    { spec: {} },
    { spec: [] },
    { spec: 'x' },
    { metadata: null },
    { metadata: { name: 'a', labels: null } },
  ]
  test.each(Object.values(KINDS).map(({ kind, apiVersion }) => [kind, apiVersion]))('%s', (kind, apiVersion) => {
    for (const body of bodies) survives(JSON.stringify({ apiVersion, kind, metadata: { name: 'a' }, ...body }))
  })
})

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const folder = new URL('../../public/scenarios/', import.meta.url)
const samples = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(new URL(name.replaceAll('\\', '/'), folder), 'utf8'))
  .filter((text) => text.length < 12_000)
  .map((text) => (readSource(text)?.documents ?? []).map(({ value }) => value as Json).filter((value) => value !== null))
  .filter((documents) => documents.length > 0)

/** Every place in a value: what holds it, and under which name. */
function places(value: Json, found: [Json[] | { [key: string]: Json }, string][] = []): typeof found {
  if (typeof value === 'object' && value !== null)
    for (const [key, each] of Object.entries(value)) {
      found.push([value, key])
      places(each, found)
    }
  return found
}

const junk = fc.constantFrom<Json>(
  null,
  '',
  0,
  -1,
  1.5,
  65_536,
  1e15,
  true,
  [],
  {},
  [null],
  { a: null },
  'None',
  '*',
  '::',
  '10.0.0.0/33',
  '/',
  'é\u0000',
)

test('samples in which something was changed by chance', () => {
  expect(samples.length).toBeGreaterThan(20)
  const change = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('replace', 'remove', 'copy', 'repeat'), junk)
  fc.assert(
    fc.property(fc.nat(), fc.array(change, { minLength: 1, maxLength: 3 }), (which, changes) => {
      const documents = structuredClone(samples[which % samples.length] ?? [])
      for (const [at, from, how, value] of changes) {
        const all = places(documents)
        const [holder, key] = all[at % all.length] ?? [documents, '0']
        const [other, name] = all[from % all.length] ?? [documents, '0']
        if (how === 'remove' && !Array.isArray(holder)) delete holder[key]
        else if (how === 'repeat' && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)] ?? null))
        else Object.assign(holder, { [key]: structuredClone(how === 'copy' ? (other as { [key: string]: Json })[name] : value) })
      }
      survives(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: documents }))
    }),
    { seed: 8, numRuns: 250 },
  )
})

test('words that every object of JavaScript knows are labels and selectors like others', () => {
  const labels = { app: 'a', constructor: 'x' }
  const pod = (name: string, own: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: own },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  })
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { selector: labels, ports: [{ port: 80 }] } }
  survives(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [pod('p', { app: 'a' }), pod('q', { toString: 'a' }), service] }))
})
