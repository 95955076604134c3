import { HOOKS, hookBoxOf } from '../../scene/chassis.ts'
import { machineIndex } from '../../scene/hit-test.ts'
import type { PacketPath, Station } from '../../scene/packet-path.ts'
import { planOfMachine } from '../../scene/places.ts'
import { type Pen, fillRound, font, onScreen } from '../pen.ts'
import { fitText, textWidth } from '../text.ts'

const LINE = 14

/** Nearest of all: under each hook, table by table, the chains that the packet went through there. */
export function drawChains(pen: Pen, path: PacketPath, packet: number, t: number): void {
  const span = path.packets[packet]
  if (!span) return
  const hooks = new Map<string, Map<string, Station>>()
  for (let i = span.first; i <= Math.min(span.last, t); i++) {
    const station = path.stations[i]
    if (!station?.match) continue
    const [box, table] = splitLast(station.place)
    const tables = hooks.get(box) ?? new Map<string, Station>()
    tables.set(table, station)
    hooks.set(box, tables)
  }
  for (const [box, tables] of hooks) drawList(pen, box, tables)
}

function splitLast(place: string): readonly [string, string] {
  const slash = place.lastIndexOf('/')
  return [place.slice(0, slash), place.slice(slash + 1)]
}

/** `box` is `node/node-1#PREROUTING`. */
function drawList(pen: Pen, box: string, tables: ReadonlyMap<string, Station>): void {
  const machine = machineIndex(pen.scene, box)
  const hook = HOOKS.find((each) => box.endsWith(`#${each}`))
  if (machine === undefined || hook === undefined) return
  const world = hookBoxOf(planOfMachine(pen.scene, machine), hook)?.rect
  if (!world) return
  const { context, theme } = pen
  const rect = onScreen(pen.view, world)
  const nameFont = font(theme, 'mono', 10)
  const tableFont = font(theme, 'mono', 10, 600)
  // Never wider than what is free to the next hook on the right.
  const room = rect.width * 1.45
  let y = rect.y + rect.height + 5
  for (const [table, station] of tables) {
    const chains = ` ${(station.match?.chains ?? []).join(' › ')}`
    const lead = textWidth(context, tableFont, table)
    const text = fitText(context, nameFont, chains, room - lead - 8)
    fillRound(context, { x: rect.x, y, width: lead + textWidth(context, nameFont, text) + 8, height: LINE }, 3, theme.chassis)
    context.textBaseline = 'middle'
    context.font = tableFont
    context.fillStyle = theme.text
    context.fillText(table, rect.x + 4, y + LINE / 2 + 0.5)
    context.font = nameFont
    context.fillStyle = theme.muted
    context.fillText(text, rect.x + 4 + lead, y + LINE / 2 + 0.5)
    y += LINE + 1
  }
}
