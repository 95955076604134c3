import { expect, test } from 'vitest'
import { readFull } from '../core/api/full-yaml.ts'
import type { Ask } from './protocol.ts'
import { readAll, sizeOf } from './reading.ts'
import { Session } from './session.ts'
import * as traffic from './traffic.ts'

const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: visitor\nspec:\n  containers:\n  - name: main\n    image: busybox\n'
const ANCHORED = POD.replace('visitor', '&name visitor').replace('name: main', 'name: *name')

test('every file of a question is read, and only what needs it by the full reader', () => {
  const plain: Ask = { kind: 'edit', edits: [{ op: 'apply', files: [{ name: 'a', text: POD }], instead: [{ name: 'b', text: 'a: 1' }] }] }
  expect(sizeOf(plain)).toBe(POD.length + 4)
  const passed: number[] = []
  const read = readAll(plain, undefined, (characters) => passed.push(characters))
  expect([...new Set(passed)]).toEqual([POD.length, POD.length + 4])
  expect(JSON.stringify(read).match(/"source"/g)).toHaveLength(2)
  const anchored: Ask = { kind: 'open', intents: [{ kind: 'apply', files: [{ name: 'c', text: ANCHORED }] }] }
  expect(readAll(anchored, undefined, () => undefined)).toBeUndefined()
  expect(readAll(anchored, readFull, () => undefined)).toBeDefined()
})

test('what the full reader read is applied', () => {
  const ask = readAll({ kind: 'apply', files: [{ name: 'c', text: ANCHORED }] }, readFull, () => undefined)
  expect(ask && new Session(traffic).answer(ask)).toMatchObject({
    accepted: true,
    changes: [{ object: 'Pod/default/visitor', op: 'created' }],
  })
})
