import type { Locator, Page } from '@playwright/test'
import { violationsInBothThemes } from './axe.ts'
import { expect, test } from './studio.ts'

const active = (page: Page): Locator => page.locator('.slice[data-active]')
const widthOf = async (slice: Locator): Promise<number> => (await slice.locator('rect').boundingBox())?.width ?? 0

test.beforeEach(async ({ studio }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Timeline').click()
})

test('a slice that is chosen is chosen everywhere, and what is chosen elsewhere is lit', async ({ studio, page }) => {
  const node = page.getByRole('region', { name: 'node-1' })
  await node
    .getByRole('button', { name: /^PREROUTING/ })
    .first()
    .click()
  await expect(studio.hop()).toHaveText('node-1')
  await expect(active(page)).toHaveAttribute('aria-label', /^PREROUTING/)
  await studio.inspector.getByRole('button', { name: /^NAT/ }).click()
  await expect(active(page)).toHaveAttribute('data-tone', 'translated')
  await page.getByRole('button', { name: /^2 +reply/ }).click()
  await expect(studio.hop()).toHaveText(/^web-/)
  await expect(active(page)).toHaveAttribute('data-direction', 'reply')
})

test('arrows go from slice to slice, keys and the wheel zoom, a drag pans', async ({ studio, page }) => {
  await page
    .getByRole('region', { name: 'node-1' })
    .getByRole('button', { name: /^PREROUTING/ })
    .first()
    .click()
  await active(page).focus()
  await page.keyboard.press('ArrowDown')
  await expect(active(page)).toHaveAttribute('data-row', '1')
  await expect(active(page)).toBeFocused()
  const before = await active(page).getAttribute('aria-label')
  await page.keyboard.press('ArrowRight')
  await expect(active(page)).not.toHaveAttribute('aria-label', before ?? '')
  await expect(active(page)).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(active(page)).toHaveAttribute('data-row', '0')
  await page.keyboard.press('End')
  await expect(studio.narration).toContainText('packet 9 of 9')
  await page.keyboard.press('Home')
  await expect(studio.narration).toContainText('packet 1 of 9')

  const small = await widthOf(active(page))
  await page.keyboard.press('+')
  await expect.poll(() => widthOf(active(page))).toBeGreaterThan(small)
  await page.keyboard.press('0')
  await expect.poll(() => widthOf(active(page))).toBeCloseTo(small, 0)
  const box = await page.locator('.timeline-scroll').boundingBox()
  if (!box) throw new Error('no timeline')
  await active(page).hover()
  await page.mouse.wheel(0, -600)
  await expect.poll(() => widthOf(active(page))).toBeGreaterThan(small)
  const left = (await active(page).boundingBox())?.x ?? 0
  await page.mouse.move(box.x + 400, box.y + box.height - 6)
  await page.mouse.down()
  await page.mouse.move(box.x + 300, box.y + box.height - 6, { steps: 4 })
  await page.mouse.up()
  await expect.poll(async () => (await active(page).boundingBox())?.x ?? -1000).toBeLessThan(left)
})

test('tracks are pinned, and texts are found in names and rules', async ({ studio, page }) => {
  await page.getByRole('radio', { name: 'Kernel' }).click()
  const names = page.locator('.timeline-name .truncate')
  await expect(names.first()).toHaveText('curl')
  await page
    .getByRole('button', { name: 'Pin node-3 to the top' })
    .or(page.getByRole('button', { name: /^Pin web-/ }))
    .last()
    .click()
  await expect(names.first()).not.toHaveText('curl')
  const search = page.getByRole('searchbox', { name: /^Find a device/ })
  await search.fill('-j DNAT')
  await expect(page.getByText('1 found')).toBeVisible()
  await search.press('Enter')
  await expect(active(page)).toHaveAttribute('aria-label', /-j DNAT/)
  await expect(studio.inspector.locator('.match-table [aria-current=step]')).toContainText('KUBE-SEP')
})

test('axe finds nothing in the timeline', async ({ page }) => {
  await expect(page.getByTestId('timeline')).toBeVisible()
  expect(await violationsInBothThemes(page)).toEqual([])
})
