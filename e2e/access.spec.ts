import { violations, violationsInBothThemes } from './axe.ts'
import { expect, type Studio, test } from './studio.ts'

/** Ways through the page that belong together, so one visit sees them all; whatever can be opened by itself is in access-everywhere.spec.ts. */
const SCREENS: readonly (readonly [string, (studio: Studio) => Promise<void>])[] = [
  ['the packet inspector', async (studio) => studio.button('Step').click()],
  [
    'the rules of a chain',
    async (studio) => {
      await studio.page.getByRole('radio', { name: 'Kernel' }).click()
      await studio.button('Step').click()
      await studio.inspector.getByRole('button', { name: /nat PREROUTING: \d+ matched/ }).click()
      await studio.inspector.getByRole('button', { name: /Show rules that did not match/ }).click()
    },
  ],
  [
    'an object',
    async (studio) => {
      await studio.item('curl').click()
      await expect(studio.inspector).toContainText('Pod IP')
    },
  ],
  [
    'completion',
    async (studio) => {
      await studio.to.click()
      await expect(studio.page.getByRole('option').first()).toBeVisible()
    },
  ],
]

test('axe finds nothing on the main screens', async ({ studio, page }) => {
  test.slow()
  await studio.visit()
  for (const [name, show] of SCREENS) {
    await studio.tab(/^Packets/).click()
    await studio.selectPacket(1)
    await show(studio)
    expect(await violationsInBothThemes(page), name).toEqual([])
    await page.keyboard.press('Escape')
  }
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } })
  test('everything has a place, nothing sticks out, and axe finds nothing', async ({ studio, page }) => {
    test.slow()
    await studio.visit()
    for (const tab of ['Inspector', 'Objects', 'Samples', 'Problems', 'Packets']) {
      await page.getByRole('tab', { name: tab, exact: true }).click()
      await expect(page.getByRole('tab', { name: tab, exact: true })).toHaveAttribute('aria-selected', 'true')
      expect(await violations(page), tab).toEqual([])
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  })
})

test.describe('on a phone, a refused manifest', () => {
  test.use({ viewport: { width: 390, height: 844 } })
  test('brings its problems into view', async ({ studio, page }) => {
    await studio.visit()
    await studio.drop({ 'bad.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n  ports:\n  - port: 70000\n' })
    await expect(page.getByTestId('problems')).toContainText('70000')
  })
})
