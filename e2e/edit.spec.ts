import { AxeBuilder } from '@axe-core/playwright'
import type { Locator } from '@playwright/test'
import { expect, test } from './studio.ts'

const pods = (tree: Locator) => tree.locator('[data-id^="pod/default/web-"]')
const idOf = async (row: Locator) => (await row.getAttribute('data-id')) ?? ''

test('a deleted pod of a Deployment is made again under another name, and undo brings the first one back', async ({ studio, page }) => {
  await studio.visit()
  const first = await idOf(pods(studio.tree).first())
  const row = studio.tree.locator(`[data-id="${first}"]`)
  await row.click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await expect(page.getByText(/^Deleted web-\S+\. Made: web-\S+\.$/)).toBeVisible()
  await expect(row).toHaveCount(0)
  await expect(pods(studio.tree)).toHaveCount(3)
  await page.getByRole('button', { name: /^Undo: delete web-/ }).click()
  await expect(row).toBeVisible()
  await page.getByRole('button', { name: /^Redo: delete web-/ }).click()
  await expect(row).toHaveCount(0)
})

test('undo and redo by keyboard survive a reload, and packets stay sent', async ({ studio, page }) => {
  await studio.visit()
  await studio.item('curl').click()
  await page.keyboard.press('Delete')
  await expect(studio.project).toContainText('5 pods')
  await expect(studio.item('curl')).toHaveCount(0)
  await page.keyboard.press('Control+z')
  await expect(page.getByText('Undone: delete curl.')).toBeVisible()
  await expect(studio.project).toContainText('6 pods')
  await studio.hasPackets(9)
  await page.reload()
  await expect(studio.project).toContainText('6 pods')
  await studio.hasPackets(9)
  await expect(page.getByRole('button', { name: 'Redo: delete curl' })).toBeEnabled()
  await page.keyboard.press('Control+Shift+z')
  await expect(page.getByText('Done again: delete curl.')).toBeVisible()
  await expect(studio.project).toContainText('5 pods')
})

test('a Deployment taken away takes its pods along, and comes back with them', async ({ studio, page }) => {
  await studio.visit()
  const before = await pods(studio.tree).count()
  await studio.item('Deployments').click()
  await studio.tree.locator('[data-id="deployment/default/web"]').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await expect(page.getByText(/went with it/)).toBeVisible()
  await expect(pods(studio.tree)).toHaveCount(0)
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).click()
  await expect(pods(studio.tree)).toHaveCount(before)
})

test('menus scale, cordon and move', async ({ studio, page }) => {
  await studio.visit()
  await studio.tree.locator('[data-id="node/node-1"]').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Cordon' }).click()
  await expect(page.getByText('node-1 gets no more pods.')).toBeVisible()
  await studio.item('Deployments').click()
  await studio.tree.locator('[data-id="deployment/default/web"]').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'One replica more' }).click()
  await expect(page.getByText(/^Scaled web to 4\. Made: web-/)).toBeVisible()
  await expect(studio.project).toContainText('7 pods')
  await studio.item('curl').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Move to node-3' }).click()
  await expect(page.getByText(/made it again on node-3: Kubernetes has no move/)).toBeVisible()
  await studio.item('curl').click()
  await expect(studio.inspector).toContainText('node-3')
})

test('the menu works by keyboard alone and gives the focus back', async ({ studio, page }) => {
  await studio.visit()
  await studio.tree.focus()
  await page.keyboard.press('Shift+F10')
  const menu = page.getByRole('menu')
  await expect(menu).toBeVisible()
  await page.keyboard.press('End')
  await expect(menu.getByRole('menuitem').last()).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(menu).toHaveCount(0)
  await expect(studio.tree).toBeFocused()
})

test('the map has the menu of what is under the pointer', async ({ studio, page }) => {
  await studio.visit()
  await page.getByTestId('map').click({ button: 'right', position: { x: 8, y: 300 } })
  await expect(page.getByRole('menu', { name: 'Actions for the cluster' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in an open menu, ${colorScheme}`, async ({ studio, page }) => {
    test.slow()
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await studio.visit()
    await studio.item('curl').click({ button: 'right' })
    await expect(page.getByRole('menu')).toBeVisible()
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([])
  })
}
