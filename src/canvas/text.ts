/**
 * Advance widths of Inter's printable ASCII, in hundredths of the font's size at weight 500: asking the browser for the width of a text is the dearest thing
 * that a canvas does, and a map asks for thousands. Kerning is left out, which makes texts a third of a percent narrower than they are taken for.
 */
const ADVANCES: readonly number[] = [
  27, 30, 49, 64, 65, 99, 65, 31, 37, 37, 52, 67, 30, 46, 30, 37, 65, 42, 62, 63, 66, 60, 63, 57, 63, 63, 30, 32, 67, 67, 67, 53, 98, 71,
  66, 73, 72, 60, 59, 75, 74, 27, 58, 69, 57, 91, 76, 77, 64, 77, 65, 65, 65, 74, 71, 100, 70, 70, 64, 37, 37, 37, 48, 46, 34, 57, 62, 58,
  62, 59, 38, 62, 60, 25, 25, 56, 25, 89, 60, 60, 62, 62, 39, 54, 34, 60, 57, 83, 56, 58, 56, 44, 35, 44, 67,
]
/** What the map writes besides ASCII. */
const OTHERS: Readonly<Record<string, number>> = { '…': 89, '→': 93, '›': 38, '·': 28 }
/** A column of a font whose letters are all of one width. */
const COLUMN = 60

/** What stands in the name of a pod or node: by its width a face, whichever the system has, is known. */
const SAMPLE = 'shop/checkout-5d78c9869d-x7k2p 10.244.63.9'

/** Measured width of the sample against the table's, per weight and family; widths are proportional to sizes. */
const faces = new Map<string, number>()
/** What the table does not have, per font. */
const widths = new Map<string, Map<string, number>>()
const KEPT = 20_000

/** `500 11.5px "Inter Variable", …` */
const FONT = /^(\d+) ([\d.]+)px (.+)$/

export function textWidth(context: CanvasRenderingContext2D, font: string, text: string): number {
  const [, weight, size, family] = FONT.exec(font) ?? []
  const tabled = family === undefined ? undefined : tableWidth(text, /mono/i.test(family))
  if (tabled === undefined || size === undefined) return measured(context, font, text)
  return tabled * Number(size) * faceOf(context, `${weight}`, `${family}`)
}

/** In sizes of the font; undefined when a letter is not in the table. */
function tableWidth(text: string, columns: boolean): number | undefined {
  let sum = 0
  for (let i = 0; i < text.length; i++) {
    const advance = ADVANCES[text.charCodeAt(i) - 32] ?? OTHERS[text.charAt(i)]
    if (advance === undefined) return undefined
    sum += columns ? COLUMN : advance
  }
  return sum / 100
}

/** Asked at one size, whichever is drawn first: what is drawn twice is drawn alike. */
const ASKED = 100

function faceOf(context: CanvasRenderingContext2D, weight: string, family: string): number {
  const face = `${weight} ${ASKED}px ${family}`
  const known = faces.get(face)
  if (known !== undefined) return known
  const ratio = measured(context, face, SAMPLE) / (ASKED * (tableWidth(SAMPLE, /mono/i.test(family)) ?? 1))
  faces.set(face, ratio)
  return ratio
}

function measured(context: CanvasRenderingContext2D, font: string, text: string): number {
  let known = widths.get(font)
  if (!known) widths.set(font, (known = new Map()))
  const width = known.get(text)
  if (width !== undefined) return width
  if (known.size > KEPT) known.clear()
  const before = context.font
  context.font = font
  const asked = context.measureText(text).width
  // Whoever asks may be about to write.
  context.font = before
  known.set(text, asked)
  return asked
}

/** Web fonts arrive late: what was measured before is worth nothing then. */
export function forgetWidths(): void {
  widths.clear()
  faces.clear()
}

/**
 * The text, shortened in its middle to fit: generated names begin with their owner and end with what tells them apart, so both ends stay.
 * Empty when not even three letters fit.
 */
export function fitText(context: CanvasRenderingContext2D, font: string, text: string, width: number): string {
  const full = textWidth(context, font, text)
  if (full <= width) return text
  const fitting = Math.floor((text.length * width) / full) - 1
  if (fitting < 3) return ''
  for (let keep = fitting; keep >= 3; keep--) {
    const tail = Math.min(5, Math.floor(keep / 2))
    const short = `${text.slice(0, keep - tail)}…${text.slice(text.length - tail)}`
    if (textWidth(context, font, short) <= width) return short
  }
  return ''
}
