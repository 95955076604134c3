import type { Point } from '../scene/scene.ts'
import { fillEdged } from './pen.ts'
import type { Theme } from './theme.ts'
import { textWidth } from './text.ts'

/** How a packet looks. Every meaning has a shape besides its colour. */
export interface Looks {
  /** A request is solid, a reply an outline. */
  readonly reply: boolean
  /** In an amber shell. */
  readonly encapsulated: boolean
  /** A notch at the end of the header that no longer reads as sent: source at the left, destination at the right. */
  readonly notched: { readonly source: boolean; readonly destination: boolean }
  /** Red, in two halves. */
  readonly broken: boolean
  /** `SYN`, `UDP`; empty far away, where only the shape is drawn. */
  readonly what: string
}

const HEIGHT = 18
const SMALL = 10
const SHELL = 4

export interface Size {
  readonly width: number
  readonly height: number
}

export function capsuleFont(theme: Theme): string {
  return `650 10.5px ${theme.mono}`
}

export function capsuleSize(context: CanvasRenderingContext2D, theme: Theme, looks: Looks): Size {
  const inner =
    looks.what === '' ? { width: 18, height: SMALL } : { width: textWidth(context, capsuleFont(theme), looks.what) + 18, height: HEIGHT }
  const shell = looks.encapsulated ? 2 * SHELL : 0
  return { width: inner.width + shell, height: inner.height + shell }
}

export function drawCapsule(context: CanvasRenderingContext2D, theme: Theme, at: Point, looks: Looks): void {
  const size = capsuleSize(context, theme, looks)
  context.save()
  context.translate(Math.round(at.x), Math.round(at.y))
  if (looks.broken) {
    drawHalf(context, theme, size, looks, -1)
    drawHalf(context, theme, size, looks, 1)
  } else drawWhole(context, theme, size, looks)
  context.restore()
}

function drawWhole(context: CanvasRenderingContext2D, theme: Theme, size: Size, looks: Looks): void {
  const shell = looks.encapsulated ? SHELL : 0
  const [width, height] = [size.width - 2 * shell, size.height - 2 * shell]
  halo(context, theme, size)
  if (shell > 0) {
    pill(context, size.width, size.height, 0.5)
    context.fillStyle = theme.dark ? 'rgba(255, 184, 46, 0.30)' : 'rgba(255, 186, 24, 0.38)'
    context.fill()
    context.strokeStyle = theme.encapsulated
    context.lineWidth = 1.25
    context.stroke()
  }
  const colour = looks.broken ? theme.dropped : looks.reply ? theme.reply : theme.request
  pill(context, width, height, looks.reply ? 1 : 0)
  context.fillStyle = looks.reply ? theme.chassis : colour
  context.fill()
  if (looks.reply) {
    context.strokeStyle = colour
    context.lineWidth = 1.75
    context.stroke()
  }
  if (looks.notched.source) notch(context, theme, -width / 2, height, 1)
  if (looks.notched.destination) notch(context, theme, width / 2, height, -1)
  if (looks.what === '') return
  context.font = capsuleFont(theme)
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillStyle = looks.reply ? colour : theme.onColour
  context.fillText(looks.what, 0, 0.5)
  context.textAlign = 'start'
}

/** Keeps the packet apart from what it passes over. */
function halo(context: CanvasRenderingContext2D, theme: Theme, size: Size): void {
  pill(context, size.width + 4, size.height + 4, 0)
  context.fillStyle = theme.chassis
  context.globalAlpha = 0.85
  context.fill()
  context.globalAlpha = 1
}

function pill(context: CanvasRenderingContext2D, width: number, height: number, inset: number): void {
  context.beginPath()
  context.roundRect(-width / 2 + inset, -height / 2 + inset, width - 2 * inset, height - 2 * inset, height / 2 - inset)
}

/** A wedge in the end of the capsule. */
function notch(context: CanvasRenderingContext2D, theme: Theme, x: number, height: number, inwards: 1 | -1): void {
  const half = height * 0.3
  context.beginPath()
  context.moveTo(x - inwards * 2, -half)
  context.lineTo(x + inwards * half * 1.25, 0)
  context.lineTo(x - inwards * 2, half)
  context.closePath()
  fillEdged(context, theme.translated, theme.chassis)
}

/** One half of a broken capsule: clipped along a jagged line, moved apart and tilted. */
function drawHalf(context: CanvasRenderingContext2D, theme: Theme, size: Size, looks: Looks, side: 1 | -1): void {
  context.save()
  context.translate(side * 3, side * 1)
  context.rotate(side * 0.12)
  context.beginPath()
  const [w, h] = [size.width, size.height]
  context.moveTo(side * w, -h)
  context.lineTo(1.5, -h)
  context.lineTo(-1.5, -h / 6)
  context.lineTo(2, h / 6)
  context.lineTo(-1.5, h)
  context.lineTo(side * w, h)
  context.closePath()
  context.clip()
  drawWhole(context, theme, size, { ...looks, broken: true })
  context.restore()
}
