import type { Page } from '@playwright/test'
import { violationsInBothThemes } from './axe.ts'
import { expect, type Studio, test } from './studio.ts'

/** Whatever can be opened, and how. Each starts from the page as a first visit leaves it. */
const SCREENS: Readonly<Record<string, (studio: Studio, page: Page) => Promise<void>>> = {
  help: async (_, page) => {
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog')).toBeVisible()
  },
  cluster: async (studio, page) => {
    await studio.button('Cluster settings').click()
    await expect(page.getByRole('dialog')).toBeVisible()
  },
  projects: async (studio, page) => {
    await studio.project.click()
    await expect(page.getByRole('dialog').getByRole('listitem')).toHaveCount(1)
  },
  share: async (studio, page) => {
    await studio.button('Share and export').click()
    await expect(page.getByRole('textbox', { name: 'Link' })).toBeVisible()
  },
  requests: async (_, page) => {
    await page.keyboard.press('k')
    await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click()
    await expect(page.getByRole('dialog').getByRole('list')).toBeVisible()
  },
  palette: async (_, page) => {
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').fill('web')
    await expect(page.getByRole('option', { name: /^service\/default\/web/ })).toBeVisible()
  },
  'object menu': async (studio, page) => {
    await studio.tree.locator('[data-id="pod/default/curl"]').click({ button: 'right' })
    await expect(page.getByRole('menu')).toBeVisible()
  },
  'map menu': async (_, page) => {
    await page.getByTestId('map').click({ button: 'right', position: { x: 8, y: 300 } })
    await expect(page.getByRole('menu')).toBeVisible()
  },
  'menu of values': async (studio, page) => {
    await studio.packets.first().click({ button: 'right' })
    await expect(page.getByRole('menu')).toBeVisible()
  },
  editor: async (studio, page) => {
    await studio.tree.locator('[data-id="service/default/web"]').click()
    await page.keyboard.press('e')
    await expect(page.locator('.cm-content')).toBeVisible()
  },
  'editor review': async (studio, page) => {
    await studio.tree.locator('[data-id="service/default/web"]').click()
    await page.keyboard.press('e')
    await page.locator('.cm-line').filter({ hasText: 'port: 80' }).first().click()
    await page.keyboard.press('End')
    await page.keyboard.type('1')
    await studio.button('Review changes').click()
    await expect(studio.button('Apply')).toBeVisible()
  },
  ladder: async (studio, page) => {
    await studio.tab('Ladder').click()
    await expect(page.getByTestId('ladder')).toBeVisible()
  },
  paths: async (studio, page) => {
    await studio.tab('Paths').click()
    await expect(page.getByTestId('paths').getByRole('button').first()).toBeVisible()
  },
  compare: async (studio, page) => {
    await studio.tab('Compare').click()
    await expect(page.getByTestId('compare').locator('mark').first()).toBeVisible()
  },
  samples: async (studio, page) => {
    await studio.tab('Samples').click()
    await expect(page.getByRole('button', { name: 'Session affinity' })).toBeVisible()
  },
  problems: async (studio, page) => {
    await studio.paste('apiVersion: v1\nkind: Pod\nmetadata: {name: Bad_Name}\nspec: {containers: []}\n')
    await expect(studio.tab(/^Problems/)).toHaveAttribute('aria-selected', 'true')
    await expect(page.getByText('Bad_Name').first()).toBeVisible()
  },
  'story depth': async (studio, page) => {
    await page.keyboard.press('1')
    await expect(studio.inspector).toBeVisible()
  },
  'kernel depth with its tables': async (studio, page) => {
    await studio.button('Step').click()
    await page.keyboard.press('3')
    await studio.inspector.locator('[data-kind=chain]').first().locator('> button').last().click()
    await expect(studio.inspector.getByRole('table').first()).toBeVisible()
  },
  'tables of a pod': async (studio, page) => {
    await studio.tree.locator('[data-id="pod/default/curl"]').click()
    await page.getByTestId('tables').getByRole('tab', { name: 'Routes' }).click()
    await expect(page.getByTestId('tables').getByRole('grid', { name: 'Routes' })).toContainText('default')
  },
}

for (const [name, open] of Object.entries(SCREENS)) {
  test(`no violation: ${name}, light and dark`, async ({ studio, page }) => {
    // Two looks at all of a page take their time on a small machine.
    test.slow()
    await studio.visit()
    await studio.selectPacket(1)
    await open(studio, page)
    expect(await violationsInBothThemes(page)).toEqual([])
  })
}
