import type { Page } from '@playwright/test'
import { violations } from './axe.ts'
import { expect, test } from './studio.ts'

const overflow = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)

for (const [width, height] of [
  [390, 844],
  [360, 740],
] as const) {
  test.describe(`a phone of ${width} pixels`, () => {
    test.use({ viewport: { width, height }, hasTouch: true })

    test('plays, stops, inspects, and nothing stands out at the side', async ({ studio, page }) => {
      test.slow()
      await studio.visit()
      for (const tab of ['Inspector', 'Timeline', 'Objects', 'Samples', 'Problems', 'Packets']) {
        await studio.tab(tab).tap()
        await expect(studio.tab(tab)).toHaveAttribute('aria-selected', 'true')
        expect(await overflow(page)).toBe(0)
      }
      // What stands over the map stands beside each other: a tap that another thing would take fails.
      for (const name of ['Zoom out', 'Zoom in', 'Fit the whole cluster']) await studio.button(name).tap({ trial: true })
      for (const tab of ['Ladder', 'curl -v', 'Map']) await studio.tab(tab).tap()
      await studio.packets.first().tap()
      await page.getByRole('button', { name: /^Breakpoints/ }).tap()
      await page.getByRole('button', { name: 'step encapsulate', exact: true }).tap()
      await page.getByRole('button', { name: 'To the next breakpoint' }).tap()
      await expect(page.getByTestId('stopped')).toHaveText('Stopped: step encapsulate')
      expect(await violations(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('combobox', { name: 'Step by' }).selectOption('step')
      await studio.button('Step').tap()
      await expect(page.getByTestId('stopped')).toHaveText('')
      await studio.tab('Inspector').tap()
      await expect(studio.inspector).toContainText('node-')
      await page.getByRole('button', { name: /^Everything that was done/ }).tap()
      await expect(page.getByRole('list', { name: 'History' })).toBeVisible()
      expect(await overflow(page)).toBe(0)
    })

    test('sends, and reviews a change while the first minute is still open', async ({ studio, page }) => {
      await page.goto('./')
      await expect(studio.button('Skip')).toBeVisible()
      await studio.tab('Objects').tap()
      await studio.item('curl').tap()
      await page.keyboard.press('e')
      const text = page.getByRole('textbox', { name: /^Manifest/ })
      await text.click()
      await page.keyboard.press('Control+End')
      await page.keyboard.type('# mine')
      await page.getByRole('button', { name: 'Review changes' }).tap()
      await page.getByRole('button', { name: 'Apply', exact: true }).tap()
      await expect(page.getByText(/^Applied/).first()).toBeVisible()
      await page.getByRole('button', { name: 'Close the editor' }).tap()
      await studio.button('Skip').tap()
      await studio.button('Send').tap()
      await studio.tab('Packets').tap()
      await studio.hasPackets(18)
    })
  })
}

test.describe('a screen of 4K', () => {
  test.use({ viewport: { width: 3840, height: 2160 } })
  test('is filled', async ({ studio, page }) => {
    await studio.visit()
    await studio.tab('Timeline').click()
    await expect(page.getByTestId('timeline')).toBeVisible()
    expect(await overflow(page)).toBe(0)
    const [map, tools] = [await page.getByTestId('map').boundingBox(), await page.locator('.timeline').boundingBox()]
    expect((map?.width ?? 0) > 2500 && (tools?.width ?? 0) > 2500).toBe(true)
  })
})
