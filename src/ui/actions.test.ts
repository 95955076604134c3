import { describe, expect, it } from 'vitest'
import type { Client } from '../worker/client.ts'
import type { Answers, Ask, Intent, SentRecord, Settings } from '../worker/protocol.ts'
import { createActions, DEFAULT_START, startOf } from './actions.ts'
import type { Project, Storage } from './persist.ts'
import { linkFragment } from './share/link.ts'
import { createAppStore, PREFERENCES } from './store.ts'
import { CONVERSATION } from './testdata/conversation.ts'
import { EMPTY_SCENE } from './testdata/scene.ts'

const SETTINGS: Settings = {
  mode: 'iptables',
  modes: [],
  nodeModes: {},
  scheduler: 'rr',
  strictARP: false,
  masqueradeAll: false,
  localhostNodePorts: true,
  nodePortAddresses: [],
  backend: 'vxlan',
  loadBalancer: 'none',
  ipFamilies: ['IPv4'],
}
const VIEW = { scene: EMPTY_SCENE, pins: {}, groups: [], settings: SETTINGS, totals: { nodes: 3, pods: 1, services: 0 } }
const RECORD: SentRecord = {
  order: { from: 'pod/default/a', to: '10.0.0.1', protocol: 'icmp' },
  conversation: CONVERSATION,
  places: {},
  owners: {},
}
const ERROR = { severity: 'error', code: 'x', message: 'no', file: 'a.yaml', line: 1, column: 1 } as const
const START: Intent = { kind: 'start', options: DEFAULT_START }
const FILES = [{ name: 'a.yaml', text: 'kind: Pod' }]

type Answering = { readonly [K in Ask['kind']]?: (ask: Extract<Ask, { kind: K }>) => Answers[K] }

const ANSWERS: Answering = {
  open: (ask) => ({ ...VIEW, problems: [], failed: [], sent: ask.intents.flatMap((intent) => (intent.kind === 'send' ? [RECORD] : [])) }),
  apply: () => ({ accepted: true, ...VIEW, problems: [], changes: [{ object: 'Pod/default/a', op: 'created' }] }),
  send: () => ({ sent: true, record: RECORD }),
  undo: () => ({
    accepted: true,
    ...VIEW,
    deed: { kind: 'apply', what: 'a.yaml', others: 0 },
    problems: [],
    changes: [],
    total: 0,
  }),
}

function setUp(project: Project | undefined, answers: Answering = {}) {
  const store = createAppStore()
  const saved: Project[] = []
  let disk = true
  const client: Client = {
    ask: async (ask) => {
      const answer = ({ ...ANSWERS, ...answers } as Record<string, (ask: Ask) => never>)[ask.kind]
      if (!answer) throw new Error(`asked ${ask.kind}`)
      return answer(ask)
    },
    restart: () => undefined,
    close: () => undefined,
  }
  const storage: Storage = {
    loadProject: async () => project,
    saveProject: async (kept) => {
      if (disk) saved.push(kept)
      return disk ? 'kept' : 'refused'
    },
    loadPreferences: async () => PREFERENCES,
    savePreferences: async () => true,
  }
  const actions = createActions(store, client, storage)
  return { store, actions, saved, breakDisk: () => void (disk = false), texts: () => store.getState().toasts.map((toast) => toast.text) }
}

const PROJECT: Project = { version: 1, intents: [START, { kind: 'apply', files: FILES }, { kind: 'send', order: RECORD.order }] }

