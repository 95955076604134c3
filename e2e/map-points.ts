import { expect, type Page } from '@playwright/test'

export interface Point {
  readonly x: number
  readonly y: number
}

/** Where on the page something is drawn, found as a person would: by passing over the map with the pointer. An id, or the beginning of one with a dash. */
export async function find(page: Page, wanted: string): Promise<Point> {
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

export async function drag(page: Page, from: Point, to: Point): Promise<void> {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 3 })
  await page.mouse.move(to.x, to.y, { steps: 3 })
  await page.mouse.up()
}

/** Files as a drag from the desktop brings them, or a sample's card, over a point of the map. */
export async function dropAt(page: Page, at: Point, what: { files?: Readonly<Record<string, string>>; sample?: string }): Promise<void> {
  const transfer = await page.evaluateHandle(({ files, sample }) => {
    const data = new DataTransfer()
    for (const [name, text] of Object.entries(files ?? {})) data.items.add(new File([text], name))
    if (sample !== undefined) data.setData('application/x-kubehop-sample', sample)
    return data
  }, what)
  const event = { dataTransfer: transfer, clientX: at.x, clientY: at.y, bubbles: true, cancelable: true }
  await page.dispatchEvent('[data-testid=map] canvas:last-of-type', 'dragenter', event)
  await page.dispatchEvent('[data-testid=map] canvas:last-of-type', 'dragover', event)
  await expect(page.locator('.drop-veil')).toBeVisible()
  await page.dispatchEvent('[data-testid=map] canvas:last-of-type', 'drop', event)
}
