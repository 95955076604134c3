import { violationsInBothThemes } from './axe.ts'
import { expect, test } from './studio.ts'

test('the ladder shows the trace with what it met; selecting in one view selects in all', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Ladder').click()
  const ladder = page.getByTestId('ladder')
  await expect(ladder.getByRole('button', { name: /^PREROUTING, DNAT 10\.\d+\.\d+\.\d+:80, → 10\.244\.\d+\.\d+:8080/ })).toBeVisible()
  await expect(ladder.getByRole('button', { name: /^Delivered to/ })).toBeVisible()
  await ladder.getByRole('button', { name: /^PREROUTING, DNAT/ }).click()
  await expect(studio.hop()).toHaveText('node-1')
  await expect(ladder.locator('[aria-current=step]')).toHaveAccessibleName(/^PREROUTING/)
  await studio.selectPacket(2)
  await expect(ladder.locator('[aria-current=step]')).toHaveAttribute('data-kind', /route|socket/)
  await expect(ladder.getByRole('button', { expanded: true })).toHaveAccessibleName(/^2 reply/)
})

test('the ladder is walked by keyboard', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Ladder').click()
  const current = page.getByTestId('ladder').locator('[aria-current=step]')
  await current.focus()
  const before = await current.getAttribute('aria-label')
  await page.keyboard.press('ArrowDown')
  await expect(current).not.toHaveAttribute('aria-label', before ?? '')
  await expect(current).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(current).toHaveAttribute('aria-label', before ?? '')
  expect(await violationsInBothThemes(page, 'main')).toEqual([])
})
