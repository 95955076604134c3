import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubehop-bad-'))
afterAll(() => rmSync(folder, { recursive: true }))

function apply(name: string): { readonly status: number; readonly out: string; readonly err: string } {
  let out = ''
  let err = ''
  const status = run(['apply', '-f', join(folder, name)], {
    stdout: (text) => void (out += text),
    stdoutBytes: () => undefined,
    interactive: false,
    stderr: (text) => void (err += text),
    readStdin: () => '',
    colours: false,
  })
  return { status, out, err }
}

const pod = (name: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: x}]}\n`
const LEVELS = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array.from({ length: 9 }, () => `*l${i}`).join(', ')}]`)

test.each<[what: string, content: string | Uint8Array, said: RegExp]>([
  ['binary', Uint8Array.from({ length: 4096 }, (_, i) => i % 256), /^kubehop: \S+: not text \(UTF-8\) that holds manifests\n$/],
  ['bomb', `l0: &l0 [x, x]\n${LEVELS.join('\n')}\n`, /document contains excessive aliasing/],
  ['merge', 'apiVersion: v1\n<< : 1\n', /map merge requires map/],
  ['name', pod(`'<img src=x onerror=alert(1)>'`), /The Pod "<img src=x onerror=alert\(1\)>" is invalid/],
  ['long', 'kind: Pod\n---\n'.repeat(120_000), /long:239999:1: error: .*apiVersion not set/],
])('%s input ends with a message and status 2', (what, content, said) => {
  writeFileSync(join(folder, what), content)
  const { status, out, err } = apply(what)
  expect(status).toBe(2)
  expect(out).toBe('')
  expect(err).toMatch(said)
})

test('five hundred files of a folder', () => {
  mkdirSync(join(folder, 'many'))
  for (let n = 0; n < 500; n++) writeFileSync(join(folder, 'many', `${n}.yaml`), pod(`p-${n}`))
  const { status, out } = apply('many')
  expect(status).toBe(0)
  expect(out.match(/^pod\/p-\d+ created/gm)).toHaveLength(500)
})
