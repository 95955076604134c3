import type { Page } from '@playwright/test'
import { violationsInBothThemes } from './axe.ts'
import { expect, type Studio, test } from './studio.ts'

async function sample(studio: Studio, page: Page, name: string): Promise<void> {
  await studio.visit()
  await studio.tab('Samples').click()
  await page.getByRole('button', { name, exact: true }).click()
  await expect(studio.project).toContainText(name)
}

async function expectNoViolations(page: Page): Promise<void> {
  expect(await violationsInBothThemes(page)).toEqual([])
}

test('a Service without endpoints is mended, from its badge on the map to the answered request', async ({ studio, page }) => {
  test.slow()
  await sample(studio, page, 'A Service without endpoints')
  await expect(studio.packets.filter({ hasText: 'Connection refused' }).first()).toBeVisible()
  const badges = page.getByTestId('map-findings')
  await badges.getByRole('button', { name: /web nobody answers/ }).click()
  const findings = page.getByTestId('findings')
  await expect(findings).toContainText('No pod has the labels app=wbe')
  await expect(findings).toContainText('with app: web it would select 2 pods')
  await expect(studio.inspector.locator('.yaml mark').filter({ hasText: 'app: wbe' })).toContainText('a label differs')
  await studio.tab('Objects').click()
  await expect(studio.tree.locator('[data-id="service/default/web"]').getByRole('img', { name: 'error' })).toBeVisible()
  await expectNoViolations(page)

  await findings.getByRole('button', { name: 'Set spec.selector.app to web' }).click()
  await expect(page.getByText('Set spec.selector.app: web of web.')).toBeVisible()
  await expect(findings).toHaveCount(0)
  await expect(badges).toHaveCount(0)
  await expect(page.getByTestId('service').getByRole('list', { name: 'Endpoints' }).getByText('ready')).toHaveCount(2)
  await studio.button('Send').click()
  await expect(studio.packets.filter({ hasText: 'SYN ACK' }).first()).toBeVisible()
  await expect(page.getByTestId('outcome')).toContainText('Answered by default/web-')

  // It is a deed like others.
  await page.getByRole('button', { name: /^Undo: set spec\.selector\.app: web of web/ }).click()
  await expect(badges.getByRole('button', { name: /web nobody answers/ })).toBeVisible()
})

test('a pending load balancer is fulfilled by whom a person chooses', async ({ studio, page }) => {
  test.slow()
  await sample(studio, page, 'LoadBalancer')
  await page
    .getByTestId('map-findings')
    .getByRole('button', { name: /waiting pending/ })
    .click()
  const service = page.getByTestId('service')
  await expect(service).toContainText('Load balancer: pending')
  await expect(service.getByRole('region', { name: 'From outside' })).toContainText('Pending: nobody fulfils it')
  await studio.button('Put a cloud balancer outside').click()
  await expect(page.getByTestId('findings')).toHaveCount(0)
  await expect(service.getByRole('region', { name: 'From outside' })).toContainText('router')
  const address = (await service.getByRole('region', { name: 'Addresses' }).locator('code').nth(1).textContent()) ?? ''
  await service.getByRole('button', { name: `Aim the next request at ${address}:80` }).click()
  await expect(studio.to).toHaveValue(`${address}:80`)
  await studio.button('Send').click()
  await expect(studio.packets.filter({ hasText: `${address}waiting` }).first()).toBeVisible()
  await expectNoViolations(page)
})

test('problems are gone through, filtered and mended by keyboard', async ({ studio, page }) => {
  test.slow()
  await sample(studio, page, 'Workshop: Services to mend')
  await studio.tab(/^Problems/).click()
  const list = page.getByTestId('findings-list')
  await expect(list.locator('.finding')).toHaveCount(11)
  await page.keyboard.press('p')
  await expect(studio.inspector.getByRole('heading', { level: 2 })).toHaveText('shop')
  await page.keyboard.press('p')
  await expect(studio.inspector.getByRole('heading', { level: 2 })).toHaveText('cart')
  await page.keyboard.press('Shift+P')
  await expect(studio.inspector.getByRole('heading', { level: 2 })).toHaveText('shop')

  await page.getByRole('searchbox', { name: 'Filter problems' }).fill('partner')
  await expect(list.locator('.finding')).toHaveCount(1)
  await page.getByRole('searchbox', { name: 'Filter problems' }).fill('')
  await page.getByRole('radio', { name: /^Errors/ }).press('Enter')
  await expect(list.locator('.finding')).toHaveCount(3)
  await list.locator('.finding-subject').first().focus()
  await page.keyboard.press('ArrowDown')
  await expect(list.locator('.finding-subject').nth(1)).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(list.locator('.finding')).toHaveCount(2)

  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('search port not')
  await page.getByRole('option', { name: /search: port not opened/ }).click()
  await expect(studio.inspector.getByRole('heading', { level: 2 })).toHaveText('search')
  await page.getByRole('radio', { name: /^All/ }).click()
  await expectNoViolations(page)
})

test('a health check answers for each node, in the inspector and over the wire', async ({ studio, page }) => {
  await sample(studio, page, 'Health checks of nodes')
  await studio.tab('Objects').click()
  await studio.tree.locator('[data-id="service/default/web"]').click()
  const health = page.getByRole('table', { name: 'Health check, port 32100' })
  await expect(health.getByText('HTTP 200')).toHaveCount(1)
  await expect(health.getByText('HTTP 503')).toHaveCount(2)
  await health.getByRole('row').filter({ hasText: '200' }).getByRole('button', { name: /^Aim/ }).click()
  await studio.button('Send').click()
  await expect(page.getByRole('region', { name: 'What was answered' })).toContainText('HTTP/1.1 200')
  await expect(page.getByRole('region', { name: 'What was answered' })).toContainText('"localEndpoints": 1')
})

test('what the API server refuses is told in its words; what it takes and is wrong all the same is told beside it', async ({
  studio,
  page,
}) => {
  await sample(studio, page, 'In from outside: NodePort')
  const service = (name: string, spec: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {${spec}}\n`
  await studio.paste(service('twice', 'type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]'))
  const problems = page.getByTestId('problems')
  await expect(problems).toContainText('provided port is already allocated')
  await studio.paste(service('far', 'type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 99}]'))
  await expect(problems).toContainText('provided port is not in the valid range')
  await studio.paste(service('partner', 'type: ExternalName, externalName: example.com, ports: [{port: 443}]'))
  await expect(page.getByTestId('map-findings').getByRole('button', { name: /partner ports without meaning/ })).toBeVisible()
  await page.keyboard.press('p')
  await page.getByTestId('findings').getByRole('button', { name: 'Remove spec.ports' }).click()
  await expect(page.getByTestId('map-findings')).toHaveCount(0)
})
