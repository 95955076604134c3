import { patched } from '../scene/patch.ts'
import type { Scene } from '../scene/scene.ts'
import type { Answer, AnswerTo, Ask, Opened, Parcel, Part, Request, Response } from './protocol.ts'

/** The page's end of the line: questions become promises. One worker lives as long as the page. */
export interface Client {
  /** `part` hears what comes before the answer. */
  ask<A extends Ask>(ask: A, part?: (part: Part) => void): Promise<AnswerTo<A>>
  /** Gives up everything that was asked, with `Cancelled`: whatever the worker is at, it stops at once. The new one has an empty cluster. */
  restart(): void
  close(): void
}

/** Why a question was not answered: a person did not want to wait. */
export class Cancelled extends Error {}

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
  part(part: Part): void
}

/** `first` is a worker that was started already. */
export function connect(start: () => Worker, first: Worker = start()): Client {
  const waiting = new Map<number, Waiting>()
  let last = 0
  let worker = listen(first, waiting)
  return {
    ask: (ask, part = () => undefined) =>
      new Promise((resolve, reject) => {
        const id = ++last
        waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, part })
        worker.postMessage({ id, ...ask } satisfies Request)
      }),
    restart: () => {
      worker.terminate()
      failAll(waiting, new Cancelled())
      worker = listen(start(), waiting)
    },
    close: () => worker.terminate(),
  }
}

function listen(worker: Worker, waiting: Map<number, Waiting>): Worker {
  const unpacker = new Unpacker()
  worker.addEventListener('message', (event: MessageEvent<Response>) => {
    const response = event.data
    const asked = waiting.get(response.id)
    if ('part' in response) {
      const { part } = response
      return asked?.part(part.kind === 'prelude' ? { kind: 'prelude', opened: unpacker.answer(part.parcel) as Opened } : part)
    }
    waiting.delete(response.id)
    // Unpacked whether or not anybody waits: the next scene may be a patch of this one.
    if (response.ok) {
      const answer = unpacker.answer(response.answer)
      asked?.resolve(answer)
    } else asked?.reject(new Error(response.error))
  })
  worker.addEventListener('error', (event) => failAll(waiting, new Error(event.message || 'the worker stopped')))
  return worker
}

function failAll(waiting: Map<number, Waiting>, error: Error): void {
  const asked = [...waiting.values()]
  waiting.clear()
  for (const each of asked) each.reject(error)
}

/** Holds the last scene, for the next may come as a patch of it. */
class Unpacker {
  #scene: Scene | undefined

  answer(parcel: Parcel): Answer {
    if (typeof parcel !== 'object') return parcel
    if ('patch' in parcel) {
      if (!this.#scene) throw new Error('a patch came before any scene')
      this.#scene = patched(this.#scene, parcel.patch)
      const { patch: _, ...rest } = parcel
      return { ...rest, scene: this.#scene } as Answer
    }
    if ('scene' in parcel) this.#scene = parcel.scene
    return parcel
  }
}
