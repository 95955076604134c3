import { violations } from './axe.ts'
import { expect, test } from './studio.ts'

test('the packet list is filtered by what is typed, with completion by keyboard', async ({ studio, page }) => {
  await studio.visit()
  const filter = page.getByRole('combobox', { name: 'Filter packets' })
  await filter.click()
  await filter.pressSequentially('rep')
  await expect(page.getByRole('option', { name: 'reply' })).toBeVisible()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(filter).toHaveValue('reply ')
  await studio.hasPackets(3)
  await expect(studio.packets.first()).toContainText('[SYN ACK]')
  await filter.fill('host ')
  await expect(page.getByRole('option', { name: /^web value$/ })).toBeVisible()
  await filter.fill('ip.dst == 10.96.0.0/12 && node == node-1')
  await studio.hasPackets(6)
  await page.getByRole('button', { name: 'Remove the filter' }).click()
  await studio.hasPackets(9)
})

test('a filter that makes no sense says where, and changes nothing', async ({ studio, page }) => {
  await studio.visit()
  const filter = page.getByRole('combobox', { name: 'Filter packets' })
  await filter.fill('reply')
  await studio.hasPackets(3)
  await filter.fill('reply && ip.adr == 1')
  await filter.press('Escape')
  await expect(page.getByText('Column 10: there is no field “ip.adr”.')).toBeVisible()
  await expect(filter).toHaveAttribute('aria-invalid', 'true')
  await studio.hasPackets(3)
  expect(await violations(page, 'main')).toEqual([])
})

test('every value of the list is a click away from being a filter', async ({ studio, page }) => {
  await studio.visit()
  const cell = studio.packets.nth(1).getByRole('gridcell').nth(2)
  await cell.hover()
  await cell.getByRole('button', { name: /^Only packets with ip.dst == / }).click()
  await expect(page.getByRole('combobox', { name: 'Filter packets' })).toHaveValue(/^ip\.dst == 10\.244\.0\.\d+$/)
  await studio.hasPackets(3)
})
