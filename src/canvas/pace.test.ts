import { describe, expect, it } from 'vitest'
import { Pace } from './pace.ts'

const FRAME = 1000 / 60

/** A zoom of so many frames, each a little larger: `D` where the map was drawn anew, which takes `cost` frames, `s` where the old picture was stretched. */
function zoomed(cost: number, frames: number, factor = 1.02): string {
  const pace = new Pace()
  let [now, scale, done] = [0, 1, '']
  for (let i = 0; i < frames; i++) {
    pace.next(now)
    scale *= factor
    if (pace.mayStretch(scale)) {
      done += 's'
      now += FRAME
      continue
    }
    pace.drawn(now)
    scale = 1
    done += 'D'
    now += cost * FRAME
  }
  return done
}

describe('pace', () => {
  it.each([
    ['in time', 1, 6, 'DDDDDD'],
    ['two frames', 2, 6, 'DsDsDs'],
    ['three frames', 3, 7, 'DssDssD'],
    ['far too slow', 9, 9, 'DsssDsssD'],
  ])('drawing takes %s', (_, cost, frames, expected) => expect(zoomed(cost, frames)).toBe(expected))

  it('draws anew what was stretched too far', () => expect(zoomed(9, 6, 1.2)).toBe('DsDsDs'))
})
