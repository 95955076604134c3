/** Runs in the page before anything else: notes how large each answer of the worker is and how long the page takes to have it. */
export function watchMessages() {
  const notes = []
  globalThis.kubehopMessages = notes
  const sizeOf = (value, seen = new Set()) => {
    if (typeof value === 'string') return value.length
    if (typeof value !== 'object' || value === null) return 8
    if (seen.has(value)) return 0
    seen.add(value)
    if (ArrayBuffer.isView(value)) return value.byteLength
    let size = 16
    for (const [key, child] of Object.entries(value)) size += (Array.isArray(value) ? 0 : key.length) + sizeOf(child, seen)
    return size
  }
  const Native = globalThis.Worker
  globalThis.Worker = class extends Native {
    constructor(...args) {
      super(...args)
      // The first look at `data` is when the browser reads the message.
      this.addEventListener('message', (event) => {
        const before = performance.now()
        const { data } = event
        const read = performance.now() - before
        if (data?.answer?.scene) notes.push({ at: before, read, bytes: sizeOf(data.answer.scene), pods: data.answer.scene.pods.count })
      })
    }
  }
}
