import type { Request, Response } from './protocol.ts'
import { Session } from './session.ts'
import { packed } from './transfer.ts'

declare const self: DedicatedWorkerGlobalScope

const session = new Session()

self.addEventListener('message', (event: MessageEvent<Request>) => {
  const { id } = event.data
  try {
    const answer = session.answer(event.data)
    const { parcel, transfer } = packed(answer, session.patch)
    self.postMessage({ id, ok: true, answer: parcel } satisfies Response, transfer)
  } catch (error) {
    self.postMessage({ id, ok: false, error: error instanceof Error ? error.message : String(error) } satisfies Response)
  }
})
