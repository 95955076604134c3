import { expect, it } from 'vitest'
import { nextSpeed, SPEEDS } from './speed.ts'

it('goes through all speeds and stays at the ends', () => {
  const up: number[] = [SPEEDS[0]]
  for (let speed: number = SPEEDS[0]; nextSpeed(speed, 1) !== speed; speed = nextSpeed(speed, 1)) up.push(nextSpeed(speed, 1))
  expect(up).toEqual([...SPEEDS])
  expect(nextSpeed(4, 1)).toBe(4)
  expect(nextSpeed(0.001, -1)).toBe(0.001)
  expect(nextSpeed(0.3, -1)).toBe(0.25)
})
