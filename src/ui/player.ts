import { type PacketPath, packetPath, stationAt } from '../scene/packet-path.ts'
import { type Timetable, timetableOf } from '../scene/timetable.ts'
import type { Scene } from '../scene/scene.ts'
import type { SentRecord } from '../worker/protocol.ts'
import { compare, lastPosition, moved, packetsOf, type Position, START, stops } from './position.ts'
import { type AppStore, currentRecord, type Store } from './store.ts'

/** As much of the painter as playback needs: it owns interpolation and the clock. */
export interface Stage {
  readonly setPath: (path: PacketPath | undefined) => void
  readonly setProgress: (t: number) => void
  readonly play: (run: {
    readonly from: number
    readonly to: number
    readonly speed: number
    onProgress(t: number): void
    onEnd(): void
    onBreak?(station: number): void
  }) => void
  readonly pause: () => void
  readonly setBreakpoints: (stations: ReadonlySet<number>) => void
  readonly playCrowd?: (run: { readonly ways: Iterator<Timetable>; readonly speed: number }) => void
}

/** A place where play stops, and the breakpoints that make it so. */
export interface Break {
  readonly position: Position
  readonly because: readonly string[]
  /** What a header field became. */
  readonly detail?: string
}

/** Joins the position in the store with the one on the canvas: whoever moves first, the other follows. */
export interface Player {
  /** The canvas has been mounted. */
  readonly attach: (stage: Stage) => void
  readonly detach: () => void
  readonly toggle: () => void
  readonly step: (by: 1 | -1) => void
  readonly stepPacket: (by: 1 | -1) => void
  /** All requests on the map at once, each from its beginning. */
  readonly together: () => void
  readonly seek: (position: Position) => void
  readonly select: (conversation: number, position: Position) => void
  /** In order of time; they are those of the record that plays now. */
  readonly setBreaks: (breaks: readonly Break[]) => void
  /** At once to the next breakpoint, or the one before. False when there is none. */
  readonly toBreak: (by: 1 | -1) => boolean
  readonly destroy: () => void
}

export const createPlayer = (store: AppStore): Player => new StorePlayer(store)

class StorePlayer implements Player {
  readonly #store: AppStore
  readonly #unsubscribe: () => void
  #stage: Stage | undefined
  #path: PacketPath | undefined
  #shown: { readonly record: SentRecord; readonly scene: Scene } | undefined
  /** Station on the canvas; fractions while it moves. */
  #progress = 0
  #running = false
  #breaks: readonly Break[] = []

  constructor(store: AppStore) {
    this.#store = store
    this.#unsubscribe = store.subscribe((state, before) => this.#changed(state, before))
  }

