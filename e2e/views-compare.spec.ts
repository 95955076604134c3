import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './studio.ts'

test('two requests stand side by side, with what differs marked', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Compare').click()
  await studio.to.fill('http://web.default:81/')
  await studio.button('Send').click()
  await studio.hasPackets(10)
  const compare = page.getByTestId('compare')
  await expect(compare).toContainText('2. pod/default/curl to http://web.default:81/')
  await expect(compare.locator('mark').first()).toBeVisible()
  await expect(compare.locator('mark').filter({ hasText: ':81' }).first()).toBeVisible()
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
  await studio.hasPackets(18)
  await studio.tab('Compare').click()
  await expect(page.getByText('No difference at this depth, but for the port that was drawn.')).toBeVisible()
})

test('a request beside itself: another endpoint, another backend, before a change', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Compare').click()
  const compare = page.getByTestId('compare')
  const choice = compare.getByRole('combobox', { name: 'Compare with' })
  await expect(choice).toHaveValue('endpoint')
  // Words are marked, not lines.
  await expect(compare.locator('mark').first()).toHaveText(/^\S+$/)
  await choice.selectOption({ label: 'flannel with host-gw' })
  await expect(compare.locator('mark').filter({ hasText: 'VXLAN' }).first()).toBeVisible()
  await choice.selectOption({ label: 'Before the last change of the cluster' })
  await expect(compare.getByRole('status')).toHaveText('The cluster was not changed since the project was opened.')
  await studio.tree.locator('[data-id="service/default/web"]').click()
  await page.keyboard.press('Delete')
  await expect(studio.button('Undo: delete web')).toBeEnabled()
  await studio.to.fill('10.106.171.216:80')
  await studio.button('Send').click()
  await expect(studio.page.getByRole('grid', { name: /^Packets/ })).not.toHaveAttribute('aria-rowcount', '10')
  await expect(compare.getByRole('status')).toHaveText(/lines? differ/)
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    expect((await new AxeBuilder({ page }).include('.centre').analyze()).violations).toEqual([])
  }
})