describe('what a person does', () => {
  it('finds the last project again after a reload', async () => {
    const { store, actions } = setUp(PROJECT)
    await actions.boot()
    expect(store.getState()).toMatchObject({
      phase: 'ready',
      totals: VIEW.totals,
      draft: { from: 'pod/default/a', to: '10.0.0.1', protocol: 'icmp' },
    })
    expect(store.getState().records).toHaveLength(1)
    expect(store.getState().playback.playing).toBe(false)
  })

  it('is kept as soon as it is done', async () => {
    const { actions, saved, store } = setUp(PROJECT)
    await actions.boot()
    await actions.applyFiles(FILES)
    await actions.send()
    expect(saved.at(-1)?.intents.map((intent) => intent.kind)).toEqual(['start', 'apply', 'send', 'apply', 'send'])
    expect(store.getState().playback).toMatchObject({ conversation: 1, playing: true })
  })

  it('is undone by an intent of its own, so that a reload undoes it again', async () => {
    const { actions, saved, store } = setUp(PROJECT)
    await actions.boot()
    await actions.change({ kind: 'undo' })
    expect(saved.at(-1)?.intents.map((intent) => intent.kind)).toEqual(['start', 'apply', 'send', 'undo'])
    expect(store.getState().records).toHaveLength(1)
  })

  it('is not kept when there was nothing to undo', async () => {
    const { actions, saved } = setUp(PROJECT, { undo: () => ({ accepted: false, problems: [] }) })
    await actions.boot()
    await actions.change({ kind: 'undo' })
    expect(saved.at(-1)?.intents.map((intent) => intent.kind)).toEqual(['start', 'apply', 'send'])
  })

  it('leaves everything as it was when manifests are refused', async () => {
    const { store, actions, saved, texts } = setUp(PROJECT, { apply: () => ({ accepted: false, problems: [ERROR] }) })
    await actions.boot()
    const { scene, intents, revision } = store.getState()
    await actions.applyFiles(FILES)
    expect(store.getState()).toMatchObject({ scene, intents, revision, refused: true, problems: [ERROR], tab: 'problems' })
    expect(saved).toHaveLength(1)
    expect(texts()).toEqual(['Not applied: 1 error. The cluster is as it was.'])
  })

  it('is told why a request was not sent', async () => {
    const { store, actions, texts } = setUp(PROJECT, { send: () => ({ sent: false, problem: ERROR }) })
    await actions.boot()
    await actions.send()
    expect(store.getState().records).toHaveLength(1)
    expect(texts()).toEqual(['no'])
  })

  it('keeps the problems of the files beside that of a request, until the next is sent', async () => {
    const ofFiles = { ...ERROR, severity: 'ignored', message: 'kind is not simulated' } as const
    const ofRequest = { ...ERROR, file: '', message: 'Could not resolve host: a' }
    let resolved = false
    const { store, actions } = setUp(PROJECT, {
      apply: () => ({ accepted: true, ...VIEW, problems: [ofFiles], changes: [] }),
      send: () => (resolved ? { sent: true, record: RECORD } : { sent: false, problem: ofRequest }),
    })
    await actions.boot()
    await actions.applyFiles(FILES)
    await actions.send()
    expect(store.getState()).toMatchObject({ problems: [ofFiles], unsent: ofRequest, tab: 'problems' })
    await actions.applyFiles(FILES)
    expect(store.getState().unsent).toBe(ofRequest)
    resolved = true
    await actions.send()
    expect(store.getState()).toMatchObject({ problems: [ofFiles], unsent: undefined, tab: 'packets' })
  })

  it('leaves the refusal of files standing when a request fails too', async () => {
    const { store, actions } = setUp(PROJECT, {
      apply: () => ({ accepted: false, problems: [ERROR] }),
      send: () => ({ sent: false, problem: { ...ERROR, message: 'not found' } }),
    })
    await actions.boot()
    await actions.applyFiles(FILES)
    await actions.send()
    expect(store.getState()).toMatchObject({ refused: true, problems: [ERROR], unsent: { message: 'not found' } })
    await actions.openEmpty()
    expect(store.getState()).toMatchObject({ refused: false, problems: [], unsent: undefined })
  })

  it('can be had back after another cluster was opened', async () => {
    const { store, actions } = setUp(PROJECT)
    await actions.boot()
    await actions.openEmpty()
    expect(store.getState().intents).toEqual([START])
    const back = store.getState().toasts[0]?.action
    back?.run()
    await expect.poll(() => store.getState().intents).toEqual(PROJECT.intents)
  })

  it('comes out of a link under an id of its own', async () => {
    const { store, actions, saved } = setUp({ ...PROJECT, id: 'mine' })
    await actions.boot(linkFragment({ version: 1, name: 'Theirs', intents: [START] }))
    expect(store.getState()).toMatchObject({ phase: 'ready', name: 'Theirs', intents: [START] })
    expect(saved.map((project) => project.id)).not.toContain('mine')
    expect(saved.at(-1)).toMatchObject({ name: 'Theirs', fresh: true })
  })

  it('stays open when a link is broken', async () => {
    const { store, actions, texts } = setUp({ ...PROJECT, id: 'mine' })
    await actions.boot('#k1=nonsense')
    expect(store.getState()).toMatchObject({ id: 'mine', intents: PROJECT.intents })
    expect(texts()[0]).toContain('This link is damaged')
  })

  it('is somebody’s from the first change or name on', async () => {
    const { actions, saved } = setUp(PROJECT)
    await actions.boot()
    await actions.openEmpty()
    expect(saved.at(-1)?.fresh).toBe(true)
    await actions.applyFiles(FILES)
    expect(saved.at(-1)?.fresh).toBeUndefined()
    await actions.openEmpty()
    await actions.rename('Kept')
    expect(saved.at(-1)).toMatchObject({ name: 'Kept' })
    expect(saved.at(-1)?.fresh).toBeUndefined()
    expect(new Set(saved.map((project) => project.id)).size).toBe(3)
  })

  it('is replayed on another installation', async () => {
    const { store, actions } = setUp(PROJECT)
    await actions.boot()
    await actions.rebuild({ ...DEFAULT_START, profile: 'k3s' })
    expect(startOf(store.getState().intents).profile).toBe('k3s')
    expect(store.getState().intents.slice(1)).toEqual(PROJECT.intents.slice(1))
  })

  it('is warned once when the browser stores nothing', async () => {
    const { actions, breakDisk, texts } = setUp(PROJECT)
    await actions.boot()
    breakDisk()
    await actions.send()
    await actions.send()
    expect(texts()).toEqual(['This browser does not let the page store anything: your work ends with this tab.'])
  })

  it('sees the page fail only when there is no cluster to fall back on', async () => {
    const broken = (): never => {
      throw new Error('out of memory')
    }
    const atStart = setUp(PROJECT, { open: broken })
    await expect(atStart.actions.boot()).rejects.toThrow('out of memory')
    expect(atStart.store.getState()).toMatchObject({ phase: 'failed', busy: 0 })
    const later = setUp(PROJECT, { apply: broken })
    await later.actions.boot()
    await expect(later.actions.applyFiles(FILES)).rejects.toThrow('out of memory')
    expect(later.store.getState()).toMatchObject({ phase: 'ready', busy: 0 })
    expect(later.texts()).toEqual(['out of memory'])
  })
})
