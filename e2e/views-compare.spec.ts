import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './studio.ts'

test('two requests stand side by side, with what differs marked', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Compare').click()
  await expect(page.getByText('Send a second request to compare two')).toBeVisible()
  await studio.to.fill('http://web.default:81/')
  await studio.button('Send').click()
  await expect(studio.packets).not.toHaveCount(3)
  const compare = page.getByTestId('compare')
  await expect(compare).toContainText('2. pod/default/curl to http://web.default:81/')
  await expect(compare.locator('mark').first()).toBeVisible()
  await expect(compare.locator('mark').filter({ hasText: 'rewritten' }).first()).toBeVisible()
  await expect(compare.getByRole('combobox', { name: 'Compare with' })).toHaveValue('0')
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    expect((await new AxeBuilder({ page }).include('.centre').analyze()).violations).toEqual([])
  }
})

test('the same request along the same path does not differ', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Paths').click()
  await page.getByTestId('paths').locator('[aria-current=true]').click()
  await expect(studio.packets).toHaveCount(6)
  await studio.tab('Compare').click()
  await expect(page.getByText('No difference at this depth, but for the port that was drawn.')).toBeVisible()
})
