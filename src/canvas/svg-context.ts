import { SvgPath, short } from './svg-path.ts'

/** A colour as every program that draws SVG knows it, and how much of it. */
export interface PlainColour {
  readonly hex: string
  readonly alpha: number
}

interface Looks {
  fillStyle: string
  strokeStyle: string
  lineWidth: number
  lineCap: string
  lineJoin: string
  globalAlpha: number
  font: string
  textBaseline: string
  textAlign: string
  imageSmoothingEnabled: boolean
  dash: readonly number[]
  transform: string
  clip: string
}

const FIRST: Looks = {
  fillStyle: '#000000',
  strokeStyle: '#000000',
  lineWidth: 1,
  lineCap: 'butt',
  lineJoin: 'miter',
  globalAlpha: 1,
  font: '10px sans-serif',
  textBaseline: 'alphabetic',
  textAlign: 'start',
  imageSmoothingEnabled: true,
  dash: [],
  transform: '',
  clip: '',
}

/** From the middle of a line of text to its baseline, in parts of its size: of Inter and JetBrains Mono alike, nearly. */
const TO_BASELINE = 0.36

/**
 * As much of a 2D context as the layers draw with, which writes SVG instead of pixels: what is saved is then what is on screen, and nothing is drawn in two
 * ways. Shadows are left out.
 */
export class SvgContext {
  readonly #elements: string[] = []
  readonly #definitions: string[] = []
  readonly #images = new Map<unknown, string>()
  readonly #path = new SvgPath()
  readonly #saved: Looks[] = []
  readonly #measure: (font: string, text: string) => number
  readonly #plain: (colour: string) => PlainColour
  #looks: Looks = { ...FIRST }

  /** `measure` says how wide a text is in pixels. */
  constructor(measure: (font: string, text: string) => number, plain: (colour: string) => PlainColour) {
    this.#measure = measure
    this.#plain = plain
    for (const name of Object.keys(FIRST) as (keyof Looks)[]) {
      if (name === 'dash' || name === 'transform' || name === 'clip') continue
      Object.defineProperty(this, name, {
        get: () => this.#looks[name],
        set: (value: never) => {
          this.#looks = { ...this.#looks, [name]: value }
        },
      })
    }
  }

