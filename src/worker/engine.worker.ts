import { readAll, sizeOf } from './reading.ts'
import type { Ask, Reading, Request, Response } from './protocol.ts'
import { needsTraffic, Session } from './session.ts'
import { packed } from './transfer.ts'

declare const self: DedicatedWorkerGlobalScope

const session = new Session()

/** Questions are answered in the order they came, also when one must wait for code that is loaded. */
let last: Promise<void> = Promise.resolve()
self.addEventListener('message', (event: MessageEvent<Request>) => {
  last = last.then(() => answer(event.data))
})

async function answer(request: Request): Promise<void> {
  const { id } = request
  try {
    const read = await reading(request, (part) => self.postMessage({ id, part } satisfies Response))
    if (!session.traffic && needsTraffic(read)) await loadTraffic(read, id)
    const { parcel, transfer } = packed(session.answer(read), session.patch)
    self.postMessage({ id, ok: true, answer: parcel } satisfies Response, transfer)
  } catch (error) {
    self.postMessage({ id, ok: false, error: error instanceof Error ? error.message : String(error) } satisfies Response)
  }
}

/** While the code that moves packets is on its way, the page can show the cluster. */
async function loadTraffic(ask: Ask, id: number): Promise<void> {
  const loading = import('./traffic.ts')
  if (ask.kind === 'open') {
    const { parcel, transfer } = packed(session.prelude(ask.intents), session.patch)
    self.postMessage({ id, part: { kind: 'prelude', parcel } } satisfies Response, transfer)
  }
  session.traffic = await loading
}

/** Characters between two reports of progress. */
const STEP = 250_000

async function reading(ask: Ask, tell: (part: Reading) => void): Promise<Ask> {
  const total = sizeOf(ask)
  let told = 0
  const passed = (done: number): void => {
    if (done - told < STEP) return
    told = done
    tell({ kind: 'reading', done, total })
  }
  if (total > STEP) tell({ kind: 'reading', done: 0, total })
  const plain = readAll(ask, undefined, passed)
  if (plain) return plain
  const { readFull } = await import('../core/api/full-yaml.ts')
  if (total > STEP) tell({ kind: 'reading', done: 0, total })
  told = 0
  return readAll(ask, readFull, passed) ?? ask
}
