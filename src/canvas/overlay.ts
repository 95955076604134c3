import type { PacketPath } from '../scene/packet-path.ts'
import type { Pen } from './pen.ts'

/** What is drawn over pods and hosts by a part that is loaded later, and takes presses there. */
export interface Overlay {
  drawStill(pen: Pen): void
  /** Before the packet; `t` is the position on the path. */
  drawMoving(pen: Pen, path: PacketPath | undefined, t: number): void
  /** The id of what it has drawn at a point of the screen. */
  hitTest(pen: Pen, x: number, y: number): string | undefined
  /** Whether there is more to see of this when it is larger than the window would need. */
  opens(id: string): boolean
}
