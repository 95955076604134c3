import type { Page } from '@playwright/test'
import { expect, test } from './studio.ts'

const focusedRole = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('role') ?? document.activeElement?.tagName)

test('a request is made, sent and stepped through without a mouse', async ({ studio, page }) => {
  await studio.visit()
  for (let i = 0; i < 30 && (await focusedRole(page)) !== 'tree'; i++) await page.keyboard.press('Tab')
  expect(await focusedRole(page)).toBe('tree')

  // Down to the second pod, which becomes the sender; the next one is the target.
  const active = () =>
    page.evaluate(() => {
      const id = document.activeElement?.getAttribute('aria-activedescendant')
      return id ? (document.getElementById(id)?.dataset['id'] ?? '') : ''
    })
  const walk = async (to: RegExp) => {
    for (let i = 0; i < 40 && !to.test(await active()); i++) await page.keyboard.press('ArrowDown')
    expect(await active()).toMatch(to)
  }
  await page.keyboard.press('Home')
  await walk(/^pod\/default\/web-/)
  const sender = await active()
  await page.keyboard.press('s')
  await expect(studio.from).toHaveValue(sender)
  await walk(/^service\/default\/cache$/)
  await page.keyboard.press('t')
  await expect(studio.to).toHaveValue(/cache\.default/)
  await page.keyboard.press('Enter')
  await expect(studio.inspector).toContainText('Selector')

  await page.keyboard.press('/')
  await expect(studio.to).toBeFocused()
  await page.keyboard.press('Enter')
  await studio.hasPackets(18)

  for (let i = 0; i < 40 && (await focusedRole(page)) !== 'grid'; i++) await page.keyboard.press('Tab')
  expect(await focusedRole(page)).toBe('grid')
  await page.keyboard.press('Home')
  await expect(studio.packets.nth(0)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('ArrowDown')
  await expect(studio.packets.nth(1)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('[')
  await expect(studio.packets.nth(0)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('ArrowRight')
  await expect(studio.narration).toContainText('hop 2')
  await page.keyboard.press('ArrowLeft')
  await expect(studio.narration).toContainText('hop 1')
})

test('Space plays and pauses', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await page.keyboard.press('Space')
  await expect(studio.button('Pause')).toBeVisible()
  await page.keyboard.press('Space')
  await expect(studio.button('Pause')).toHaveCount(0)
})

test('the sheet of keys opens with ? and closes with Escape', async ({ studio, page }) => {
  await studio.visit()
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard' })
  await expect(sheet).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(sheet).toBeHidden()
})

test('F6 goes round the regions', async ({ studio, page }) => {
  await studio.visit()
  const roles: (string | undefined | null)[] = []
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press('F6')
    roles.push(await focusedRole(page))
  }
  expect(roles).toEqual(['combobox', 'tree', 'grid', 'region'])
})

test('completion works by keyboard', async ({ studio, page }) => {
  await studio.visit()
  await studio.from.fill('node-2')
  const list = page.getByRole('listbox', { name: 'From' })
  await expect(list.getByRole('option').first()).toBeVisible()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(studio.from).toHaveValue('node/node-2')
  await expect(list).toBeHidden()
})
