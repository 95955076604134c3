/** Frame times of the page while somebody moves the map with the mouse. Runs in the page: nothing but what a person's browser would do. */
export async function record(page, cdp, move) {
  const before = await threadTime(cdp)
  await page.evaluate(() => {
    const times = []
    let going = true
    const tick = (now) => {
      times.push(now)
      if (going) globalThis.kubehopFrame.ask(tick)
    }
    globalThis.kubehopFrame.spent.clear()
    globalThis.kubehopFrame.ask(tick)
    globalThis.kubehopFrames = () => {
      going = false
      return { times, drawing: [...globalThis.kubehopFrame.spent.values()] }
    }
  })
  await move()
  const { times, drawing } = await page.evaluate(() => globalThis.kubehopFrames())
  const gaps = times.slice(1).map((time, i) => time - times[i])
  const cpu = (await threadTime(cdp)) - before
  const cpuPerFrame = Math.round((cpu / Math.max(1, gaps.length)) * 10) / 10
  return { frames: gaps.length, ...quantiles(gaps), drawing: quantiles(drawing), cpuPerFrame }
}

/** Runs in the page before anything else: how long the page's own callbacks take in each frame. What the bench itself asks for goes by `ask`. */
export function watchFrames() {
  const ask = globalThis.requestAnimationFrame.bind(globalThis)
  const spent = new Map()
  globalThis.kubehopFrame = { ask, spent }
  globalThis.requestAnimationFrame = (callback) =>
    ask((now) => {
      const start = performance.now()
      callback(now)
      spent.set(now, (spent.get(now) ?? 0) + performance.now() - start)
    })
}

/** Milliseconds of processor that the page's main thread has had: what a frame costs, whatever else the machine is busy with. */
async function threadTime(cdp) {
  const { metrics } = await cdp.send('Performance.getMetrics')
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0)
}

export function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0) * 10) / 10
  return { median: at(0.5), p95: at(0.95), max: at(1) }
}

/** Moves with the button held, there and back: the map is dragged. Moves are events of the page, so that the driver's own pace is no limit. */
export async function drag(page, milliseconds) {
  await page.evaluate(async (duration) => {
    const surface = document.querySelector('[data-testid=map] canvas:last-of-type')
    const { left, top, width, height } = surface.getBoundingClientRect()
    const [x0, y0] = [left + width / 2, top + 12]
    const send = (target, type, x, y) =>
      target.dispatchEvent(
        new MouseEvent(type, { bubbles: true, cancelable: true, view: window, clientX: x, clientY: y, button: 0, buttons: 1 }),
      )
    send(surface, 'mousedown', x0, y0)
    const start = performance.now()
    await new Promise((done) => {
      const step = (now) => {
        const f = (now - start) / duration
        const swing = Math.sin(f * 4 * Math.PI)
        send(window, 'mousemove', x0 + swing * width * 0.2, y0 + swing * height * 0.15)
        if (f < 1) globalThis.kubehopFrame.ask(step)
        else done()
      }
      globalThis.kubehopFrame.ask(step)
    })
    send(window, 'mouseup', x0, y0)
  }, milliseconds)
}

/** Turns the wheel over the middle of the map, once a frame, `factor` times as large at the end. */
export async function wheel(page, factor, milliseconds) {
  await page.evaluate(
    async ({ factor, milliseconds }) => {
      const surface = document.querySelector('[data-testid=map] canvas:last-of-type')
      const { left, top, width, height } = surface.getBoundingClientRect()
      const start = performance.now()
      let done = 0
      await new Promise((end) => {
        const step = (now) => {
          const f = Math.min(1, (now - start) / milliseconds)
          // d3-zoom multiplies by 2 ** -delta; the map's delta is 0.0024 per unit of the wheel.
          const wanted = f * Math.log2(factor)
          const deltaY = -(wanted - done) / 0.0024
          done = wanted
          surface.dispatchEvent(
            new WheelEvent('wheel', {
              bubbles: true,
              cancelable: true,
              view: window,
              clientX: left + width / 2,
              clientY: top + height * 0.7,
              deltaY,
            }),
          )
          if (f < 1) globalThis.kubehopFrame.ask(step)
          else end()
        }
        globalThis.kubehopFrame.ask(step)
      })
    },
    { factor, milliseconds },
  )
}
