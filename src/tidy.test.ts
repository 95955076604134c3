/**
 * Properties of the code itself: who may import whom, what pure code may not mention, and limits on length and naming. The import table is data, so
 * that a new dependency between layers is a visible decision in review. Compiler projects (tsconfig.*.json) hold the same line by environment.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

interface Layer {
  /** Layers, or single modules of them, that it may import. */
  readonly imports: readonly string[]
  /** Those that it may import only as types. */
  readonly types?: readonly string[]
  readonly packages?: readonly string[]
  /** Free of any environment: no clock, no chance, no I/O, no promises. */
  readonly pure?: true
}

const CORE = [
  'base',
  'net',
  'kernel',
  'fidelity',
  'walk',
  'api',
  'cluster',
  'controllers',
  'findings',
  'node',
  'apps',
  'sim',
  'control-plane',
  'engine',
].map((name) => `core/${name}`)
const core = (...names: string[]): string[] => names.map((name) => `core/${name}`)

/** A layer is a folder, or one file, below src. The longest name that fits wins. A layer may always import itself. */
const LAYERS: Readonly<Record<string, Layer>> = {
  'core/base': { imports: [], pure: true },
  'core/fidelity': { imports: [], pure: true },
  'core/net': { imports: core('base'), pure: true },
  'core/kernel': { imports: core('base', 'net'), pure: true },
  'core/walk': { imports: core('base', 'net', 'kernel', 'fidelity'), pure: true },
  'core/api': { imports: core('base', 'net'), packages: ['yaml'], pure: true },
  'core/cluster': { imports: core('base', 'net', 'api'), pure: true },
  'core/controllers': { imports: core('base', 'net', 'api', 'cluster'), pure: true },
  'core/findings': { imports: core('base', 'net', 'api', 'cluster', 'controllers'), pure: true },
  'core/node': { imports: core('base', 'net', 'kernel', 'walk', 'fidelity', 'api', 'cluster'), pure: true },
  'core/apps': { imports: core('base', 'net', 'api', 'cluster'), pure: true },
  'core/sim': {
    imports: CORE.filter((name) => name !== 'core/sim' && name !== 'core/control-plane' && name !== 'core/engine'),
    pure: true,
  },
  'core/control-plane': {
    imports: core('base', 'net', 'api', 'cluster', 'controllers', 'kernel/runtime'),
    types: core('kernel'),
    pure: true,
  },
  'core/engine': { imports: CORE.filter((name) => name !== 'core/engine'), pure: true },
  scene: { imports: core('base', 'net', 'api', 'cluster', 'engine'), types: CORE, pure: true },
  canvas: { imports: ['scene', ...core('base')], types: CORE, packages: ['d3-scale', 'd3-selection', 'd3-zoom'] },
  'worker/protocol': { imports: [], types: ['scene', ...CORE] },
  'worker/start': { imports: ['worker/engine.worker'] },
  'worker/client': { imports: ['worker/protocol', 'scene'], types: CORE },
  worker: {
    imports: [
      'worker/protocol',
      'scene',
      ...core(
        'base',
        'net',
        'api/ingress',
        'api/manifest',
        'api/scheme',
        'api/yaml-source',
        'api/full-yaml',
        'api/print-yaml',
        'cluster',
        'control-plane',
        'engine',
        'node/netns-of',
        'node/network',
        'node/sync-output',
        'kernel/netfilter/print',
        'walk/listing',
        'walk/lookup-rows',
      ),
    ],
    types: CORE,
  },
  ui: {
    imports: [
      'worker/start',
      'worker/client',
      'worker/protocol',
      'canvas',
      'scene',
      ...core(
        'base',
        'fidelity',
        'net',
        'walk/explain',
        'walk/level',
        'walk/story',
        'walk/pcapng',
        'walk/report',
        'walk/mermaid',
        'apps/http',
        'sim/journey-story',
        'sim/trace-json',
        'sim/transcript',
      ),
    ],
    types: CORE,
    packages: [
      'react',
      'react-dom',
      'zustand',
      'idb-keyval',
      'lucide-react',
      'react-resizable-panels',
      '@codemirror',
      '@lezer/highlight',
      'cmdk',
      'fflate',
    ],
  },
  main: { imports: ['ui', 'worker/start'], packages: ['@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono'] },
  cli: { imports: CORE, packages: ['node:', 'yaml'] },
  tidy: { imports: [], packages: ['node:'] },
}

