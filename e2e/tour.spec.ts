import { violations } from './axe.ts'
import { expect, test } from './studio.ts'

test('the first minute is shown once, by keyboard too', async ({ studio, page }) => {
  await page.goto('./')
  const tour = page.getByRole('complementary', { name: 'The first minute' })
  await expect(tour).toContainText('1 of 4')
  await expect(tour.getByRole('heading')).toHaveText('This is a cluster')
  expect(await violations(page)).toEqual([])
  await tour.getByRole('button', { name: 'Next' }).focus()
  for (const step of ['2 of 4', '3 of 4', '4 of 4']) {
    await page.keyboard.press('Enter')
    await expect(tour).toContainText(step)
  }
  await tour.getByRole('button', { name: 'Back' }).click()
  await expect(tour).toContainText('3 of 4')
  await tour.getByRole('button', { name: 'Next' }).click()
  await tour.getByRole('button', { name: 'Done' }).click()
  await expect(tour).toHaveCount(0)

  await page.reload()
  await expect(studio.packets.first()).toBeVisible()
  await expect(tour).toHaveCount(0)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'All commands' }).fill('first minute')
  await page.keyboard.press('Enter')
  await expect(tour).toContainText('1 of 4')
  await tour.getByRole('button', { name: 'Next' }).focus()
  await page.keyboard.press('Escape')
  await expect(tour).toHaveCount(0)
})
