import { rectOf } from '../scene/hit-test.ts'
import type { Point, Scene } from '../scene/scene.ts'

/**
 * What a press on the map may become. A machine that is dragged moves; from a pod, a host or a port a wire is drawn to wherever it is let go; everywhere
 * else the map itself is dragged, which is the camera's.
 */
export type Gesture =
  /** `group`: all that stands in a row with it. */
  | { readonly kind: 'move'; readonly id: string; readonly group: boolean; readonly from: Point; readonly to: Point }
  | { readonly kind: 'wire'; readonly from: string; readonly start: Point; readonly to: Point; readonly over: string | undefined }

/** Which gesture a press on `id` begins, if any. With `shift` a host is an end of a wire, else it is moved like a node. */
export function gestureOn(
  id: string | undefined,
  options: { readonly shift: boolean; readonly movable: boolean },
): Gesture['kind'] | undefined {
  if (id === undefined) return undefined
  const [kind = ''] = id.split('/')
  if (kind === 'pod') return 'wire'
  if (id.includes('#')) return undefined
  if (options.shift) return kind === 'node' || kind === 'external' ? 'wire' : undefined
  return options.movable && (kind === 'node' || kind === 'external') ? 'move' : undefined
}

/** An end of a wire: the pod, node or host that something belongs to. Undefined for the map itself and for where the wire began. */
export function endOf(id: string | undefined, from: string): string | undefined {
  const [owner] = id?.split('#') ?? []
  return owner === undefined || owner === from ? undefined : owner
}

/** Pixels that a press may tremble before it is a drag. */
export const SLACK = 4

export const isDrag = (a: Point, b: Point): boolean => Math.hypot(b.x - a.x, b.y - a.y) > SLACK

/** Moved things come to rest on a grid, so that rows stay rows. World units. */
const GRID = 8
export const snapped = (point: Point): Point => ({ x: Math.round(point.x / GRID) * GRID, y: Math.round(point.y / GRID) * GRID })

/** How far a drag moves what was taken, in world units, when it is let go; undefined when it is no longer there. */
export function moveOf(scene: Scene, gesture: Extract<Gesture, { kind: 'move' }>, k: number): Point | undefined {
  const home = rectOf(scene, gesture.id)
  if (!home) return undefined
  const to = snapped({ x: home.x + (gesture.to.x - gesture.from.x) / k, y: home.y + (gesture.to.y - gesture.from.y) / k })
  return { x: to.x - home.x, y: to.y - home.y }
}
