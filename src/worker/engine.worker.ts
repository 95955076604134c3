import type { Request, Response } from './protocol.ts'
import { Session } from './session.ts'
import { transferred } from './transfer.ts'

declare const self: DedicatedWorkerGlobalScope

const session = new Session()

self.addEventListener('message', (event: MessageEvent<Request>) => {
  const { id } = event.data
  try {
    const answer = session.answer(event.data)
    self.postMessage({ id, ok: true, answer } satisfies Response, answer === undefined ? [] : transferred(answer))
  } catch (error) {
    self.postMessage({ id, ok: false, error: error instanceof Error ? error.message : String(error) } satisfies Response)
  }
})
