import { deflateSync, strToU8 } from 'fflate'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Intent } from '../../worker/protocol.ts'
import { linkFragment, readLink } from './link.ts'

const START: Intent = { kind: 'start', options: { profile: 'k3s', backend: 'host-gw', nodes: 5, seed: 7 } }
const SEND: Intent = { kind: 'send', order: { from: 'pod/default/a', to: 'http://b/', protocol: 'tcp' } }
const packed = (value: unknown): string =>
  `#k1=${Buffer.from(deflateSync(strToU8(typeof value === 'string' ? value : JSON.stringify(value)))).toString('base64url')}`

describe('a link', () => {
  it('carries any project there and back', () => {
    const files = fc.array(fc.record({ name: fc.string(), text: fc.string({ unit: 'grapheme' }) }), { maxLength: 4 })
    fc.assert(
      fc.property(files, fc.option(fc.string({ minLength: 1, maxLength: 60 }), { nil: undefined }), (given, name) => {
        const intents: Intent[] = [START, { kind: 'apply', files: given }, SEND, { kind: 'undo' }]
        const project = { version: 1 as const, intents, ...(name === undefined ? {} : { name }) }
        expect(readLink(linkFragment(project))).toEqual({ ok: true, project })
      }),
      { seed: 3, numRuns: 60 },
    )
  })

  it('carries the branches and options of a request, and the requests that are kept', () => {
    const order = { from: 'pod/default/a', to: 'b:80', protocol: 'udp' as const, picks: [0, 2], options: { ttl: 1, dontFragment: false } }
    const project = { version: 1 as const, intents: [START, { kind: 'send' as const, order }], kept: [{ id: 1, name: 'again', order }] }
    expect(readLink(linkFragment(project))).toEqual({ ok: true, project })
  })

  it('carries where things were put on the map, and refuses places that are none', () => {
    const pinned = (at: unknown) => [START, { kind: 'edit', edits: [{ op: 'pin', object: 'node/a', places: [{ id: 'node/a', at }] }] }]
    const intents = pinned({ x: -8, y: 16 }) as readonly Intent[]
    expect(readLink(linkFragment({ version: 1, intents }))).toEqual({ ok: true, project: { version: 1, intents } })
    for (const at of [{ x: 1 }, { x: 1e300, y: 0 }, 'here'])
      expect(readLink(packed({ intents: pinned(at) }))).toEqual({ ok: false, why: 'broken' })
  })

  it('carries fields that were set, and refuses paths and values that are none', () => {
    const set = (path: unknown, value?: unknown) => [
      START,
      { kind: 'edit', edits: [{ op: 'set', object: 'service/default/web', path, ...(value !== undefined && { value }) }] },
    ]
    for (const intents of [set(['spec', 'ports', 0, 'targetPort'], 'http'), set(['spec', 'selector'])] as (readonly Intent[])[])
      expect(readLink(linkFragment({ version: 1, intents }))).toEqual({ ok: true, project: { version: 1, intents } })
    for (const intents of [set([]), set('spec'), set([-1]), set(['spec'], { a: 1 }), set(Array.from({ length: 99 }, () => 'x'))])
      expect(readLink(packed({ intents }))).toEqual({ ok: false, why: 'broken' })
  })

  it.each([
    ['picks', ['x']],
    ['options', { ttl: 0 }],
    ['options', { constructor: 1 }],
  ])('with impossible %s of a request is refused', (field, value) => {
    const intents = [START, { kind: 'send', order: { from: 'a', to: 'b', protocol: 'tcp', [field]: value } }]
    expect(readLink(packed({ intents }))).toEqual({ ok: false, why: 'broken' })
  })

  it('is made of letters that no program breaks a line at', () => {
    expect(linkFragment({ version: 1, intents: [START, SEND] })).toMatch(/^#k1=[\w-]+$/)
  })

  it('says nothing of who keeps it under which id', () => {
    const link = linkFragment({ version: 1, id: 'secret', intents: [START] })
    expect(readLink(link)).toEqual({ ok: true, project: { version: 1, intents: [START] } })
  })

  const good = linkFragment({ version: 1, intents: [START, SEND] })
  it.each<readonly [string, string, string]>([
    ['cut short', good.slice(0, -8), 'broken'],
    ['with a letter lost', good.slice(0, 30) + good.slice(31), 'broken'],
    ['with punctuation after it', `${good}).`, 'broken'],
    ['empty', '#k1=', 'broken'],
    ['not base64', '#k1=%%%', 'broken'],
    ['of a later version', good.replace('#k1', '#k2'), 'newer'],
    ['that is not JSON', packed('<script>'), 'broken'],
    ['that is no project', packed([1, 2]), 'broken'],
    ['with an intent of a later version', packed({ intents: [{ kind: 'teleport' }] }), 'newer'],
    ['with an intent of the wrong shape', packed({ intents: [{ kind: 'apply', files: 'rm -rf' }] }), 'broken'],
    ['with a million nodes', packed({ intents: [{ ...START, options: { ...START.options, nodes: 1e6 } }] }), 'broken'],
    [
      'with an edit of the wrong shape',
      packed({ intents: [{ kind: 'edit', edits: [{ op: 'scale', object: 'x', replicas: -1 }] }] }),
      'broken',
    ],
    ['with a name of the prototype as its kind', packed({ intents: [{ kind: 'constructor' }] }), 'broken'],
    ['that would unpack to a hundred megabytes', packed('a'.repeat(100 * 1024 * 1024)), 'too-big'],
  ])('%s is refused', (_, link, why) => {
    expect(readLink(link)).toEqual({ ok: false, why })
  })
})
