import type { Answer, Request, Response } from './protocol.ts'
import { Session } from './session.ts'

declare const self: DedicatedWorkerGlobalScope

const session = new Session()

/** Columns that the next scene is laid out from. */
const KEPT: ReadonlySet<string> = new Set(['slot', 'podStart'])

/** Columns go over without being copied, but for those that say where everything has its place: there it stays in the next scene. */
function buffersOf(answer: Answer): Transferable[] {
  const buffers = new Set<ArrayBuffer>()
  const visit = (value: unknown, depth: number): void => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) buffers.add(value.buffer)
    } else if (depth > 0 && typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) if (!KEPT.has(key)) visit(child, depth - 1)
    }
  }
  if (answer && typeof answer === 'object' && 'scene' in answer) visit(answer.scene, 2)
  return [...buffers]
}

self.addEventListener('message', (event: MessageEvent<Request>) => {
  const { id } = event.data
  try {
    const answer = session.answer(event.data)
    self.postMessage({ id, ok: true, answer } satisfies Response, buffersOf(answer))
  } catch (error) {
    self.postMessage({ id, ok: false, error: error instanceof Error ? error.message : String(error) } satisfies Response)
  }
})
