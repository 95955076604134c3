import { OPENS_AT, drawMark, drawOpened, planOpened } from '../../canvas/layers/program.ts'
import type { Overlay } from '../../canvas/overlay.ts'
import { type Pen, isVisible, onScreen } from '../../canvas/pen.ts'
import { shadesOf } from '../../canvas/theme.ts'
import { rectOf } from '../../scene/hit-test.ts'
import { hueOf } from '../../scene/hue.ts'
import type { PacketPath } from '../../scene/packet-path.ts'
import { podIndex } from '../../scene/pod-names.ts'
import { type Crossing, type ProgramBoard, type Role, crossingAt } from '../../scene/program-board.ts'
import { type Rect, inside } from '../../scene/scene.ts'
import type { ProgramFound } from '../../worker/protocol/programs.ts'

/** What the programs of the cluster look like on the map: far away nothing, nearer a mark with the name, nearest opened. */
export class ProgramOverlay implements Overlay {
  crossings: (path: PacketPath, boards: ReadonlyMap<string, ProgramBoard>) => readonly Crossing[] = () => []
  readonly #programs: readonly ProgramFound[]
  readonly #ids: ReadonlySet<string>
  readonly #boards = new Map<string, ProgramBoard>()
  readonly #title: (role: Role) => string
  readonly #want: (id: string) => void
  readonly #wanted = new Set<string>()
  #known: { readonly path: PacketPath; readonly size: number; readonly crossings: readonly Crossing[] } | undefined
  #t = 0

  /** `want` is told once of each that is near enough to be opened. */
  constructor(programs: readonly ProgramFound[], title: (role: Role) => string, want: (id: string) => void) {
    this.#programs = programs
    this.#ids = new Set(programs.map(({ id }) => id))
    this.#title = title
    this.#want = want
  }

  /** Another cluster: what was open stays to be seen until it is known anew. */
  from(before: ProgramOverlay | undefined): this {
    for (const [id, board] of before?.boards ?? []) if (this.#ids.has(id)) this.#boards.set(id, board)
    return this
  }

  get boards(): ReadonlyMap<string, ProgramBoard> {
    return this.#boards
  }

  setBoard(board: ProgramBoard): void {
    this.#boards.set(board.id, board)
    this.#known = undefined
  }

  forgetCrossings(): void {
    this.#known = undefined
  }

  opens(id: string): boolean {
    return this.#ids.has(id)
  }

  drawStill(pen: Pen): void {
    if (pen.detail.pods === 'picture' || pen.detail.pods === 'marks') return
    for (const { id, name, rect } of this.#inView(pen)) {
      if (rect.width < OPENS_AT) drawMark(pen, rect, name)
      else if (this.#boardOf(id)) this.#drawOpened(pen, id, rect, undefined)
    }
  }

  /** Marks come out on top of rings around what is selected. */
  drawMoving(pen: Pen, path: PacketPath | undefined, t: number): void {
    this.#t = t
    if (pen.detail.pods !== 'cards') return
    const crossings = path ? this.#crossingsOn(path) : []
    for (const { id, name, rect } of this.#inView(pen)) {
      const crossing = crossingAt(crossings, id, t)
      if (rect.width < OPENS_AT) drawMark(pen, rect, name)
      else if (crossing && this.#boardOf(id)) this.#drawOpened(pen, id, rect, crossing)
    }
  }

  hitTest(pen: Pen, x: number, y: number): string | undefined {
    if (pen.detail.pods !== 'cards') return undefined
    for (const { id, rect } of this.#inView(pen)) {
      const board = this.#boards.get(id)
      if (!board || rect.width < OPENS_AT || !inside(rect, x, y)) continue
      const crossing = this.#known ? crossingAt(this.#known.crossings, id, this.#t) : undefined
      const hit = planOpened(rect, board, crossing).cells.find((each) => inside(each.rect, x, y))
      return hit && hit.cell.table !== '' ? `${id}#row/${hit.cell.table}/${hit.cell.row}` : id
    }
    return undefined
  }

  #crossingsOn(path: PacketPath): readonly Crossing[] {
    if (this.#known?.path !== path || this.#known.size !== this.#boards.size)
      this.#known = { path, size: this.#boards.size, crossings: this.crossings(path, this.#boards) }
    return this.#known.crossings
  }

  *#inView(pen: Pen): Iterable<ProgramFound & { readonly rect: Rect }> {
    for (const program of this.#programs) {
      const world = rectOf(pen.scene, program.id)
      const rect = world && onScreen(pen.view, world)
      if (rect && isVisible(rect, pen.part)) yield { ...program, rect }
    }
  }

  #boardOf(id: string): ProgramBoard | undefined {
    if (!this.#wanted.has(id)) {
      this.#wanted.add(id)
      this.#want(id)
    }
    return this.#boards.get(id)
  }

  #drawOpened(pen: Pen, id: string, rect: Rect, crossing: Crossing | undefined): void {
    const board = this.#boards.get(id)
    if (!board) return
    const pod = podIndex(pen.scene, id)
    const hue = shadesOf(pen.theme, pod === undefined ? hueOf(board.name) : (pen.scene.pods.hue[pod] ?? 0)).strong
    const label = id.slice(id.lastIndexOf('/') + 1)
    drawOpened(pen, rect, board, { crossing, t: this.#t, label, hue, words: { title: this.#title } })
  }
}
