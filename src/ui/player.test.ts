import { describe, expect, it } from 'vitest'
import type { SentRecord } from '../worker/protocol.ts'
import { createPlayer, type Stage } from './player.ts'
import { START } from './position.ts'
import { createAppStore } from './store.ts'
import { CONVERSATION } from './testdata/conversation.ts'
import { EMPTY_SCENE } from './testdata/scene.ts'

const RECORD: SentRecord = { order: { from: 'a', to: 'b', protocol: 'tcp' }, conversation: CONVERSATION, places: {}, owners: {} }

/** A canvas that moves when it is told to. */
class Puppet implements Stage {
  readonly log: string[] = []
  stations: ReadonlySet<number> = new Set()
  run: Parameters<Stage['play']>[0] | undefined
  readonly setPath = (path: unknown) => void this.log.push(path ? 'path' : 'no path')
  readonly setProgress = (t: number) => void this.log.push(`at ${t}`)
  readonly play = (run: Parameters<Stage['play']>[0]) => {
    this.run = run
    this.log.push(`play ${run.from}-${run.to}`)
  }
  readonly setBreakpoints = (stations: ReadonlySet<number>) => void (this.stations = stations)
  readonly pause = () => {
    this.run = undefined
    this.log.push('pause')
  }
}

function setUp() {
  const store = createAppStore()
  const player = createPlayer(store)
  const stage = new Puppet()
  player.attach(stage)
  store.getState().change((state) => {
    state.scene = EMPTY_SCENE
    state.records = [RECORD]
    state.playback = { conversation: 0, position: START, playing: false }
  })
  stage.log.length = 0
  const position = () => {
    const { packet, hop, step } = store.getState().playback.position
    return `${packet}.${hop}.${step}`
  }
  return { store, player, stage, position }
}

describe('the player', () => {
  it('follows the canvas while it plays, and ends at the end', () => {
    const { store, player, stage, position } = setUp()
    player.toggle()
    expect(stage.log).toEqual(['play 0-6'])
    const { run } = stage
    run?.onProgress(2.4)
    expect(position()).toBe('0.1.0')
    run?.onProgress(6)
    run?.onEnd()
    expect(position()).toBe('1.0.0')
    expect(store.getState().playback.playing).toBe(false)
  })

  it('pauses where it is, and goes on from there', () => {
    const { player, stage, position } = setUp()
    player.toggle()
    stage.run?.onProgress(3)
    player.toggle()
    expect(stage.log.at(-1)).toBe('pause')
    expect(position()).toBe('0.1.1')
    player.toggle()
    expect(stage.log.at(-1)).toBe('play 3-6')
  })

  it('plays again from the start once it is at the end', () => {
    const { player, stage } = setUp()
    player.seek({ packet: 1, hop: 0, step: 0 })
    stage.run?.onEnd()
    player.toggle()
    expect(stage.log.at(-1)).toBe('play 0-6')
  })

  it('steps forth and back by hop, and the canvas follows', () => {
    const { player, stage, position } = setUp()
    player.step(1)
    expect(position()).toBe('0.1.0')
    expect(stage.log.at(-1)).toBe('play 0-2')
    player.step(-1)
    expect(position()).toBe('0.0.0')
    player.step(-1)
    expect(position()).toBe('0.0.0')
  })

  it('goes by packet: back first to the start of this one', () => {
    const { player, position } = setUp()
    player.stepPacket(1)
    expect(position()).toBe('1.0.0')
    player.stepPacket(1)
    expect(position()).toBe('1.0.0')
    player.stepPacket(-1)
    expect(position()).toBe('0.0.0')
    player.step(1)
    player.stepPacket(-1)
    expect(position()).toBe('0.0.0')
  })

  it('takes a new speed while it plays', () => {
    const { store, player, stage } = setUp()
    player.toggle()
    stage.run?.onProgress(1)
    store.getState().change((state) => {
      state.preferences = { ...state.preferences, speed: 4 }
    })
    expect(stage.run?.speed).toBe(4)
    expect(stage.log.at(-1)).toBe('play 1-6')
  })

  it('shows another request from its start', () => {
    const { store, player, stage } = setUp()
    store.getState().change((state) => {
      state.records = [RECORD, { ...RECORD }]
    })
    player.select(1, { packet: 1, hop: 0, step: 0 })
    expect(stage.log).toContain('path')
    expect(stage.log.at(-1)).toBe('at 6')
  })

  it('does nothing where there is nothing to play', () => {
    const store = createAppStore()
    const player = createPlayer(store)
    player.toggle()
    player.step(1)
    player.stepPacket(1)
    expect(store.getState().playback).toEqual({ conversation: -1, position: START, playing: false })
  })

  it('stops where it is told to, says why, and goes on from rule to rule of one chain', () => {
    const { store, player, stage, position } = setUp()
    const at = (step: number, rule?: number) => ({ packet: 0, hop: 1, step, ...(rule === undefined ? {} : { rule }) })
    player.setBreaks([
      { position: at(1, 0), because: ['rule a'] },
      { position: at(1, 1), because: ['rule b'] },
      { position: at(2), because: ['ip.dst changes'], detail: 'a → b' },
    ])
    expect([...stage.stations]).toEqual([3, 4])
    player.toggle()
    stage.run?.onProgress(3)
    stage.run?.onBreak?.(3)
    const { playback } = store.getState()
    expect(playback).toMatchObject({ playing: false, position: at(1, 0), stopped: { because: ['rule a'] } })
    player.toggle()
    expect(store.getState().playback).toMatchObject({ playing: false, position: at(1, 1) })
    player.toggle()
    expect(store.getState().playback.playing).toBe(true)
    stage.run?.onProgress(4)
    stage.run?.onBreak?.(4)
    expect(position()).toBe('0.1.2')
    expect(player.toBreak(1)).toBe(false)
    expect(player.toBreak(-1)).toBe(true)
    expect(store.getState().playback).toMatchObject({ position: at(1, 1), stopped: { because: ['rule b'] } })
  })

  it('forgets the breakpoints of another request', () => {
    const { store, player, stage } = setUp()
    player.setBreaks([{ position: START, because: ['drop'] }])
    store.getState().change((state) => {
      state.records = [RECORD, { ...RECORD }]
      state.playback = { conversation: 1, position: START, playing: false }
    })
    expect(stage.stations.size).toBe(0)
    expect(player.toBreak(1)).toBe(false)
  })
})
