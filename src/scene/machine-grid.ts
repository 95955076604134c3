import { type Rect, type Scene, machineRect } from './scene.ts'

/** Which machines lie in which part of the map: columns of indices per cell of a uniform grid. */
export interface MachineGrid {
  readonly left: number
  readonly top: number
  readonly cellWidth: number
  readonly cellHeight: number
  readonly columns: number
  readonly rows: number
  /** `columns * rows + 1` offsets into `members`. */
  readonly start: Uint32Array
  readonly members: Uint32Array
}

const grids = new WeakMap<Scene, MachineGrid>()

/** Made once per scene: a scene is immutable. */
export function gridOf(scene: Scene): MachineGrid {
  const known = grids.get(scene)
  if (known) return known
  const grid = makeGrid(scene)
  grids.set(scene, grid)
  return grid
}

function makeGrid(scene: Scene): MachineGrid {
  const { bounds, machines } = scene
  const side = Math.min(96, Math.max(1, Math.ceil(Math.sqrt(machines.count))))
  const cellWidth = Math.max(1, bounds.width / side)
  const cellHeight = Math.max(1, bounds.height / side)
  const shape = { left: bounds.x, top: bounds.y, cellWidth, cellHeight, columns: side, rows: side }
  const counts = new Uint32Array(side * side + 1)
  for (let m = 0; m < machines.count; m++)
    eachCell(shape, machineRect(scene, m), (cell) => void (counts[cell + 1] = (counts[cell + 1] ?? 0) + 1))
  for (let cell = 0; cell < side * side; cell++) counts[cell + 1] = (counts[cell + 1] ?? 0) + (counts[cell] ?? 0)
  const members = new Uint32Array(counts[side * side] ?? 0)
  const next = counts.slice()
  for (let m = 0; m < machines.count; m++) {
    eachCell(shape, machineRect(scene, m), (cell) => {
      members[next[cell] ?? 0] = m
      next[cell] = (next[cell] ?? 0) + 1
    })
  }
  return { ...shape, start: counts, members }
}

type Shape = Omit<MachineGrid, 'start' | 'members'>

function eachCell(shape: Shape, rect: Rect, visit: (cell: number) => void): void {
  const clampColumn = (x: number): number => Math.min(shape.columns - 1, Math.max(0, Math.floor((x - shape.left) / shape.cellWidth)))
  const clampRow = (y: number): number => Math.min(shape.rows - 1, Math.max(0, Math.floor((y - shape.top) / shape.cellHeight)))
  const [c1, c2] = [clampColumn(rect.x), clampColumn(rect.x + rect.width)]
  const [r1, r2] = [clampRow(rect.y), clampRow(rect.y + rect.height)]
  for (let row = r1; row <= r2; row++) for (let column = c1; column <= c2; column++) visit(row * shape.columns + column)
}

/** Machines that a rectangle touches, ascending, each once. */
export function machinesIn(scene: Scene, view: Rect): readonly number[] {
  const grid = gridOf(scene)
  const { x, y, width, height, count } = scene.machines
  if (contains(view, scene.bounds)) return Array.from({ length: count }, (_, m) => m)
  // A machine lies in several cells: a mark says that it was found.
  const marks = new Uint8Array(count)
  let [first, last] = [count, -1]
  eachCell(grid, view, (cell) => {
    for (let i = grid.start[cell] ?? 0; i < (grid.start[cell + 1] ?? 0); i++) {
      const m = grid.members[i] ?? 0
      const [mx, my] = [x[m] ?? 0, y[m] ?? 0]
      if (mx >= view.x + view.width || view.x >= mx + (width[m] ?? 0) || my >= view.y + view.height || view.y >= my + (height[m] ?? 0))
        continue
      marks[m] = 1
      if (m < first) first = m
      if (m > last) last = m
    }
  })
  const found: number[] = []
  for (let m = first; m <= last; m++) if (marks[m] === 1) found.push(m)
  return found
}

/** What is no node. */
export function hostsOf({ machines }: Scene): readonly number[] {
  const hosts: number[] = []
  for (let m = machines.count - 1; m >= 0 && machines.kinds[m] !== 'node'; m--) hosts.push(m)
  return hosts.reverse()
}

const contains = (outer: Rect, inner: Rect): boolean =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.width > inner.x + inner.width &&
  outer.y + outer.height > inner.y + inner.height

/** How many pods stand in these machines and, when its tray is in view, wait. */
export function countPods(scene: Scene, machines: readonly number[]): number {
  const { podStart } = scene.machines
  return machines.reduce((sum, m) => sum + (podStart[m + 1] ?? 0) - (podStart[m] ?? 0), 0)
}