/** Tests obey their folder's row and may use these besides. */
const TEST_PACKAGES = ['vitest', 'fast-check', 'node:', 'happy-dom']
const MAX_LINES = 500

const IMPURE =
  /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\b(?:set|clear)(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\brequestAnimationFrame\b|\b(?:performance|process|window|console|navigator|localStorage|crypto)\.|\bdocument\.(?:body|head|documentElement|create|querySelector|getElement|addEventListener)|\bglobalThis\b|\bfetch\(|\bimport\.meta\b|\basync\b|\bawait\b|\bPromise\b/g

/** What no file may hold, and why it is refused. */
const REFUSED: readonly { readonly pattern: RegExp; readonly why: string; readonly except?: (path: string) => boolean }[] = [
  { pattern: /^export default\b|\bas default\b/m, why: 'default export', except: (path) => path.endsWith('.config.ts') },
  { pattern: /^export \*/m, why: 're-exports everything (a barrel)' },
  { pattern: /\b(?:it|test|describe|suite)\.(?:skip|only|todo|fixme|fails)\b/, why: 'a test that is skipped, or alone' },
  { pattern: /\bexport (?:const|function|class|interface|type) \w*(?:Utils?|Helpers?|Manager)\b/, why: 'a name that names nothing' },
]
const REFUSED_COMMENTS: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /@ts-ignore|@ts-nocheck/, why: 'silences the compiler' },
  { pattern: /(?:oxlint|eslint)-disable|biome-ignore/, why: 'silences the linter' },
]
const VAGUE = /(?:^|[-./])(?:utils?|helpers?|managers?|misc|common|services(?=\/))(?=[-./])/

interface Source {
  /** Below src, with forward slashes. */
  readonly path: string
  readonly text: string
}

interface Import {
  readonly from: string
  readonly typeOnly: boolean
}

const layerOf = (path: string): string | undefined =>
  Object.keys(LAYERS)
    .filter((name) => covers(name, path))
    .sort((a, b) => b.length - a.length)[0]

const covers = (name: string, path: string): boolean => path.startsWith(`${name}/`) || path.startsWith(`${name}.`)

const isTest = (path: string): boolean => /\.(?:test|bench)\.tsx?$/.test(path)

/** The text without comments and without what quoted strings hold; templates stay, since they hold code. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, (found) =>
    found.startsWith('`') ? found : found.startsWith('/') ? '' : "''",
  )
}

function importsOf(text: string): Import[] {
  const found: Import[] = []
  for (const match of text.matchAll(/^(?:import|export)(\s+type)?\b([^'"`;]*?)\bfrom\s+['"]([^'"]+)['"]/gm))
    found.push({ from: match[3] ?? '', typeOnly: Boolean(match[1]) || /^\s*\{(?:\s*type\s[^,}]+,?)+\s*\}\s*$/.test(match[2] ?? '') })
  for (const match of text.matchAll(/^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|new URL\(\s*['"](\.[^'"]+\.tsx?)['"]/gm))
    found.push({ from: match[1] ?? match[2] ?? match[3] ?? '', typeOnly: false })
  return found
}

function importComplaint(path: string, { from, typeOnly }: Import): string | undefined {
  const name = layerOf(path)
  const layer = name === undefined ? undefined : LAYERS[name]
  if (!name || !layer) return 'belongs to no layer of the table'
  if (!from.startsWith('.')) {
    const allowed = [...(layer.packages ?? []), ...(isTest(path) ? TEST_PACKAGES : [])]
    return allowed.some((each) => (each.endsWith(':') ? from.startsWith(each) : from === each || from.startsWith(`${each}/`)))
      ? undefined
      : `${name} may not import package ${from}`
  }
  const file = from.replace(/\?.*$/, '')
  if (!/\.(?:tsx?|css|json|svg|ya?ml)$/.test(file)) return `import ${from} lacks its suffix`
  const target = posix.normalize(posix.join(posix.dirname(path), file))
  if (layerOf(target) === name || layer.imports.some((each) => covers(each, target))) return undefined
  if (typeOnly && layer.types?.some((each) => covers(each, target))) return undefined
  return `${name} may not import ${target}${layer.types?.some((each) => covers(each, target)) ? ' except as types' : ''}`
}

/** Everything that is wrong with one file below src. */
function complaints({ path, text }: Source): string[] {
  const code = codeOf(text)
  const layer = LAYERS[layerOf(path) ?? '']
  const found = importsOf(text).map((each) => importComplaint(path, each))
  if (layer?.pure && !isTest(path)) found.push(...[...code.matchAll(IMPURE)].map((match) => `pure code mentions ${match[0]}`))
  return [...found.filter((each) => each !== undefined), ...generalComplaints({ path, text })]
}

