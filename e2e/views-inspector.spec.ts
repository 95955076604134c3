import { violations } from './axe.ts'
import { expect, test } from './studio.ts'

test('an object shows the rules that exist because of it, and its addresses lead to their owners', async ({ studio, page }) => {
  await studio.visit()
  await studio.item('Services').click()
  await studio.tree.press('ArrowRight')
  await studio.item('web').filter({ hasText: /^web/ }).last().click()
  const because = page.getByTestId('because')
  await expect(because).toContainText('-A KUBE-SERVICES')
  await expect(because).toContainText('-j DNAT')
  await studio.inspector
    .getByTitle(/^pod\/default\/web-/)
    .first()
    .click()
  await expect(studio.inspector).toContainText('Pod · default')
  await expect(because).toContainText('-A KUBE-SEP-')
  // And back, to the object that the rule is there for.
  await because
    .getByRole('button', { name: /^EndpointSlice\/default\/web-/ })
    .first()
    .click()
  await expect(studio.inspector).toContainText('EndpointSlice · default')
  expect(await violations(page, '[data-testid=inspector]')).toEqual([])
})

test('routes are a table: the winner, and those that were not good enough', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.button('Step').click()
  await studio.inspector.getByRole('button', { name: /^Route Route 10\.244\.\d+\.0\/24/ }).click()
  const table = page.getByRole('table', { name: 'Route', exact: true })
  await expect(table.locator('[data-fate=won]')).toContainText('flannel.1')
  await expect(table.locator('[data-fate=lost] mark').first()).toHaveText('default')
  expect(await violations(page, '[data-testid=inspector]')).toEqual([])
})