  /** The whole file. */
  svg(width: number, height: number): string {
    const size = `width="${short(width)}" height="${short(height)}" viewBox="0 0 ${short(width)} ${short(height)}"`
    const definitions = this.#definitions.length > 0 ? [`<defs>${this.#definitions.join('\n')}</defs>`] : []
    return [`<svg xmlns="http://www.w3.org/2000/svg" ${size}>`, ...definitions, ...this.#elements, '</svg>', ''].join('\n')
  }

  save(): void {
    this.#saved.push(this.#looks)
  }

  restore(): void {
    this.#looks = this.#saved.pop() ?? this.#looks
  }

  translate(x: number, y: number): void {
    this.#looks = { ...this.#looks, transform: `${this.#looks.transform}translate(${short(x)} ${short(y)})` }
  }

  rotate(angle: number): void {
    this.#looks = { ...this.#looks, transform: `${this.#looks.transform}rotate(${short((angle * 180) / Math.PI)})` }
  }

  setLineDash(dash: readonly number[]): void {
    this.#looks = { ...this.#looks, dash }
  }

  beginPath(): void {
    this.#path.clear()
  }

  moveTo(x: number, y: number): void {
    this.#path.moveTo(x, y)
  }

  lineTo(x: number, y: number): void {
    this.#path.lineTo(x, y)
  }

  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void {
    this.#path.quadraticCurveTo(cx, cy, x, y)
  }

  arc(x: number, y: number, radius: number, from: number, to: number, counterclockwise?: boolean): void {
    this.#path.arc(x, y, radius, from, to, counterclockwise)
  }

  arcTo(x1: number, y1: number, x2: number, y2: number, radius: number): void {
    this.#path.arcTo(x1, y1, x2, y2, radius)
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.#path.rect(x, y, width, height)
  }

  roundRect(x: number, y: number, width: number, height: number, radii?: number | readonly number[]): void {
    this.#path.roundRect(x, y, width, height, radii)
  }

  closePath(): void {
    this.#path.closePath()
  }

  /** It goes for all that follows until `restore`; a clip within a clip replaces it. */
  clip(): void {
    const id = `clip${this.#definitions.length}`
    this.#definitions.push(`<clipPath id="${id}"><path d="${this.#path.data()}"/></clipPath>`)
    this.#looks = { ...this.#looks, clip: id }
  }

  fill(): void {
    const data = this.#path.data()
    if (data !== '') this.#add(`<path d="${data}"${this.#filled()}/>`)
  }

  stroke(): void {
    const data = this.#path.data()
    if (data !== '') this.#add(`<path d="${data}" fill="none"${this.#stroked()}/>`)
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.#add(`<rect${box(x, y, width, height)}${this.#filled()}/>`)
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#add(`<rect${box(x, y, width, height)} fill="none"${this.#stroked()}/>`)
  }

  /** There is nothing below what is drawn first. */
  clearRect(): void {}

  measureText(text: string): { readonly width: number } {
    return { width: this.#measure(this.#looks.font, text) }
  }

  fillText(text: string, x: number, y: number): void {
    if (text === '') return
    const [, weight = '400', size = '10', family = 'sans-serif'] = /^(\d+)?\s*([\d.]+)px (.*)$/.exec(this.#looks.font) ?? []
    const baseline = this.#looks.textBaseline === 'middle' ? y + Number(size) * TO_BASELINE : y
    const anchor = this.#looks.textAlign === 'center' ? ' text-anchor="middle"' : ''
    const font = ` font-family="${escaped(family)}" font-size="${short(Number(size))}" font-weight="${weight}"`
    // Other machines have other fonts: a text takes the room that was left for it.
    const length = ` textLength="${short(this.#measure(this.#looks.font, text))}" lengthAdjust="spacingAndGlyphs"`
    this.#add(`<text x="${short(x)}" y="${short(baseline)}"${font}${anchor}${length}${this.#filled()}>${escaped(text)}</text>`)
  }

  /** Part of a canvas somewhere else: the canvas is in the file once. */
  drawImage(
    image: HTMLCanvasElement,
    sx: number,
    sy: number,
    sw: number,
    sh: number,
    dx: number,
    dy: number,
    dw: number,
    dh: number,
  ): void {
    let id = this.#images.get(image)
    if (id === undefined) {
      this.#images.set(image, (id = `image${this.#images.size}`))
      this.#definitions.push(`<image id="${id}" width="${image.width}" height="${image.height}" href="${image.toDataURL('image/png')}"/>`)
    }
    const view = [sx, sy, sw, sh].map(short).join(' ')
    const crisp = this.#looks.imageSmoothingEnabled ? '' : ' image-rendering="pixelated"'
    const opacity = this.#looks.globalAlpha < 1 ? ` opacity="${short(this.#looks.globalAlpha)}"` : ''
    this.#add(`<svg${box(dx, dy, dw, dh)} viewBox="${view}" preserveAspectRatio="none"><use href="#${id}"${crisp}${opacity}/></svg>`)
  }

  #filled(): string {
    const { hex, alpha } = this.#plain(this.#looks.fillStyle)
    const opacity = alpha * this.#looks.globalAlpha
    return ` fill="${hex}"${opacity < 1 ? ` fill-opacity="${short(opacity)}"` : ''}`
  }

  #stroked(): string {
    const { strokeStyle, globalAlpha, lineWidth, lineCap, lineJoin, dash } = this.#looks
    const { hex, alpha } = this.#plain(strokeStyle)
    const opacity = alpha * globalAlpha
    const parts = [` stroke="${hex}" stroke-width="${short(lineWidth)}"`]
    if (opacity < 1) parts.push(` stroke-opacity="${short(opacity)}"`)
    if (lineCap !== 'butt') parts.push(` stroke-linecap="${lineCap}"`)
    if (lineJoin !== 'miter') parts.push(` stroke-linejoin="${lineJoin}"`)
    if (dash.length > 0) parts.push(` stroke-dasharray="${dash.map(short).join(' ')}"`)
    return parts.join('')
  }

  #add(element: string): void {
    const { transform, clip } = this.#looks
    const around = `${transform === '' ? '' : ` transform="${transform}"`}${clip === '' ? '' : ` clip-path="url(#${clip})"`}`
    this.#elements.push(around === '' ? element : `<g${around}>${element}</g>`)
  }
}

const box = (x: number, y: number, width: number, height: number): string =>
  ` x="${short(x)}" y="${short(y)}" width="${short(Math.max(0, width))}" height="${short(Math.max(0, height))}"`

/** Names are anybody's: in the file they are text and nothing else. */
const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
