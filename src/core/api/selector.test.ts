import { describe, expect, test } from 'vitest'
import { matchesSelector, matchesSelectorText } from './selector.ts'

describe('selectors as text', () => {
  const labels = { app: 'web', 'example.com/tier': 'front' }
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,example.com/tier=front', true],
    ['app=web, app!=api', true],
    ['app!=web', false],
    ['team!=blue', true],
    ['app in (api, web)', true],
    ['app notin (api,web)', false],
    ['team notin (blue)', true],
    ['app', true],
    ['!app', false],
    ['!team', true],
    ['app=', false],
    ['app=web;x', false],
    ['constructor', false],
    ['!toString', true],
  ])('%s: %s', (text, fits) => expect(matchesSelectorText(text, labels)).toBe(fits))
})

test('a label that nobody gave is absent, whatever it is called', () => {
  const of = (key: string, operator: 'Exists' | 'DoesNotExist') =>
    matchesSelector({ matchExpressions: [{ key, operator }] }, { app: 'web' })
  expect([of('app', 'Exists'), of('constructor', 'Exists'), of('valueOf', 'DoesNotExist')]).toEqual([true, false, true])
})
