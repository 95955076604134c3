import { describe, expect, it } from 'vitest'
import { SvgContext } from './svg-context.ts'

const fresh = (): SvgContext & CanvasRenderingContext2D =>
  new SvgContext(
    (_, text) => text.length * 5,
    (colour) => ({ hex: colour, alpha: 1 }),
  ) as unknown as SvgContext & CanvasRenderingContext2D

describe('a context that writes SVG', () => {
  it('fills and strokes one path in turn, as its looks are then', () => {
    const context = fresh()
    context.beginPath()
    context.rect(1, 2, 3, 4)
    context.fillStyle = '#ff0000'
    context.globalAlpha = 0.5
    context.fill()
    context.globalAlpha = 1
    context.strokeStyle = '#00ff00'
    context.lineWidth = 2
    context.setLineDash([3, 2])
    context.stroke()
    expect(context.svg(10, 20).split('\n')).toEqual([
      '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="20" viewBox="0 0 10 20">',
      '<path d="M1 2h3v4h-3Z" fill="#ff0000" fill-opacity="0.5"/>',
      '<path d="M1 2h3v4h-3Z" fill="none" stroke="#00ff00" stroke-width="2" stroke-dasharray="3 2"/>',
      '</svg>',
      '',
    ])
  })

  it('holds names as text and nothing else', () => {
    const context = fresh()
    context.font = '600 12px "Inter", sans-serif'
    context.textBaseline = 'middle'
    context.fillText('<img onerror="x"> & co', 5, 10)
    expect(context.svg(10, 10)).toContain(
      '<text x="5" y="14.32" font-family="&quot;Inter&quot;, sans-serif" font-size="12" font-weight="600" textLength="110" lengthAdjust="spacingAndGlyphs" fill="#000000">&lt;img onerror=&quot;x&quot;&gt; &amp; co</text>',
    )
  })

  it('moves, turns and cuts what stands between save and restore, and nothing after', () => {
    const context = fresh()
    context.save()
    context.translate(4, 5)
    context.rotate(Math.PI / 2)
    context.beginPath()
    context.rect(0, 0, 1, 1)
    context.clip()
    context.fillRect(0, 0, 2, 2)
    context.restore()
    context.fillRect(7, 7, 1, 1)
    const svg = context.svg(10, 10)
    expect(svg).toContain('<clipPath id="clip0"><path d="M0 0h1v1h-1Z"/></clipPath>')
    expect(svg).toContain(
      '<g transform="translate(4 5)rotate(90)" clip-path="url(#clip0)"><rect x="0" y="0" width="2" height="2" fill="#000000"/></g>',
    )
    expect(svg).toContain('\n<rect x="7" y="7" width="1" height="1" fill="#000000"/>\n')
  })

  it('holds a canvas once, however often parts of it are drawn', () => {
    const context = fresh()
    const canvas = { width: 4, height: 2, toDataURL: () => 'data:image/png;base64,AA' } as unknown as HTMLCanvasElement
    context.imageSmoothingEnabled = false
    context.drawImage(canvas, 0, 0, 4, 1, 10, 20, 40, 3)
    context.drawImage(canvas, 0, 1, 4, 1, 10, 24, 40, 3)
    const svg = context.svg(50, 50)
    expect(svg.match(/data:image/g)).toHaveLength(1)
    expect(svg).toContain(
      '<svg x="10" y="24" width="40" height="3" viewBox="0 1 4 1" preserveAspectRatio="none"><use href="#image0" image-rendering="pixelated"/></svg>',
    )
  })
})
