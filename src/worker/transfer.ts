import type { ScenePatch } from '../scene/patch.ts'
import type { Scene } from '../scene/scene.ts'
import type { Answer, Parcel } from './protocol.ts'

/** Columns that the next scene is made from: everything stays where it was. These are copied, all others handed over. */
const KEPT: ReadonlySet<string> = new Set(['slot', 'podStart', 'nameStart', 'namespace', 'address', 'hue', 'flags', 'containers'])

/** What goes to the page, and the buffers of it that go without being copied. */
export function packed(answer: Answer, patch: ScenePatch | undefined): { readonly parcel: Parcel; readonly transfer: ArrayBuffer[] } {
  if (typeof answer !== 'object' || !('scene' in answer)) return { parcel: answer, transfer: [] }
  if (!patch) return { parcel: answer, transfer: buffersOf(answer.scene) }
  const { scene: _, ...rest } = answer
  return { parcel: { ...rest, patch }, transfer: [] }
}

function buffersOf(scene: Scene): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  const visit = (value: unknown, depth: number): void => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) buffers.add(value.buffer)
    } else if (depth > 0 && typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) if (!KEPT.has(key)) visit(child, depth - 1)
    }
  }
  visit(scene, 2)
  return [...buffers]
}
