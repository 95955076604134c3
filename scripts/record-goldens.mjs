/**
 * Makes the compact recordings of src/cli/testdata/goldens from a folder of full ones:  node scripts/record-goldens.mjs FOLDER
 * Scenarios that the simulator cannot run yet are left out. Only the answers' form changes, by the same function that the tests use.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'vite'

const [folder] = process.argv.slice(2)
if (!folder) throw new Error('usage: node scripts/record-goldens.mjs FOLDER')
const OUT = 'src/cli/testdata/goldens'
const PICK = ['node', 'table', 'hook', 'serviceChain', 'endpoint']
/** What earlier traffic had made of IPVS; the first tells that it is one of these. */
const IPVS_PICK = [
  'mechanism',
  'node',
  'hook',
  'proto',
  'client',
  'virtualServer',
  'endpoint',
  'scheduledBefore',
  'existingConnection',
  'persistenceTemplateBefore',
  'realServersBefore',
]
const chance = (pick) => Object.fromEntries((pick.mechanism === 'ipvs' ? IPVS_PICK : PICK).map((key) => [key, pick[key]]))
const json = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'))
const text = (...path) => readFileSync(join(...path), 'utf8')

/** What the simulator may know: neither the author's expectation nor how the recorder forced a pick. */
const SECRET = new Set(['expect', 'until', 'note', 'maxTries'])
const asked = (probe) => Object.fromEntries(Object.entries(probe).filter(([key]) => !SECRET.has(key)))

const server = await createServer({ configFile: false, server: { middlewareMode: true }, appType: 'custom', logLevel: 'error' })
const { recordingOf } = await server.ssrLoadModule('/src/cli/golden/recording.ts')
const { absent } = await server.ssrLoadModule('/src/cli/golden/absent.ts')
mkdirSync(OUT, { recursive: true })

for (const name of readdirSync(folder).sort()) {
  if (!existsSync(join(folder, name, 'scenario.json'))) continue
  const { description: _, topic: __, ...full } = json(folder, name, 'scenario.json')
  if (absent(full).length > 0) continue
  const scenario = { ...full, probes: full.probes.map(asked) }
  const probes = scenario.probes.map(({ id }) => json(folder, name, 'probes', `${id}.json`))
  const picks = Object.fromEntries(probes.map(({ probe, picks: all }) => [probe, (all ?? []).map(chance)]))
  const dumps = new Map(
    readdirSync(join(folder, name, 'nodes')).map((node) => {
      const file = (of) => text(folder, name, 'nodes', node, of)
      const optional = (key, of) => existsSync(join(folder, name, 'nodes', node, of)) && { [key]: file(of) }
      const dumps = {
        ...optional('save', 'iptables-save.txt'),
        ...optional('save6', 'ip6tables-save.txt'),
        ...optional('nft', 'nft-kube-proxy.txt'),
        ...optional('nft6', 'nft-kube-proxy6.txt'),
        ...optional('ipvs', 'ipvsadm-Ln.txt'),
        ...optional('sets', 'ipset-save.txt'),
        routes: file('routes.json'),
        ...optional('routes6', 'routes6.json'),
        fdb: file('fdb.json'),
        neigh: file('neigh.json'),
      }
      return [node, dumps]
    }),
  )
  const recording = recordingOf(scenario, picks, probes, dumps)
  writeFileSync(join(OUT, `${name}.json`), layout(recording))
}
await server.close()

/** One line per object of the input and per line of an answer: compact, and a difference shows where it is. */
function layout(recording) {
  const { objects, ...rest } = recording.scenario
  const items = objects.items.map((item) => `   ${JSON.stringify(item)}`).join(',\n')
  const lines = (list) => (list.length === 0 ? '[]' : `[\n${list.map((line) => `   ${JSON.stringify(line)}`).join(',\n')}\n  ]`)
  const node = ({ tables, ...dumps }) => {
    const chains = Object.entries(tables).map(([chain, rules]) => `   ${JSON.stringify(chain)}: ${JSON.stringify(rules)}`)
    const own = chains.length === 0 ? '{}' : `{\n${chains.join(',\n')}\n  }`
    return `{ "tables": ${own},\n  ${Object.entries(dumps)
      .map(([key, rows]) => `${JSON.stringify(key)}: ${JSON.stringify(rows)}`)
      .join(',\n  ')} }`
  }
  const entries = (object, print) =>
    Object.entries(object)
      .map(([key, value]) => `  ${JSON.stringify(key)}: ${print(value)}`)
      .join(',\n')
  return `{
 "scenario": {
  ${Object.entries(rest)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(',\n  ')},
  "objects": { "apiVersion": "v1", "kind": "List", "items": [
${items}
  ] }
 },
 "picks": {
${entries(recording.picks, JSON.stringify)}
 },
 "probes": {
${entries(recording.probes, lines)}
 },
 "nodes": {
${entries(recording.nodes, node)}
 }
}
`
}
