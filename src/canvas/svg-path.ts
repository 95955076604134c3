import type { Point } from '../scene/scene.ts'

/** The path that a canvas context builds up, as the `d` of an SVG path. */
export class SvgPath {
  #parts: string[] = []
  #at: Point | undefined

  clear(): void {
    this.#parts = []
    this.#at = undefined
  }

  data(): string {
    return this.#parts.join('')
  }

  moveTo(x: number, y: number): void {
    this.#add(`M${short(x)} ${short(y)}`, { x, y })
  }

  lineTo(x: number, y: number): void {
    if (!this.#at) this.moveTo(x, y)
    else this.#add(`L${short(x)} ${short(y)}`, { x, y })
  }

  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void {
    this.#add(`Q${short(cx)} ${short(cy)} ${short(x)} ${short(y)}`, { x, y })
  }

  closePath(): void {
    this.#parts.push('Z')
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.#add(`M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}Z`, { x, y })
  }

  /** One radius for all corners, or one for each from the top left on. */
  roundRect(x: number, y: number, width: number, height: number, radii: number | readonly number[] = 0): void {
    const given = typeof radii === 'number' ? [radii, radii, radii, radii] : radii
    const most = Math.min(width, height) / 2
    const [a = 0, b = a, c = a, d = b] = given.map((radius) => Math.max(0, Math.min(radius, most)))
    const corner = (radius: number, dx: number, dy: number): string =>
      radius > 0 ? `a${short(radius)} ${short(radius)} 0 0 1 ${short(dx)} ${short(dy)}` : ''
    const sides = [
      `M${short(x + a)} ${short(y)}H${short(x + width - b)}${corner(b, b, b)}`,
      `V${short(y + height - c)}${corner(c, -c, c)}`,
      `H${short(x + d)}${corner(d, -d, -d)}`,
      `V${short(y + a)}${corner(a, a, -a)}Z`,
    ]
    this.#add(sides.join(''), { x, y })
  }

  /** SVG has no arc that ends where it began: a whole circle is two halves. */
  arc(x: number, y: number, radius: number, from: number, to: number, counterclockwise = false): void {
    const on = (angle: number): Point => ({ x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) })
    const start = on(from)
    if (this.#at) this.lineTo(start.x, start.y)
    else this.moveTo(start.x, start.y)
    const turn = counterclockwise ? from - to : to - from
    const sweep = turn >= 2 * Math.PI ? 2 * Math.PI : ((turn % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI)
    const steps = sweep > Math.PI ? 2 : 1
    for (let step = 1; step <= steps; step++) {
      const end = on(from + ((counterclockwise ? -1 : 1) * sweep * step) / steps)
      this.#add(`A${short(radius)} ${short(radius)} 0 0 ${counterclockwise ? 0 : 1} ${short(end.x)} ${short(end.y)}`, end)
    }
  }

  /** Around the corner at (x1, y1), touching both of its sides. */
  arcTo(x1: number, y1: number, x2: number, y2: number, radius: number): void {
    const from = this.#at ?? { x: x1, y: y1 }
    const [a, b] = [unit(from.x - x1, from.y - y1), unit(x2 - x1, y2 - y1)]
    const cross = a.x * b.y - a.y * b.x
    const half = Math.acos(Math.max(-1, Math.min(1, a.x * b.x + a.y * b.y))) / 2
    if (radius <= 0 || Math.abs(cross) < 1e-6) return this.lineTo(x1, y1)
    const away = radius / Math.tan(half)
    this.lineTo(x1 + a.x * away, y1 + a.y * away)
    const end = { x: x1 + b.x * away, y: y1 + b.y * away }
    this.#add(`A${short(radius)} ${short(radius)} 0 0 ${cross < 0 ? 1 : 0} ${short(end.x)} ${short(end.y)}`, end)
  }

  #add(part: string, end: Point): void {
    this.#parts.push(part)
    this.#at = end
  }
}

function unit(x: number, y: number): Point {
  const length = Math.hypot(x, y) || 1
  return { x: x / length, y: y / length }
}

/** Hundredths of a pixel are as fine as anybody sees. */
export const short = (value: number): string => String(Math.round(value * 100) / 100)
