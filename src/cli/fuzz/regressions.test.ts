import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Recording, answersOf, tablesOf } from '../golden/recording.ts'
import { runProbes } from '../golden/run.ts'
import { clusterOf } from '../golden/scenario.ts'

const FOLDER = new URL('./regressions/', import.meta.url)
const recordings = readdirSync(fileURLToPath(FOLDER))
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Recording] as const)

/** What a real kernel did with random clusters, where Kubehop once said something else, or where much comes together (README.md beside them). */
describe('random clusters, as a kernel saw them', () => {
  it('are there', () => expect(recordings.length).toBeGreaterThan(0))

  describe.each(recordings)('%s', (_, recording) => {
    const { cluster, problems } = clusterOf(recording.scenario)
    const runs = [...runProbes(recording.scenario, cluster, recording.picks)]

    it('is read and run without errors', () => {
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(runs.flatMap((run) => (run.ok ? [] : [run.error]))).toEqual([])
    })

    const probes = runs.flatMap((run) => (run.ok ? [run.value] : []))
    const answers = answersOf(recording.scenario, probes, tablesOf(recording))
    it.each(Object.keys(recording.probes))('probe %s', (id) => {
      expect(answers[id]).toEqual(recording.probes[id])
    })
  })
})