/** What is asked of every file, also of browser tests and scripts. */
function generalComplaints({ path, text }: Source): string[] {
  const code = codeOf(text)
  const lines = text.split('\n').length - 1
  return [
    ...(lines > MAX_LINES ? [`has ${lines} lines, more than ${MAX_LINES}`] : []),
    ...(VAGUE.test(path) ? ['has a name that names nothing'] : []),
    ...REFUSED.filter(({ pattern, except }) => pattern.test(code) && !except?.(path)).map(({ why }) => why),
    ...REFUSED_COMMENTS.filter(({ pattern }) => pattern.test(text)).map(({ why }) => why),
  ]
}

/** Layers in a cycle of the table, were there one. */
function cycles(table: Readonly<Record<string, Layer>>): string[] {
  const below = (name: string): string[] =>
    [...(table[name]?.imports ?? []), ...(table[name]?.types ?? [])].map((each) => layerOf(`${each}.ts`) ?? each)
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    below(from).some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))))
  return Object.keys(table).filter((name) => reaches(name, name))
}

const root = fileURLToPath(new URL('..', import.meta.url))
function sources(folder: string): Source[] {
  if (!existsSync(root + folder)) return []
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.(?:tsx?|mjs)$/.test(name) && !/(?:^|\/)testdata\//.test(name))
    .map((path) => ({ path, text: readFileSync(`${root}${folder}/${path}`, 'utf8') }))
}

describe('the code', () => {
  const files = sources('src')
  it('is seen at all', () => expect(files.length).toBeGreaterThan(10))

  it('keeps to the import table, the purity of its layer, its limits and its manners', () => {
    const found = files
      .filter(({ path }) => path !== 'tidy.test.ts')
      .flatMap((file) => complaints(file).map((each) => `src/${file.path}: ${each}`))
    expect(found).toEqual([])
  })

  it('of browser tests and scripts keeps to limits and manners', () => {
    const found = ['e2e', 'scripts'].flatMap((folder) =>
      sources(folder).flatMap((file) => generalComplaints(file).map((each) => `${folder}/${file.path}: ${each}`)),
    )
    expect(found).toEqual([])
  })

  it('says in a README what belongs into each folder of the core', () => {
    const folders = new Set(files.map(({ path }) => /^core\/[^/]+(?=\/)/.exec(path)?.[0]).filter((each) => each !== undefined))
    expect([...folders].filter((folder) => !existsSync(`${root}src/${folder}/README.md`))).toEqual([])
  })
})

describe('the table', () => {
  it('is acyclic', () => expect(cycles(LAYERS)).toEqual([]))
  it('names only layers that it has', () => {
    const named = Object.values(LAYERS).flatMap(({ imports, types }) => [...imports, ...(types ?? [])])
    expect(named.filter((each) => layerOf(`${each}.ts`) === undefined)).toEqual([])
  })
  it('would show a cycle', () => {
    expect(
      cycles({ 'core/base': { imports: ['core/net'] }, 'core/net': { imports: ['core/base'] }, ui: { imports: ['core/net'] } }),
    ).toEqual(['core/base', 'core/net'])
  })
})