  readonly attach = (stage: Stage): void => {
    this.#stage = stage
    this.#shown = undefined
    this.#refresh(this.#store.getState())
    if (this.#store.getState().playback.playing) this.#run()
  }

  readonly detach = (): void => {
    this.#halt()
    this.#stage = undefined
  }

  readonly toggle = (): void => {
    const { playback } = this.#store.getState()
    const packets = this.#packets()
    const end = lastPosition(packets)
    if (!end) return
    const again = !playback.playing && compare(playback.position, end) >= 0
    // A chain is one place on the map: its further rules are no way on from here.
    const here = playback.playing || again ? undefined : this.#breakHere(playback.position)
    if (here) return this.#stopAt(here)
    this.#setPosition(again ? START : playback.position, !playback.playing)
  }

  readonly step = (by: 1 | -1): void => {
    const { preferences, playback } = this.#store.getState()
    const next = moved(stops(this.#packets(), preferences.grain, preferences.level), playback.position, by)
    if (next) this.#setPosition(next, false)
    else if (playback.playing) this.#setPosition(playback.position, false)
  }

  /** Back goes first to the start of the packet it is in, as players do. */
  readonly stepPacket = (by: 1 | -1): void => {
    const { packet, hop, step } = this.#store.getState().playback.position
    const next = by < 0 && (hop > 0 || step > 0) ? packet : packet + by
    if (next >= 0 && next < this.#packets().length) this.#setPosition({ packet: next, hop: 0, step: 0 }, false)
  }

  readonly together = (): void => {
    const { playback, preferences } = this.#store.getState()
    this.#setPosition(playback.position, false)
    this.#stage?.playCrowd?.({ ways: this.#ways(), speed: preferences.speed })
  };

  *#ways(): Generator<Timetable> {
    const { records, scene } = this.#store.getState()
    if (scene) for (const record of records.slice(-MOST_TOGETHER)) yield timetableOf(pathOf({ record, scene }))
  }

  readonly seek = (position: Position): void => this.#setPosition(position, false)

  readonly select = (conversation: number, position: Position): void =>
    this.#store.getState().change((state) => {
      state.playback = { conversation, position, playing: false }
      state.inspecting = 'packet'
    })

  readonly setBreaks = (breaks: readonly Break[]): void => {
    this.#breaks = breaks
    this.#mark()
    const { playback } = this.#store.getState()
    if (!this.#running || !playback.playing) return
    this.#halt()
    this.#run()
  }

  readonly toBreak = (by: 1 | -1): boolean => {
    const { position } = this.#store.getState().playback
    const next =
      by > 0
        ? this.#breaks.find((each) => compare(each.position, position) > 0)
        : this.#breaks.findLast((each) => compare(each.position, position) < 0)
    if (next) this.#stopAt(next)
    return next !== undefined
  }

  readonly destroy = (): void => {
    this.#halt()
    this.#unsubscribe()
  }

  #packets() {
    const record = currentRecord(this.#store.getState())
    return record ? packetsOf(record.conversation) : []
  }

  #changed(state: Store, before: Store): void {
    this.#refresh(state)
    const { playback, preferences } = state
    const elsewhere = compare(playback.position, before.playback.position) !== 0
    if (playback.playing && (!this.#running || preferences.speed !== before.preferences.speed)) {
      this.#halt()
      if (!before.playback.playing || playback.conversation !== before.playback.conversation)
        this.#progress = this.#station(playback.position)
      this.#run()
    } else if (!playback.playing) {
      if (before.playback.playing) this.#halt()
      if (elsewhere) this.#follow(playback.position)
    }
  }

  /** New path when another conversation or another map is shown. */
  #refresh(state: Store): void {
    const record = currentRecord(state)
    if (record === this.#shown?.record && state.scene === this.#shown?.scene) return
    const before = this.#shown
    this.#halt()
    this.#shown = record && state.scene ? { record, scene: state.scene } : undefined
    this.#path = this.#shown && pathOf(this.#shown)
    this.#progress = this.#station(state.playback.position)
    this.#stage?.setPath(this.#path)
    // Those of another record mean nothing here; their owner sets new ones.
    if (record !== before?.record) this.#breaks = []
    this.#mark()
    if (this.#path) this.#stage?.setProgress(this.#progress)
  }

  /** Moves the canvas to a position that the page chose: a few stations away it glides there, further it jumps. */
  #follow(position: Position): void {
    if (!this.#path || !this.#stage) return
    const target = this.#station(position)
    const distance = Math.abs(target - this.#progress)
    this.#halt()
    if (distance === 0 || distance > GLIDE) {
      this.#progress = target
      this.#stage.setProgress(target)
      return
    }
    this.#running = true
    this.#stage.play({
      from: this.#progress,
      to: target,
      speed: Math.max(1, distance / 2),
      onProgress: (t) => void (this.#progress = t),
      onEnd: () => void (this.#running = false),
    })
  }

  #run(): void {
    const path = this.#path
    if (!path || !this.#stage) return
    const last = path.stations.length - 1
    const from = this.#progress >= last ? 0 : this.#progress
    const arrive = (t: number): void => {
      this.#progress = t
      const station = path.stations[Math.floor(t + 1e-6)]
      if (station) this.#setPosition({ packet: station.packet, hop: station.hop, step: station.step }, true)
    }
    const finish = (): void => {
      this.#running = false
      const end = lastPosition(this.#packets())
      if (end) this.#setPosition(end, false)
    }
    const stop = (station: number): void => {
      this.#running = false
      const found = this.#breaks.find((each) => this.#station(each.position) === station)
      if (found) this.#stopAt(found)
    }
    this.#running = true
    const { speed } = this.#store.getState().preferences
    this.#stage.play({ from, to: last, speed, onProgress: arrive, onEnd: finish, onBreak: stop })
  }

  #mark(): void {
    this.#stage?.setBreakpoints(new Set(this.#breaks.map((each) => this.#station(each.position))))
  }

  /** Another breakpoint at the same place on the map, after this position. */
  #breakHere(position: Position): Break | undefined {
    const station = this.#station(position)
    return this.#breaks.find((each) => compare(each.position, position) > 0 && this.#station(each.position) === station)
  }

  #stopAt(found: Break): void {
    this.#store.getState().change((state) => {
      state.playback = { ...state.playback, position: found.position, playing: false, stopped: found }
    })
  }

  #halt(): void {
    if (this.#running) this.#stage?.pause()
    this.#running = false
  }

  #setPosition(position: Position, playing: boolean): void {
    const { playback, change } = this.#store.getState()
    if (compare(playback.position, position) === 0 && playback.playing === playing) return
    change((state) => {
      state.playback = { ...state.playback, position, playing }
    })
  }

  /** A rule has no station of its own: it is at its chain's. */
  #station(position: Position): number {
    const path = this.#path
    return path ? (stationAt(path, position.packet, position.hop, position.step) ?? path.packets[position.packet]?.first ?? 0) : 0
  }
}

function pathOf({ record, scene }: { readonly record: SentRecord; readonly scene: Scene }): PacketPath {
  return packetPath(scene, packetsOf(record.conversation), record.conversation.choices)
}

/** Requests that play at once. */
const MOST_TOGETHER = 2000

/** Further than this many stations the packet jumps rather than glides. */
const GLIDE = 40
