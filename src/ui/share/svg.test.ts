import { describe, expect, it } from 'vitest'
import type { Theme } from '../../canvas/theme.ts'
import type { Scene } from '../../scene/scene.ts'
import { EMPTY_SCENE } from '../testdata/scene.ts'
import { svgOfScene } from './svg.ts'

const THEME = { sans: '"Inter", sans-serif', mono: 'mono', background: 'white', dark: false } as Theme
const named = (label: string): Scene => ({
  ...EMPTY_SCENE,
  machines: {
    ...EMPTY_SCENE.machines,
    count: 1,
    labels: [label],
    addresses: ['10.0.0.1'],
    x: Float32Array.of(1),
    y: Float32Array.of(2),
    width: Float32Array.of(30),
    height: Float32Array.of(40),
  },
})

describe('a map as SVG', () => {
  it('has every machine where it stands', () => {
    expect(svgOfScene(named('node-1'), undefined, THEME, (colour) => colour)).toContain('<rect x="1" y="2" width="30" height="40"')
  })

  it('holds names as text and nothing else', () => {
    const svg = svgOfScene(named('<img onerror="x"> & co'), undefined, THEME, (colour) => colour)
    expect(svg).toContain('&lt;img onerror=&quot;x&quot;&gt; &amp; co')
    expect(svg).not.toContain('<img')
  })
})
