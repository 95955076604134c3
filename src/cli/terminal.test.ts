import { describe, expect, it } from 'vitest'
import { painter, table } from './terminal.ts'

describe('colours', () => {
  it('are there only where they are understood', () => {
    expect(painter({ colours: false })('bad', 'dropped')).toBe('dropped')
    expect(painter({ colours: true })('bad', 'dropped')).toBe('\u001b[1;31mdropped\u001b[0m')
    expect(painter({ colours: true })('bad', '')).toBe('')
  })
})

describe('a table', () => {
  it('aligns its columns and has no blanks at line ends', () => {
    expect(
      table(
        ['NAME', 'IP'],
        [
          ['a-long-name', '10.0.0.1'],
          ['b', ''],
        ],
      ),
    ).toBe('NAME          IP\na-long-name   10.0.0.1\nb\n')
  })
})
