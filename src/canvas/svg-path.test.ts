import { expect, it } from 'vitest'
import { SvgPath } from './svg-path.ts'

const drawn = (draw: (path: SvgPath) => void): string => {
  const path = new SvgPath()
  draw(path)
  return path.data()
}

it.each<readonly [string, (path: SvgPath) => void, string]>([
  ['a line begins where it must', (path) => path.lineTo(1, 2), 'M1 2'],
  ['a rectangle', (path) => path.rect(1, 2, 3, 4), 'M1 2h3v4h-3Z'],
  ['one with round corners at the top', (path) => path.roundRect(0, 0, 10, 8, [2, 2, 0, 0]), 'M2 0H8a2 2 0 0 1 2 2V8H0V2a2 2 0 0 1 2 -2Z'],
  [
    'one as round as it can be',
    (path) => path.roundRect(0, 0, 10, 4, 9),
    'M2 0H8a2 2 0 0 1 2 2V2a2 2 0 0 1 -2 2H2a2 2 0 0 1 -2 -2V2a2 2 0 0 1 2 -2Z',
  ],
  ['a circle', (path) => path.arc(0, 0, 1, 0, 2 * Math.PI), 'M1 0A1 1 0 0 1 -1 0A1 1 0 0 1 1 0'],
  ['a quarter against the clock', (path) => path.arc(0, 0, 1, 0, -Math.PI / 2, true), 'M1 0A1 1 0 0 0 0 -1'],
  [
    'a bend to the right',
    (path) => {
      path.moveTo(0, 0)
      path.arcTo(10, 0, 10, 10, 2)
    },
    'M0 0L8 0A2 2 0 0 1 10 2',
  ],
  [
    'a bend to the left',
    (path) => {
      path.moveTo(0, 0)
      path.arcTo(10, 0, 10, -10, 2)
    },
    'M0 0L8 0A2 2 0 0 0 10 -2',
  ],
  [
    'no bend where the way is straight',
    (path) => {
      path.moveTo(0, 0)
      path.arcTo(5, 0, 9, 0, 2)
    },
    'M0 0L5 0',
  ],
])('%s', (_, draw, data) => {
  expect(drawn(draw)).toBe(data)
})
