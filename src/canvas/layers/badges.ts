import { podIndex } from '../../scene/pod-names.ts'
import { NO_MACHINE, type Rect, type Scene, machineRect, podRect } from '../../scene/scene.ts'
import { machineIndex } from '../../scene/hit-test.ts'
import { type Pen, isVisible, onScreen } from '../pen.ts'

/** Something is wrong at a pod, node or host. */
export interface Mark {
  readonly id: string
  readonly severity: 'error' | 'warning'
}

type Severity = Mark['severity']

/** Marks by where they stand, so that a frame visits those of machines in view. */
export interface Badges {
  readonly pods: ReadonlyMap<number, readonly { readonly pod: number; readonly severity: Severity }[]>
  /** The machine's own and those of its pods. */
  readonly machines: ReadonlyMap<number, { readonly severity: Severity; readonly count: number; readonly own: boolean }>
}

export function placeBadges(scene: Scene, marks: readonly Mark[]): Badges {
  const pods = new Map<number, { pod: number; severity: Severity }[]>()
  const machines = new Map<number, { severity: Severity; count: number; own: boolean }>()
  for (const { id, severity } of marks) {
    const pod = podIndex(scene, id)
    const machine = pod === undefined ? machineIndex(scene, id) : (scene.pods.machine[pod] ?? NO_MACHINE)
    if (machine === undefined) continue
    if (pod !== undefined) {
      const known = pods.get(machine)
      if (known) known.push({ pod, severity })
      else pods.set(machine, [{ pod, severity }])
    }
    const sum = machines.get(machine)
    machines.set(machine, {
      severity: severity === 'error' || sum?.severity === 'error' ? 'error' : 'warning',
      count: (sum?.count ?? 0) + 1,
      own: pod === undefined || (sum?.own ?? false),
    })
  }
  return { pods, machines }
}

/** Pixels from the middle of a badge to its edge: a speck far away, and near by room for what it says. */
const SPECK = 2.5
const SMALL = 4.5
const LARGE = 7.5

/** Furthest away a speck on a node, then a sign at its corner, then one at each pod that is meant. */
export function drawBadges(pen: Pen, badges: Badges): void {
  if (badges.machines.size === 0) return
  const { machines, pods } = pen.detail
  if (machines !== 'header') return drawOnMachines(pen, badges, machines === 'name' ? SMALL : SPECK)
  const fine = pods === 'tiles' || pods === 'cards'
  if (!fine) drawOnMachines(pen, badges, LARGE)
  for (const machine of [...pen.machines, NO_MACHINE]) {
    if (fine && badges.machines.get(machine)?.own)
      sign(pen, machineRect(pen.scene, machine), badges.machines.get(machine)?.severity ?? 'warning', LARGE)
    for (const { pod, severity } of badges.pods.get(machine) ?? [])
      sign(pen, podRect(pen.scene, pod), severity, pods === 'cards' ? LARGE : fine ? SMALL : SPECK)
  }
}

/** All of them: far away nobody knows which machines are in view, and those with marks are few or small. */
function drawOnMachines(pen: Pen, { machines }: Badges, size: number): void {
  for (const [machine, { severity }] of machines) if (machine !== NO_MACHINE) sign(pen, machineRect(pen.scene, machine), severity, size)
}

/** At the left upper corner: the right one is where sender and target have theirs. */
function sign(pen: Pen, world: Rect, severity: Severity, size: number): void {
  const rect = onScreen(pen.view, world)
  if (!isVisible(rect, pen.part)) return
  const { context, theme } = pen
  const inset = size === SPECK ? rect.width / 2 : 1
  const [x, y] = [rect.x + inset, rect.y + (size === SPECK ? rect.height / 2 : 1)]
  context.beginPath()
  outline(context, severity, x, y, size)
  if (size > SPECK) {
    context.lineWidth = 3
    context.lineJoin = 'round'
    context.strokeStyle = theme.chassis
    context.stroke()
  }
  context.fillStyle = severity === 'error' ? theme.dropped : theme.warning
  context.fill()
  if (size === LARGE) exclaim(pen, x, y + (severity === 'error' ? 0 : size * 0.18), size)
}

/** An error is a disc, a warning a triangle. */
function outline(context: CanvasRenderingContext2D, severity: Severity, x: number, y: number, r: number): void {
  if (severity === 'error') {
    context.moveTo(x + r, y)
    context.arc(x, y, r, 0, 2 * Math.PI)
    return
  }
  context.moveTo(x, y - r)
  context.lineTo(x + r * 1.08, y + r * 0.86)
  context.lineTo(x - r * 1.08, y + r * 0.86)
  context.closePath()
}

function exclaim({ context, theme }: Pen, x: number, y: number, r: number): void {
  context.fillStyle = theme.chassis
  context.fillRect(x - 0.85, y - r * 0.52, 1.7, r * 0.62)
  context.fillRect(x - 0.85, y + r * 0.28, 1.7, 1.7)
}
