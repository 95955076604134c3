/** Alone in its file: the page starts its worker with this before the rest of its own code is there. */
export const startWorker = (): Worker =>
  new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module', name: 'kubehop-engine' })
