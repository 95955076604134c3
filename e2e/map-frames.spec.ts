import type { Page } from '@playwright/test'
import { drag } from './map-points.ts'
import { expect, test } from './studio.ts'

const pixels = '[data-testid=map] canvas'

const keep = (page: Page): Promise<void> =>
  page.evaluate(async (selector) => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    const canvas = document.querySelector<HTMLCanvasElement>(selector)
    Object.assign(globalThis, { kept: canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data })
  }, pixels)

/** How many colours of the lower canvas are clearly others than those that were kept: soft edges that were drawn in parts may be a shade off. */
const drift = (page: Page): Promise<number> =>
  page.evaluate((selector) => {
    const canvas = document.querySelector<HTMLCanvasElement>(selector)
    const now = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data
    const { kept } = globalThis as { kept?: Uint8ClampedArray }
    return now?.reduce((sum, value, i) => sum + (Math.abs(value - (kept?.[i] ?? 0)) > 32 ? 1 : 0), 0) ?? -1
  }, pixels)

/** Looks until it is as drawn anew, which another theme and back makes it. */
async function isAsDrawnAnew(page: Page): Promise<void> {
  await keep(page)
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })

    if (colorScheme === 'dark') await expect.poll(() => drift(page)).toBeGreaterThan(1000)
    else await expect.poll(() => drift(page)).toBe(0)
  }
}

test('a map that was pushed is to the pixel the one that is drawn anew, at every height', async ({ studio, page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await studio.visit()
  await studio.selectPacket(1)
  const box = await page.getByTestId('map').boundingBox()
  if (!box) throw new Error('no map')
  const at = (x: number, y: number) => ({ x: box.x + x * box.width, y: box.y + y * box.height })
  for (const presses of [0, 2, 3, -8]) {
    const button = page.getByRole('button', { name: presses > 0 ? 'Zoom in' : 'Zoom out' })
    for (let i = 0; i < Math.abs(presses); i++) await button.click()
    // From the gap between the world outside and the nodes, which no thing takes.
    await drag(page, at(0.04, 0.04), at(0.17, 0.21))
    await drag(page, at(0.04, 0.21), at(0.21, 0.04))
    await drag(page, at(0.21, 0.04), at(0.07, 0.09))
    await isAsDrawnAnew(page)
  }
})

test('a map zoomed on a slow machine follows the wheel and is sharp again at its end', async ({ studio, page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await studio.visit()
  await studio.selectPacket(1)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 12 })
  const stretched = await page.getByTestId('map').evaluate(async (map) => {
    const canvas = map.querySelector('canvas')
    const { left, top, width, height } = map.getBoundingClientRect()
    const seen = new Set<string>()
    for (let i = 0; i < 40; i++) {
      map.dispatchEvent(
        new WheelEvent('wheel', { deltaY: -20, clientX: left + width / 2, clientY: top + height / 2, bubbles: true, cancelable: true }),
      )
      await new Promise((resolve) => requestAnimationFrame(resolve))
      seen.add(canvas?.style.transform ?? '')
    }
    return [...seen].filter((transform) => transform.includes('scale')).length
  })
  expect(stretched).toBeGreaterThan(0)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await expect(page.getByTestId('map').locator('canvas').first()).not.toHaveCSS('transform', /matrix/)
  await isAsDrawnAnew(page)
})

test('all requests go over the map at once, by the palette, and end by themselves when another is looked at', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.button('Send').click()
  await studio.hasPackets(18)
  await studio.selectPacket(1)
  const moving = () =>
    page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('[data-testid=map] canvas:last-of-type')
      const { data } = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {}
      return data?.reduce((sum, value, i) => (sum + value * (i % 8191)) % 1_000_003, 0) ?? 0
    })
  const before = await moving()
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('all requests at once')
  await page.keyboard.press('Enter')
  await expect.poll(moving).not.toBe(before)
  const first = await moving()
  await expect.poll(moving).not.toBe(first)
  await studio.button('Step').click()
  await studio.selectPacket(1)
  await expect.poll(moving).toBe(before)
})
