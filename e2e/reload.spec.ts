import { expect, test } from './studio.ts'

const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: visitor\nspec:\n  containers:\n  - name: main\n    image: busybox\n'

test('a reload keeps the cluster, the requests and how the page was set up', async ({ studio, page }) => {
  await studio.visit()
  await studio.drop({ 'visitor.yaml': POD })
  await expect(studio.item('visitor')).toBeVisible()
  await studio.from.fill('pod/default/visitor')
  await studio.button('Send').click()
  await studio.hasPackets(18)
  await page.getByRole('radio', { name: 'Kernel' }).click()
  const before = await studio.packets.allTextContents()

  await page.reload()
  await expect(studio.item('visitor')).toBeVisible()
  await studio.hasPackets(18)
  expect(await studio.packets.allTextContents()).toEqual(before)
  await expect(page.getByRole('radio', { name: 'Kernel' })).toBeChecked()
  await expect(studio.from).toHaveValue('pod/default/visitor')
})

test('the theme is remembered', async ({ studio, page }) => {
  await studio.visit()
  await studio.page.getByRole('button', { name: /^Theme/ }).click()
  await studio.page.getByRole('button', { name: 'Theme: light' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('another way to install the cluster replays everything', async ({ studio, page }) => {
  await studio.visit()
  await studio.button('Cluster settings').click()
  await page.getByLabel('Installed by').selectOption('k3s')
  await studio.button('Rebuild').click()
  await expect(studio.packets.nth(0)).toContainText('10.42.')
  await studio.hasPackets(9)
})

test('clearing the packets leaves the cluster', async ({ studio }) => {
  await studio.visit()
  await studio.button('Clear packets').click()
  await expect(studio.page.getByText('No packets yet.')).toBeVisible()
  await expect(studio.project).toContainText('6 pods')
})
