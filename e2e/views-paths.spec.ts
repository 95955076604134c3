import { violations, violationsInBothThemes } from './axe.ts'
import { expect, test } from './studio.ts'

test('all paths are a tree with chances, and a click sends along one of them', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Paths').click()
  const ends = page.getByTestId('paths').getByRole('button')
  await expect(ends).toHaveCount(3)
  await expect(ends.first()).toContainText('33.3 %')
  await expect(page.getByTestId('paths')).toContainText('kube-proxy draws in KUBE-SVC-')
  await expect(page.getByTestId('paths').locator('[aria-current=true]')).toHaveCount(1)
  // Each in turn: what was promised is what happens.
  for (const index of [0, 1, 2]) {
    const name = (await ends.nth(index).locator('b').textContent()) ?? ''
    await ends.nth(index).click()
    await studio.hasPackets(9 * (index + 2))
    await expect(ends.nth(index)).toHaveAttribute('aria-current', 'true')
    await expect(page.getByTestId('outcome')).toContainText(`Answered by default/${name}`)
  }
  await page.reload()
  await studio.hasPackets(36)
  expect(await violations(page, 'main')).toEqual([])
})

test('the tree of paths is readable in both themes', async ({ studio, page }) => {
  await studio.visit()
  await studio.tab('Paths').click()
  await expect(page.getByTestId('paths').getByRole('button').first()).toBeVisible()
  expect(await violationsInBothThemes(page, 'main')).toEqual([])
})
