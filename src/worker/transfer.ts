import type { Answer } from './protocol.ts'

/** Columns that the next scene is laid out from: everything stays where it was. These few are copied, all others handed over. */
const KEPT: ReadonlySet<string> = new Set(['slot', 'podStart', 'nameStart', 'namespace'])

/** The buffers of an answer that go to the page without being copied. */
export function transferred(answer: Answer): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  const visit = (value: unknown, depth: number): void => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) buffers.add(value.buffer)
    } else if (depth > 0 && typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) if (!KEPT.has(key)) visit(child, depth - 1)
    }
  }
  if (typeof answer === 'object' && 'scene' in answer) visit(answer.scene, 2)
  return [...buffers]
}
