import { describe, expect, it } from 'vitest'
import type { Timetable } from '../scene/timetable.ts'
import { Crowd } from './crowd.ts'
import type { Frame } from './frame.ts'

const way = (milliseconds: number): Timetable => ({
  at: Float32Array.of(0, milliseconds),
  x: Float32Array.of(0, 1),
  y: Float32Array.of(0, 1),
  looks: Uint8Array.of(0, 0),
  broken: false,
})

/** Frames that a test takes one by one. */
function frames() {
  let steps: ((now: number) => boolean)[] = []
  const frame: Frame = { invalidate: () => undefined, animate: (step) => void steps.push(step), destroy: () => undefined }
  const at = (now: number): void => void (steps = steps.filter((step) => step(now)))
  return { frame, at, going: () => steps.length > 0 }
}

describe('a crowd', () => {
  it('sets out when all ways are made, keeps time, and is gone when the last has arrived', () => {
    const { frame, at, going } = frames()
    const crowd = new Crowd(frame)
    crowd.play({ ways: [way(100), way(60)][Symbol.iterator](), speed: 2 })
    at(1000)
    expect([crowd.clock, crowd.shown().length]).toEqual([0, 0])
    at(1020)
    expect([crowd.clock, crowd.shown().length]).toEqual([40, 2])
    at(1060)
    expect([crowd.clock, crowd.shown().length, going()]).toEqual([0, 0, false])
  })

  it('stops, and begins anew, with nothing left of before', () => {
    const { frame, at } = frames()
    const crowd = new Crowd(frame)
    crowd.play({ ways: [way(500), way(500)][Symbol.iterator](), speed: 1 })
    at(0)
    at(16)
    crowd.stop()
    expect(crowd.shown()).toEqual([])
    crowd.play({ ways: [way(500)][Symbol.iterator](), speed: 1 })
    at(32)
    at(48)
    expect([crowd.clock, crowd.shown().length]).toEqual([16, 1])
  })

  it('goes in strides where motion is not wanted', () => {
    const { frame, at } = frames()
    const crowd = new Crowd(frame)
    crowd.setReducedMotion(true)
    crowd.play({ ways: [way(5000)][Symbol.iterator](), speed: 1 })
    const clocks = Array.from({ length: 12 }, (_, i) => (at(i * 90), crowd.clock))
    expect([...new Set(clocks)]).toEqual([0, 400, 800])
  })
})
