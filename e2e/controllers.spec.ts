import type { Page } from '@playwright/test'
import { violationsInBothThemes } from './axe.ts'
import { expect, type Studio, test } from './studio.ts'

async function openSample(page: Page, studio: Studio, title: string): Promise<void> {
  await studio.tab('Samples').click()
  await page.getByRole('button', { name: title, exact: true }).click()
  await expect(studio.project).toContainText(title.slice(0, 20))
  await expect(studio.packets.first()).toBeVisible()
}

/** Both themes: colours are what they differ in. */
async function looksRight(page: Page, part: string): Promise<void> {
  expect(await violationsInBothThemes(page, part)).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
}

test('a controller is opened: what it decided, its tables, its configuration, and what a change does to it', async ({ studio, page }) => {
  test.slow()
  await studio.visit()
  await openSample(page, studio, 'ingress-nginx and two applications')

  // A request where the program has passed it on: rows, near misses, balancer, headers, whose address is seen.
  await studio.packets.filter({ hasText: 'GET /api/items' }).nth(1).click()
  const decided = page.getByTestId('decided')
  await expect(decided).toContainText('Passed on to default-api-8080')
  await expect(decided.locator('tbody[data-fate=won]').filter({ hasText: '"/api/"' })).toBeVisible()
  await expect(decided.locator('tbody[data-fate=lost]').filter({ hasText: 'its path is shorter' }).first()).toBeVisible()
  await expect(decided).toContainText('round_robin over default-api-8080')
  await expect(decided.getByRole('list', { name: 'What it changed in the request' })).toContainText('X-Forwarded-For: 192.168.1.1')
  await expect(decided).toContainText('The program itself saw 192.168.1.1 and not 192.168.1.100')
  await looksRight(page, '[data-testid=inspector]')

  // From there into the program: row to line and line to row, both ways, by mouse and by keys.
  await decided.getByRole('button', { name: 'What ingress-nginx has read…' }).click()
  const program = page.getByTestId('program')
  await expect(page.getByTestId('inspector').getByText(/retired since/)).toHaveCount(1)
  await expect(program.locator('tr[aria-current=step]')).toContainText('default-api-8080')
  await program.getByRole('tab', { name: 'Routes' }).click()
  const route = program.locator('tbody[data-fate=won]').filter({ hasText: '"/api/"' })
  await expect(route).toBeVisible()
  await route.getByRole('button', { name: /nginx\.conf:\d+/ }).click()
  const reader = program.getByRole('listbox', { name: 'Lines of /etc/nginx/nginx.conf' })
  await expect(reader).toBeFocused()
  await expect(reader.getByRole('option', { selected: true })).toContainText('location "/api/"')
  await expect(reader.locator('[data-lit]').filter({ hasText: 'location "/api/"' })).toBeVisible()
  await looksRight(page, '[data-testid=program]')
  await page.keyboard.press('Enter')
  await expect(program.locator('tr[aria-current=step]')).toBeFocused()
  await program
    .locator('tbody[data-fate=won]')
    .filter({ hasText: '"/api/"' })
    .getByRole('button', { name: /leads to default-api-8080/ })
    .click()
  await expect(program.getByRole('tab', { name: 'Upstreams' })).toHaveAttribute('aria-selected', 'true')
  await program.getByRole('tab', { name: 'Log' }).click()
  await expect(program.getByRole('tabpanel', { name: 'Log' })).toBeVisible()

  // On the map it opens, and a click on one of its rows leads to that row.
  await studio.button('Show on the map').click()
  const map = page.getByTestId('map')
  const box = (await map.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  await expect(async () => {
    await page.mouse.click(box.x + box.width * 0.38, box.y + box.height * 0.42)
    await expect(program.locator('tr[aria-current=step]')).toContainText('/', { timeout: 500 })
    await expect(program.getByRole('tab', { name: 'Routes' })).toHaveAttribute('aria-selected', 'true', { timeout: 500 })
  }).toPass()

  // A change of the Ingress, before it is made and after.
  await studio.tab('Objects').click()
  await studio.item('Ingresses').click()
  await studio.item('shop.example.com').click()
  await expect(studio.inspector).toContainText('made true by')
  await studio.inspector.getByRole('button', { name: /Edit YAML/ }).click()
  const text = page.locator('.editor .cm-content')
  await text.getByText('path: /api').click()
  await page.keyboard.press('End')
  await page.keyboard.type('/v2')
  await page.keyboard.press('Escape')
  await studio.button('Review changes').click()
  await expect(page.getByTestId('program-changes')).toContainText('ingress-nginxreloads')
  await page.getByRole('tab', { name: 'nginx.conf' }).click()
  await expect(page.getByTestId('diff').locator('.cm-changedLine').first()).toContainText('location "/api/v2/"')
  await looksRight(page, '.editor')
  await studio.button('Apply').click()
  await expect(page.getByText('Applied ingress-shop.yaml.')).toBeVisible()
  await page.getByRole('button', { name: /^Everything that was done/ }).click()
  await studio.button('Show as a diff…').click()
  const dialog = page.getByRole('dialog', { name: 'What the last change did to configurations' })
  await expect(dialog.getByTestId('config-diff').locator('.cm-changedLine').first()).toContainText('/api/v2/')
})

test('a dashboard is a page that a request brings back; an Ingress that nobody takes is offered a controller', async ({ studio, page }) => {
  test.slow()
  await studio.visit()
  await openSample(page, studio, 'An edge router in front of the cluster')
  await studio.to.fill('http://192.168.1.13:8080/dashboard/')
  await studio.button('Send').click()
  const dashboard = page.getByTestId('dashboard')
  await expect(studio.tab('Page')).toHaveAttribute('aria-selected', 'true')
  await expect(dashboard.getByRole('region', { name: 'Frontends' })).toContainText('PathPrefix:/bar/*')
  await expect(dashboard.getByRole('region', { name: 'Backends' })).toContainText(':8080')
  await looksRight(page, '.centre')
  await studio.tab('Map').click()
  await expect(dashboard).toHaveCount(0)

  // Its own pod opens the same without a packet.
  await studio.tab('Objects').click()
  await studio.item('kube-system').click()
  await studio.tree.getByRole('treeitem', { name: /^Pods/ }).last().click()
  await studio.item('traefik').last().click()
  await studio.button('Open dashboard').click()
  await expect(page.getByRole('dialog', { name: /^Dashboard of traefik/ }).getByRole('region', { name: 'Frontends' })).toContainText('3')
  await page.keyboard.press('Escape')

  // On a phone nothing is wider than it is.
  await openSample(page, studio, 'Two Services behind an Ingress')
  await studio.tab('Objects').click()
  await studio.item('Ingresses').click()
  await studio.item('whale').last().click()
  const finding = studio.inspector.locator('[data-kind=ingress-no-controller]')
  await expect(finding).toBeVisible()
  await finding.getByRole('button', { name: 'Install' }).first().click()
  await expect(finding).toHaveCount(0)
  await expect(studio.inspector).toContainText('made true by')
  await looksRight(page, '[data-testid=inspector]')
  await studio.inspector
    .getByRole('button', { name: /^(traefik|ingress-nginx) / })
    .first()
    .click()
  await expect(page.getByTestId('program')).toBeVisible()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('tab', { name: 'Inspector' }).click()
  await page.getByRole('tab', { name: 'Config', exact: true }).click()
  await expect(page.getByTestId('reader')).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
})
