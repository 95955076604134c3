/** Measuring is the dearest thing a canvas does with text: widths are kept per font. */
const widths = new Map<string, Map<string, number>>()
const KEPT = 20_000

export function textWidth(context: CanvasRenderingContext2D, font: string, text: string): number {
  let known = widths.get(font)
  if (!known) widths.set(font, (known = new Map()))
  const width = known.get(text)
  if (width !== undefined) return width
  if (known.size > KEPT) known.clear()
  context.font = font
  const measured = context.measureText(text).width
  known.set(text, measured)
  return measured
}

/** Web fonts arrive late: what was measured before is worth nothing then. */
export function forgetWidths(): void {
  widths.clear()
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
