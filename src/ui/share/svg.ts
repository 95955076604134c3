import { readTheme, shadesOf, type Theme } from '../../canvas/theme.ts'
import { packetPath, type PacketPath } from '../../scene/packet-path.ts'
import { podAddress, podName } from '../../scene/pod-names.ts'
import { leg } from '../../scene/progress.ts'
import { machineRect, type Point, podRect, type Rect, type Scene } from '../../scene/scene.ts'
import { packetsOf } from '../position.ts'
import { currentRecord, type State } from '../store.ts'

/** More pods than these are no picture that any program opens: only the machines are drawn. */
const MOST_PODS = 20_000
const MARGIN = 24
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

/** The ladder as it stands there, or else the whole map with the way of the packets that are shown. */
export function svgOfScreen(state: State): string {
  const ladder = document.querySelector<SVGSVGElement>('svg[data-testid=ladder]')
  if (ladder) return svgOfElement(ladder)
  const map = document.querySelector<HTMLElement>('[data-testid=map]')
  if (!state.scene) throw new Error('there is no map')
  const record = currentRecord(state)
  const path = record && packetPath(state.scene, packetsOf(record.conversation))
  return svgOfScene(state.scene, path, readTheme(map ?? document.documentElement), plainColours())
}

/** Text and colours stand in the file itself: outside of the page there are no style sheets. */
function svgOfElement(element: SVGSVGElement): string {
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

/** Programs that draw SVG know neither oklch() nor light-dark(): whatever the browser paints for a colour is written as #rrggbb. */
function plainColours(): (colour: string) => string {
  const known = new Map<string, string>()
  const canvas = document.createElement('canvas')
  canvas.width = 1
  canvas.height = 1
  const context = canvas.getContext('2d', { willReadFrequently: true })
  return (colour) => {
    const before = known.get(colour)
    if (before !== undefined || !context) return before ?? colour
    context.fillStyle = colour
    context.fillRect(0, 0, 1, 1)
    const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data
    const plain = `#${[r, g, b].map((part) => part.toString(16).padStart(2, '0')).join('')}`
    known.set(colour, plain)
    return plain
  }
}

export function svgOfScene(scene: Scene, path: PacketPath | undefined, theme: Theme, plain: (colour: string) => string): string {
  const { x, y, width, height } = scene.bounds
  const view = [x - MARGIN, y - MARGIN, width + 2 * MARGIN, height + 2 * MARGIN].map(round)
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${view.join(' ')}" width="${view[2]}" height="${view[3]}" font-family="${escaped(theme.sans)}">`,
    box({ x: view[0] ?? 0, y: view[1] ?? 0, width: view[2] ?? 0, height: view[3] ?? 0 }, { fill: plain(theme.background) }),
    ...linkParts(scene, theme, plain),
    ...machineParts(scene, theme, plain),
    ...(scene.pods.count <= MOST_PODS ? podParts(scene, theme, plain) : []),
    ...(path ? pathParts(path, theme, plain) : []),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

type Plain = (colour: string) => string

function linkParts(scene: Scene, theme: Theme, plain: Plain): string[] {
  const stroke = { fill: 'none', stroke: plain(theme.muted), 'stroke-width': 1.5 }
  const bars = scene.segments.flatMap((segment) => [
    ...segment.bars.map((bar) =>
      line(
        [
          { x: bar.x1, y: bar.y },
          { x: bar.x2, y: bar.y },
        ],
        { ...stroke, 'stroke-width': 3 },
      ),
    ),
    ...segment.bars
      .slice(0, 1)
      .map((bar) =>
        text(`${segment.name} ${segment.cidr}`, { x: bar.x2 + 6, y: bar.y + 4 }, { fill: plain(theme.muted), 'font-size': 10 }),
      ),
  ])
  return [...bars, ...scene.wires.map((wire) => line(wire.points, stroke))]
}

function machineParts(scene: Scene, theme: Theme, plain: Plain): string[] {
  const { machines } = scene
  return Array.from({ length: machines.count }, (_, machine) => {
    const rect = machineRect(scene, machine)
    return [
      box(rect, { fill: plain(theme.chassis), stroke: plain(theme.hairline), rx: 6 }),
      text(
        machines.labels[machine] ?? '',
        { x: rect.x + 10, y: rect.y + 18 },
        { fill: plain(theme.text), 'font-size': 12, 'font-weight': 600 },
      ),
      text(
        machines.addresses[machine] ?? '',
        { x: rect.x + rect.width - 10, y: rect.y + 18 },
        { fill: plain(theme.muted), 'font-size': 10, 'text-anchor': 'end', 'font-family': theme.mono },
      ),
    ].join('')
  })
}

function podParts(scene: Scene, theme: Theme, plain: Plain): string[] {
  return Array.from({ length: scene.pods.count }, (_, pod) => {
    const rect = podRect(scene, pod)
    const shades = shadesOf(theme, scene.pods.hue[pod] ?? 0)
    const tile = box(rect, { fill: plain(shades.fill), stroke: plain(shades.edge), rx: 4 })
    const name = cut(podName(scene, pod), rect.width - 8, 5.4)
    const address = cut(podAddress(scene, pod), rect.width - 8, 5.4)
    return [
      tile,
      ...(rect.height < 20 ? [] : [text(name, { x: rect.x + 5, y: rect.y + 13 }, { fill: plain(theme.text), 'font-size': 9 })]),
      ...(rect.height < 32
        ? []
        : [text(address, { x: rect.x + 5, y: rect.y + 25 }, { fill: plain(theme.muted), 'font-size': 8, 'font-family': theme.mono })]),
    ].join('')
  })
}

/** Requests are solid, replies dashed; a packet that was lost ends in a cross. */
function pathParts(path: PacketPath, theme: Theme, plain: Plain): string[] {
  return path.packets.flatMap(({ first, last, direction }) => {
    const stations = path.stations.slice(first, last + 1)
    const points = stations.flatMap((station, index) => {
      const before = stations[index - 1]
      return before ? leg(before, station).slice(1) : [station]
    })
    const end = stations.at(-1)
    const reply = direction === 'reply'
    const stroke = { fill: 'none', stroke: plain(reply ? theme.reply : theme.request), 'stroke-width': 2, 'stroke-linejoin': 'round' }
    const lost = end?.end && end.end.kind !== 'delivered' ? [cross(end, plain(theme.dropped))] : []
    return points.length < 2 ? lost : [line(points, { ...stroke, ...(reply ? { 'stroke-dasharray': '5 4' } : {}) }), ...lost]
  })
}

const cross = ({ x, y }: Point, colour: string): string =>
  `<path d="M${round(x - 5)} ${round(y - 5)}l10 10m0 -10l-10 10" stroke="${colour}" stroke-width="3"/>`

type Attributes = Readonly<Record<string, string | number>>

const attributes = (all: Attributes): string =>
  Object.entries(all)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')

const box = ({ x, y, width, height }: Rect, rest: Attributes): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"${attributes(rest)}/>`

const line = (points: readonly Point[], rest: Attributes): string =>
  `<polyline points="${points.map(({ x, y }) => `${round(x)},${round(y)}`).join(' ')}"${attributes(rest)}/>`

const text = (words: string, { x, y }: Point, rest: Attributes): string =>
  words === '' ? '' : `<text x="${round(x)}" y="${round(y)}"${attributes(rest)}>${escaped(words)}</text>`

/** Names are anybody's: in the file they are text and nothing else. */
const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const cut = (words: string, width: number, letter: number): string => {
  const most = Math.max(1, Math.floor(width / letter))
  return words.length <= most ? words : `${words.slice(0, most - 1)}…`
}

const round = (n: number): number => Math.round(n * 10) / 10
