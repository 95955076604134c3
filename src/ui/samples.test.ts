import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FIRST, type Sample } from './samples.ts'

describe('what a first visit opens', () => {
  it('is a sample of the library, word for word', () => {
    const samples = JSON.parse(readFileSync('public/scenarios/index.json', 'utf8')) as readonly Sample[]
    expect(samples.find(({ id }) => id === FIRST.id)).toEqual(FIRST)
  })
})
