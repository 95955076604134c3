import type { Page } from '@playwright/test'
import { violations } from './axe.ts'
import { expect, test } from './studio.ts'

const lines = (page: Page) => page.getByRole('list', { name: 'History' }).getByRole('button')
const open = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: /^Everything that was done/ }).click()
  await expect(lines(page).first()).toBeVisible()
}
const remove = async (page: Page, pod: string): Promise<void> => {
  await page.getByRole('treeitem').filter({ hasText: pod }).first().click()
  await page.keyboard.press('Delete')
  await expect(page.getByText(`Deleted ${pod}.`)).toBeVisible()
}

test('everything that was done is listed, any point of it is a click away, and acting in the past forks', async ({ studio, page }) => {
  await studio.visit()
  await remove(page, 'curl')
  await studio.item('cache').first().waitFor()
  await page.getByRole('treeitem').filter({ hasText: 'node-3' }).first().click()
  await page.keyboard.press('Delete')
  await expect(page.getByText(/^Deleted node-3\./)).toBeVisible()
  await open(page)
  await expect(lines(page)).toHaveText([/delete node-3.*now/, 'delete curl', 'The beginning'])
  await expect(lines(page).first()).toBeFocused()

  // By keyboard to the beginning; what was done waits there.
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Now as it was at the beginning.')).toBeVisible()
  await expect(lines(page)).toHaveText([/delete node-3.*undone/, /delete curl.*undone/, /The beginning.*now/])
  await page.keyboard.press('Escape')
  await expect(studio.item('curl')).toBeVisible()

  // Another future; the first one stays.
  await page.getByRole('treeitem').filter({ hasText: 'node-2' }).first().click()
  await page.keyboard.press('Delete')
  await open(page)
  await expect(lines(page)).toHaveText([/delete node-2.*now/, 'delete node-3', 'delete curl', 'The beginning'])
  await expect(page.getByText('another branch, from the beginning')).toBeVisible()
  expect(await violations(page)).toEqual([])
  await lines(page).nth(1).click()
  await expect(page.getByText('Now as it was after: delete node-3.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(studio.project).toContainText('2 nodes')
  await expect(studio.item('node-2').first()).toBeVisible()

  // A reload is at the same place.
  await page.reload()
  await expect(studio.packets.first()).toBeVisible()
  await open(page)
  await expect(lines(page).filter({ hasText: 'now' })).toHaveText(/delete node-3/)
})
