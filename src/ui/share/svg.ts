import { painterOf } from '../../canvas/painter.ts'
import { type PlainColour, SvgContext } from '../../canvas/svg-context.ts'
import { ladderOnScreen } from './picture.ts'

const LADDER_STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
]

/** What is on screen: the ladder as it stands there, or else the map at its zoom with all that is drawn on it. */
export function svgOfScreen(): string {
  const ladder = ladderOnScreen()
  if (ladder) return svgOfElement(ladder)
  const map = document.querySelector('[data-testid=map]')
  const painter = map && painterOf(map)
  const ruler = ownContext()
  if (!painter) throw new Error('there is no map on screen')
  const context = new SvgContext((font, text) => {
    ruler.font = font
    return ruler.measureText(text).width
  }, plainColours(ruler))
  const { width, height } = painter.drawOn(context as unknown as CanvasRenderingContext2D)
  return context.svg(width, height)
}

function ownContext(): CanvasRenderingContext2D {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('this browser has no 2D canvas')
  return context
}

const PAINTS: ReadonlySet<string> = new Set(['fill', 'stroke'])

/** Text and colours stand in the file itself, as attributes: outside of the page there are no style sheets, and inside none that are not its own. */
export function svgOfElement(element: SVGSVGElement): string {
  const plain = plainColours(ownContext())
  const copy = element.cloneNode(true) as SVGSVGElement
  const originals = element.querySelectorAll<SVGElement>('*')
  for (const [index, node] of [...copy.querySelectorAll<SVGElement>('*')].entries()) {
    const original = originals[index]
    if (!original) continue
    const style = getComputedStyle(original)
    for (const name of LADDER_STYLES) {
      const value = style.getPropertyValue(name)
      const paint = PAINTS.has(name) && value !== 'none' ? plain(value) : undefined
      node.setAttribute(name, paint?.hex ?? value)
      if (paint && paint.alpha < 1) node.setAttribute(`${name}-opacity`, paint.alpha.toFixed(2))
    }
    // What stays in view while the rest scrolls stands at its beginning.
    if (node.hasAttribute('data-stuck')) node.removeAttribute('transform')
    for (const name of ['class', 'style', 'data-stuck', 'tabindex', 'role', 'data-testid']) node.removeAttribute(name)
  }
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  for (const name of ['class', 'style']) copy.removeAttribute(name)
  const { width, height } = element.getBoundingClientRect()
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${width} ${height}`)
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  const { hex, alpha } = plain(backgroundOf(element))
  for (const [name, value] of Object.entries({ width: '100%', height: '100%', fill: hex, 'fill-opacity': String(alpha) }))
    ground.setAttribute(name, value)
  copy.prepend(ground)
  return `${new XMLSerializer().serializeToString(copy)}\n`
}

/** Of the nearest element that has one. */
function backgroundOf(element: Element | null): string {
  if (!element) return '#ffffff'
  const { backgroundColor } = getComputedStyle(element)
  return /^(transparent|rgba\(0, 0, 0, 0\))$/.test(backgroundColor) ? backgroundOf(element.parentElement) : backgroundColor
}

/** Programs that draw SVG know neither oklch() nor light-dark(): whatever the browser paints for a colour is written as #rrggbb and how much of it. */
function plainColours(context: CanvasRenderingContext2D): (colour: string) => PlainColour {
  const known = new Map<string, PlainColour>()
  return (colour) => {
    const before = known.get(colour)
    if (before) return before
    context.clearRect(0, 0, 1, 1)
    context.fillStyle = colour
    context.fillRect(0, 0, 1, 1)
    const [r = 0, g = 0, b = 0, a = 255] = context.getImageData(0, 0, 1, 1).data
    const plain = { hex: `#${[r, g, b].map((part) => part.toString(16).padStart(2, '0')).join('')}`, alpha: a / 255 }
    known.set(colour, plain)
    return plain
  }
}
