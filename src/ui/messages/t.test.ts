import { describe, expect, it } from 'vitest'
import { edit } from './en-edit.ts'
import { editor } from './en-editor.ts'
import { findings } from './en-findings.ts'
import { player } from './en-player.ts'
import { programs } from './en-programs.ts'
import { requests } from './en-requests.ts'
import { samples } from './en-samples.ts'
import { share } from './en-share.ts'
import { steps } from './en-steps.ts'
import { tables } from './en-tables.ts'
import { views } from './en-views.ts'
import { en } from './en.ts'
import { addTexts, count, has, t, tell } from './t.ts'

const all = {
  ...en,
  ...tables,
  ...requests,
  ...share,
  ...steps,
  ...samples,
  ...views,
  ...edit,
  ...editor,
  ...findings,
  ...player,
  ...programs,
}
addTexts(all)

describe('messages', () => {
  it('put parameters where the braces are', () => {
    expect(t('step.forward', { from: 64, to: 63 })).toBe('Forwarded: TTL 64 becomes 63.')
  })

  it('leave a placeholder without a parameter in sight', () => {
    expect(tell('step.forward', { from: 64 })).toBe('Forwarded: TTL 64 becomes {to}.')
  })

  it('never read parameters as patterns or markup', () => {
    expect(tell('end.delivered', { owner: '$& <img onerror>', place: '{owner}' })).toBe('Delivered to $& <img onerror> in {owner}.')
  })

  it.each([
    [1, '1 pod'],
    [0, '0 pods'],
    [1500, '1,500 pods'],
  ])('count %i as %s', (n, text) => {
    expect(count('count.pods', n)).toBe(text)
  })

  it('know which keys there are', () => {
    expect(has('app.name')).toBe(true)
    expect(has('no.such.key')).toBe(false)
  })

  it('have no empty text, and braces that close', () => {
    for (const [key, text] of Object.entries(all)) {
      expect(text.trim(), key).not.toBe('')
      expect(text.replace(/\{\w+\}/g, ''), key).not.toMatch(/[{}]/)
    }
  })

  it('have both forms of everything that is counted', () => {
    const stems = Object.keys(all)
      .filter((key) => key.endsWith('.one'))
      .map((key) => key.slice(0, -4))
    expect(stems.filter((stem) => !has(`${stem}.other`))).toEqual([])
  })
})
