import { type PacketPath, packetPath, stationAt } from '../scene/packet-path.ts'
import type { Scene } from '../scene/scene.ts'
import type { SentRecord } from '../worker/protocol.ts'
import { compare, lastPosition, moved, packetsOf, type Position, START, stops } from './position.ts'
import { type AppStore, currentRecord } from './store.ts'

/** As much of the painter as playback needs: it owns interpolation and the clock. */
export interface Stage {
  setPath(path: PacketPath | undefined): void
  setProgress(t: number): void
  play(run: { readonly from: number; readonly to: number; readonly speed: number; onProgress(t: number): void; onEnd(): void }): void
  pause(): void
}

/** Joins the position in the store with the one on the canvas: whoever moves first, the other follows. */
export interface Player {
  /** The canvas has been mounted. */
  attach(stage: Stage): void
  detach(): void
  toggle(): void
  step(by: 1 | -1): void
  stepPacket(by: 1 | -1): void
  seek(position: Position): void
  select(conversation: number, position: Position): void
  destroy(): void
}

export function createPlayer(store: AppStore): Player {
  const { change } = store.getState()
  let stage: Stage | undefined
  let path: PacketPath | undefined
  let shown: { readonly record: SentRecord; readonly scene: Scene } | undefined
  /** Station on the canvas; fractions while it moves. */
  let progress = 0
  let running = false

  const setPosition = (position: Position, playing: boolean) =>
    change((state) => {
      if (compare(state.playback.position, position) !== 0 || state.playback.playing !== playing)
        state.playback = { ...state.playback, position, playing }
    })

  const halt = () => {
    if (running) stage?.pause()
    running = false
  }

  /** Moves the canvas to a position that the page chose: one station away it glides there, further it jumps. */
  const follow = (position: Position) => {
    if (!path || !stage) return
    const target = stationOf(path, position)
    const distance = Math.abs(target - progress)
    halt()
    if (distance === 0 || distance > GLIDE) {
      progress = target
      stage.setProgress(target)
      return
    }
    const from = progress
    running = true
    stage.play({
      from,
      to: target,
      speed: Math.max(1, distance / 2),
      onProgress: (t) => void (progress = t),
      onEnd: () => void (running = false),
    })
  }

  const run = () => {
    if (!path || !stage) return
    const from = progress >= path.stations.length - 1 ? 0 : progress
    const { speed } = store.getState().preferences
    running = true
    const { stations } = path
    const arrive = (t: number) => {
      progress = t
      const station = stations[Math.floor(t + 1e-6)]
      if (station) setPosition({ packet: station.packet, hop: station.hop, step: station.step }, true)
    }
    const finish = () => {
      running = false
      const record = currentRecord(store.getState())
      const end = record && lastPosition(packetsOf(record.conversation))
      if (end) setPosition(end, false)
    }
    stage.play({ from, to: stations.length - 1, speed, onProgress: arrive, onEnd: finish })
  }

  /** New path when another conversation or another map is shown. */
  const refresh = () => {
    const state = store.getState()
    const record = currentRecord(state)
    if (record === shown?.record && state.scene === shown?.scene) return
    halt()
    shown = record && state.scene ? { record, scene: state.scene } : undefined
    path = shown ? packetPath(shown.scene, packetsOf(shown.record.conversation)) : undefined
    progress = path ? stationOf(path, state.playback.position) : 0
    stage?.setPath(path)
    if (path) stage?.setProgress(progress)
  }

  const unsubscribe = store.subscribe((state, before) => {
    refresh()
    const { playback, preferences } = state
    if (playback.playing && (!running || preferences.speed !== before.preferences.speed)) {
      halt()
      if (!before.playback.playing || playback.conversation !== before.playback.conversation)
        progress = path ? stationOf(path, playback.position) : 0
      run()
    } else if (!playback.playing && (before.playback.playing || compare(playback.position, before.playback.position) !== 0)) {
      if (before.playback.playing) halt()
      if (compare(playback.position, before.playback.position) !== 0) follow(playback.position)
    }
  })

  const steps = () => {
    const { preferences } = store.getState()
    const record = currentRecord(store.getState())
    return record ? stops(packetsOf(record.conversation), preferences.grain, preferences.level) : []
  }

  return {
    attach(mounted) {
      stage = mounted
      shown = undefined
      refresh()
      if (store.getState().playback.playing) run()
    },
    detach() {
      halt()
      stage = undefined
    },
    toggle() {
      const { playback } = store.getState()
      const record = currentRecord(store.getState())
      if (!record) return
      const end = lastPosition(packetsOf(record.conversation))
      const again = !playback.playing && end !== undefined && compare(playback.position, end) >= 0
      setPosition(again ? START : playback.position, !playback.playing)
    },
    step(by) {
      const next = moved(steps(), store.getState().playback.position, by)
      if (next) setPosition(next, false)
    },
    stepPacket(by) {
      const { packet, hop, step } = store.getState().playback.position
      const back = by < 0 && (hop > 0 || step > 0) ? packet : packet + by
      const record = currentRecord(store.getState())
      if (record && back >= 0 && back < packetsOf(record.conversation).length) setPosition({ packet: back, hop: 0, step: 0 }, false)
    },
    seek: (position) => setPosition(position, false),
    select: (conversation, position) =>
      change((state) => {
        state.playback = { conversation, position, playing: false }
        state.inspecting = 'packet'
      }),
    destroy() {
      halt()
      unsubscribe()
    },
  }
}

/** Further than this many stations the packet jumps rather than glides. */
const GLIDE = 40

/** A rule has no station of its own: it is at its chain's. */
const stationOf = (path: PacketPath, position: Position): number =>
  stationAt(path, position.packet, position.hop, position.step) ?? path.packets[position.packet]?.first ?? 0
