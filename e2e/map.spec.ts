import type { Page } from '@playwright/test'
import { expect, test } from './studio.ts'

interface Point {
  readonly x: number
  readonly y: number
}

/** Where on the page something is drawn, found as a person would: by passing over the map with the pointer. An id, or the beginning of one with a dash. */
async function find(page: Page, wanted: string): Promise<Point> {
  const found = await page.getByTestId('map').evaluate((map, start) => {
    const surface = map.querySelector('canvas:last-of-type')
    const { left, top, right, bottom } = map.getBoundingClientRect()
    for (let y = top + 14; y < bottom - 70; y += 8) {
      for (let x = left + 14; x < right - 14; x += 12) {
        surface?.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: x, clientY: y }))
        const title = map.getAttribute('title') ?? ''
        if (title === start || (start.endsWith('-') && title.startsWith(start))) return { x: x + 2, y: y + 2 }
      }
    }
    return undefined
  }, wanted)
  if (!found) throw new Error(`${wanted} is not on the map`)
  return found
}

async function drag(page: Page, from: Point, to: Point): Promise<void> {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 3 })
  await page.mouse.move(to.x, to.y, { steps: 3 })
  await page.mouse.up()
}

test.use({ reducedMotion: 'reduce' })

test('a wire drawn from one pod to another fills in both ends of the request', async ({ studio, page }) => {
  await studio.visit()
  const [from, to] = [await find(page, 'pod/default/curl'), await find(page, 'pod/default/cache-')]
  await drag(page, from, to)
  await expect(studio.from).toHaveValue('pod/default/curl')
  await expect(studio.to).toHaveValue(/^10\.244\.\d+\.\d+:6379$/)
})

test('a node dragged by its header stays where it was put', async ({ studio, page }) => {
  await studio.visit()
  const header = await find(page, 'node/node-3')
  await drag(page, header, { x: header.x, y: header.y - 60 })
  await page.mouse.move(header.x, header.y - 60)
  await expect(page.getByTestId('map')).toHaveAttribute('title', /^node\/node-3/)
})
