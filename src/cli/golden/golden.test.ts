import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { scenarioDumps } from './dumps.ts'
import type { GoldenProbe } from './format.ts'
import { type NodeDumps, type Recording, answersOf, nodesOf, tablesOf } from './recording.ts'
import { runProbes } from './run.ts'
import { clusterOf } from './scenario.ts'

const FOLDER = fileURLToPath(new URL('../testdata/goldens/', import.meta.url))
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))

const read = (name: string): Recording => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'))

/** A real kernel recorded these (README.md beside them): hop by hop, rule by rule, they must come out of the simulator. */
describe('recorded scenarios', () => {
  it('are there', () => {
    expect(names.length).toBeGreaterThan(30)
  })

  describe.each(names)('%s', (name) => {
    const recording = read(name)
    const { cluster, problems } = clusterOf(recording.scenario)

    it('is read without errors', () => {
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    })

    it('programs every node as recorded', () => {
      const dumps = new Map<string, Partial<Record<keyof NodeDumps, string>>>()
      for (const [path, text] of scenarioDumps(cluster)) {
        const [, node = '', file = ''] = path.split('/')
        const key = FILES[file]
        if (key) dumps.set(node, { ...dumps.get(node), [key]: text })
      }
      expect(nodesOf(dumps as Map<string, NodeDumps>)).toEqual(recording.nodes)
    })

    let answers: Recording['probes'] | undefined
    it.each(Object.keys(recording.probes))('probe %s', (id) => {
      answers ??= answersOf(recording.scenario, probesOf(recording, cluster), tablesOf(recording))
      expect(answers[id]).toEqual(recording.probes[id])
    })
  })
})

const FILES: Readonly<Record<string, keyof NodeDumps>> = {
  'iptables-save.txt': 'save',
  'ip6tables-save.txt': 'save6',
  'nft-kube-proxy.txt': 'nft',
  'nft-kube-proxy6.txt': 'nft6',
  'ipvsadm-Ln.txt': 'ipvs',
  'ipset-save.txt': 'sets',
  'routes.json': 'routes',
  'routes6.json': 'routes6',
  'fdb.json': 'fdb',
  'neigh.json': 'neigh',
}

function probesOf(recording: Recording, cluster: Parameters<typeof runProbes>[1]): GoldenProbe[] {
  return [...runProbes(recording.scenario, cluster, recording.picks)].map((run) => {
    if (!run.ok) throw new Error(run.error)
    return run.value
  })
}

/** Where the full recordings lie beside the project, every one of them must be among the compact ones. */
const SHARED = fileURLToPath(new URL('../../../../shared/goldens/open/', import.meta.url))
describe('compact copies', () => {
  it('are complete, as far as the originals are here', () => {
    if (!existsSync(SHARED)) {
      console.info(`skipped: no full recordings in ${SHARED}`)
      return
    }
    const wanted = readdirSync(SHARED).filter((name) => existsSync(join(SHARED, name, 'scenario.json')))
    expect(names).toEqual(expect.arrayContaining(wanted))
  })
})