describe('the checker', () => {
  it.each<[path: string, text: string, expected: readonly string[]]>([
    ['core/kernel/fib.ts', "import { x } from '../net/ip.ts'", []],
    ['core/kernel/fib.ts', "import { x } from '../api/pod.ts'", ['core/kernel may not import core/api/pod.ts']],
    ['core/kernel/fib.ts', "import type { Pod } from '../api/pod.ts'", ['core/kernel may not import core/api/pod.ts']],
    ['core/kernel/fib.ts', "export { x } from '../walk/walk.ts'", ['core/kernel may not import core/walk/walk.ts']],
    ['core/kernel/fib.ts', "import {\n  x,\n  y,\n} from '../node/compile.ts'", ['core/kernel may not import core/node/compile.ts']],
    ['core/controllers/settle.ts', "import '../kernel/netns.ts'", ['core/controllers may not import core/kernel/netns.ts']],
    ['core/kernel/fib.ts', "import { x } from '../net/ip'", ['import ../net/ip lacks its suffix']],
    ['core/kernel/fib.ts', "import { readFileSync } from 'node:fs'", ['core/kernel may not import package node:fs']],
    ['core/kernel/fib.test.ts', "import fc from 'fast-check'\nimport { readFileSync } from 'node:fs'", []],
    ['core/api/manifest.ts', "import { parse } from 'yaml'", []],
    ['core/api/manifest.ts', "import { parse } from 'yaml-language-server'", ['core/api may not import package yaml-language-server']],
    ['core/net/ip.ts', 'const x = Math.random() + Date.now()', ['pure code mentions Math.random', 'pure code mentions Date.now']],
    ['core/net/ip.ts', '// unlike Math.random, and not console.log\nconst x = "process.env"', []],
    ['core/net/ip.ts', 'const x = `at ${performance.now()}`', ['pure code mentions performance.']],
    ['core/net/ip.ts', 'export async function f() {}', ['pure code mentions async']],
    ['core/sim/simulation.ts', "import { start } from '../engine.ts'", ['core/sim may not import core/engine.ts']],
    ['scene/build.ts', "import { walk } from '../core/walk/walk.ts'", ['scene may not import core/walk/walk.ts except as types']],
    ['scene/build.ts', "import type { Hop } from '../core/walk/trace.ts'", []],
    ['scene/build.ts', "import { type Hop, type Trace } from '../core/walk/trace.ts'", []],
    [
      'scene/build.ts',
      "import { type Hop, walk } from '../core/walk/trace.ts'",
      ['scene may not import core/walk/trace.ts except as types'],
    ],
    ['canvas/frame.ts', "import { App } from '../ui/app.tsx'", ['canvas may not import ui/app.tsx']],
    ['canvas/frame.ts', 'requestAnimationFrame(draw)', []],
    ['ui/app.tsx', "import { send } from '../core/engine.ts'", ['ui may not import core/engine.ts except as types']],
    ['ui/app.tsx', "import './tokens.css'\nimport { connect } from '../worker/client.ts'", []],
    ['ui/app.tsx', "import { run } from '../worker/engine.worker.ts'", ['ui may not import worker/engine.worker.ts']],
    ['worker/start.ts', "new Worker(new URL('./engine.worker.ts', import.meta.url))", []],
    ['ui/store.ts', "new Worker(new URL('../worker/engine.worker.ts', import.meta.url))", ['ui may not import worker/engine.worker.ts']],
    ['core/net/ip.ts', "const x = import('../api/pod.ts')", ['core/net may not import core/api/pod.ts']],
    ['cli/main.ts', "import { send } from '../core/engine.ts'\nimport { parseArgs } from 'node:util'", []],
    ['cli/main.ts', "import { App } from '../ui/app.tsx'", ['cli may not import ui/app.tsx']],
    ['elsewhere/x.ts', "import { x } from './y.ts'", ['belongs to no layer of the table']],
    ['core/net/ip.ts', 'export default 1', ['default export']],
    ['core/net/ip.ts', "export * from './cidr.ts'", ['re-exports everything (a barrel)']],
    ['core/net/ip-utils.ts', '', ['has a name that names nothing']],
    ['ui/helpers/x.ts', '', ['has a name that names nothing']],
    ['core/api/service.ts', '', []],
    ['ui/services/x.ts', '', ['has a name that names nothing']],
    ['core/net/ip.ts', 'export class RouteManager {}', ['a name that names nothing']],
    ['core/net/ip.test.ts', "it.skip('works', () => {})", ['a test that is skipped, or alone']],
    ['core/net/ip.ts', '// @ts-ignore\nconst x = 1', ['silences the compiler']],
    ['core/net/ip.ts', '\n'.repeat(501), ['has 501 lines, more than 500']],
    ['core/net/ip.ts', '\n'.repeat(500), []],
  ])('%s | %s', (path, text, expected) => expect(complaints({ path, text })).toEqual(expected))
})
