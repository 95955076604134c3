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
  const ruler = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (!painter || !ruler) throw new Error('there is no map on screen')
  const context = new SvgContext((font, text) => {
    ruler.font = font
    return ruler.measureText(text).width
  }, plainColours(ruler))
  const { width, height } = painter.drawOn(context as unknown as CanvasRenderingContext2D)
  return context.svg(width, height)
}

/** Text and colours stand in the file itself: outside of the page there are no style sheets. */
export function svgOfElement(element: SVGSVGElement): string {
  const copy = element.cloneNode(true) as SVGSVGElement
  const originals = element.querySelectorAll<SVGElement>('*')
  for (const [index, node] of [...copy.querySelectorAll<SVGElement>('*')].entries()) {
    const original = originals[index]
    if (!original) continue
    const style = getComputedStyle(original)
    for (const name of LADDER_STYLES) node.setAttribute(name, style.getPropertyValue(name))
    for (const name of ['class', 'tabindex', 'role', 'data-testid']) node.removeAttribute(name)
  }
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.style.background = getComputedStyle(element.parentElement ?? element).backgroundColor
  return `${new XMLSerializer().serializeToString(copy)}\n`
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
