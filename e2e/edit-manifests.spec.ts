import type { Page } from '@playwright/test'
import { violationsInBothThemes } from './axe.ts'
import { expect, type Studio, test } from './studio.ts'

const content = (page: Page) => page.getByRole('textbox', { name: /^Manifest / })
const button = (page: Page, name: string) => page.getByRole('complementary', { name: 'Editor' }).getByRole('button', { name, exact: true })

async function openService({ tree }: Studio, page: Page): Promise<void> {
  await tree.locator('[data-id="service/default/web"]').click()
  await page.keyboard.press('e')
  await expect(content(page)).toBeFocused()
}

async function replaceAll(page: Page, text: string): Promise<void> {
  await content(page).click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(text)
}

/** Puts the cursor behind the text of a line. */
async function after(page: Page, line: string): Promise<void> {
  await page.locator('.cm-line', { hasText: line }).first().click()
  await page.keyboard.press('End')
}

test('an object is changed after a look at what will change, and undone by name', async ({ studio, page }) => {
  await studio.visit()
  await studio.item('Deployments').click()
  await studio.tree.locator('[data-id="deployment/default/web"]').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Edit YAML…' }).click()
  await expect(content(page)).toBeFocused()
  await after(page, 'replicas: 3')
  await page.keyboard.press('Backspace')
  await page.keyboard.type('5')
  await expect(page.getByText(/^Changes \d+ objects$/)).toBeVisible()
  await page.keyboard.press('Control+s')
  const objects = page.getByRole('region', { name: 'What changes in the cluster' })
  await expect(objects).toContainText('changedDeployment default/web')
  await expect(objects.getByText('created')).toHaveCount(2)
  await expect(page.locator('.cm-deletedChunk')).toContainText('replicas: 3')
  await expect(studio.project).toContainText('6 pods')
  await expect(button(page, 'Apply')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(studio.project).toContainText('8 pods')
  await page.getByRole('button', { name: 'Undo: apply deployment-web.yaml' }).click()
  await expect(studio.project).toContainText('6 pods')
})

test('an error stands at its line, and keeps the text from being applied', async ({ studio, page }) => {
  await studio.visit()
  await openService(studio, page)
  await after(page, 'port: 80')
  await page.keyboard.type('000')
  await expect(page.getByText('1 error', { exact: true })).toBeVisible()
  await page.locator('.cm-lintRange-error').hover()
  await expect(page.locator('.cm-tooltip-lint')).toContainText('must be between 1 and 65535')
  await expect(button(page, 'Review changes')).toBeDisabled()
  await button(page, 'Revert').click()
  await expect(page.getByText('Nothing changed')).toBeVisible()
  await expect(page.locator('.cm-lintRange-error')).toHaveCount(0)
})

test('a refused file is mended at the line where it is wrong, and applied with those that came with it', async ({ studio, page }) => {
  await studio.visit()
  const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: a, image: a}]}\n`
  await studio.drop({ 'bad.yaml': pod('UPPER'), 'good.yaml': pod('fine') })
  await page.getByRole('button', { name: /^bad\.yaml:3:/ }).click()
  await expect(page.locator('.cm-activeLine')).toContainText('UPPER')
  await expect(page.getByText('1 error', { exact: true })).toBeVisible()
  await replaceAll(page, pod('mended'))
  await button(page, 'Review changes').click()
  await button(page, 'Apply').click()
  await expect(studio.project).toContainText('8 pods')
  await expect(studio.item('mended')).toBeVisible()
  await expect(studio.item('fine')).toBeVisible()
})

test('fields and values complete, and say what they are', async ({ studio, page }) => {
  await studio.visit()
  await openService(studio, page)
  await after(page, 'type: ClusterIP')
  await page.keyboard.press('Enter')
  await page.keyboard.type('externalT')
  await expect(page.getByRole('option', { name: /externalTrafficPolicy/ })).toBeVisible()
  await expect(page.locator('.cm-completionInfo')).toContainText('Local keeps outside traffic on the node')
  // CodeMirror takes no Enter for a list that has only just appeared (interactionDelay), and makes a line of it.
  await page.waitForTimeout(200)
  await page.keyboard.press('Enter')
  await expect(page.locator('.cm-line', { hasText: 'externalTrafficPolicy:' })).toBeVisible()
  await page.keyboard.type('Lo')
  await expect(page.getByRole('option', { name: 'Local' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.locator('.cm-line', { hasText: 'sessionAffinity' }).getByText('sessionAffinity').hover()
  await expect(page.locator('.field-card')).toContainText('ClientIP keeps a client at the pod that it got first.')
})

test('a new object begins with what works', async ({ studio, page }) => {
  await studio.visit()
  await page.getByRole('button', { name: 'New object, or edit a file' }).click()
  await page.getByRole('menuitem', { name: 'New Deployment…' }).click()
  await expect(content(page)).toContainText('name: app-1')
  await button(page, 'Review changes').click()
  await button(page, 'Apply').click()
  await expect(page.getByText(/^Applied deployment\.yaml\. Made: app-1-/)).toBeVisible()
  await expect(studio.project).toContainText('8 pods')
  await expect(page.getByRole('complementary', { name: 'Editor' })).toHaveCount(0)
})

test('an object that a file no longer holds is deleted, and a reload keeps that', async ({ studio, page }) => {
  await studio.visit()
  await studio.drop({
    'two.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: a, image: a}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: two}\nspec: {containers: [{name: a, image: a}]}\n',
  })
  await expect(studio.project).toContainText('8 pods')
  await page.getByRole('button', { name: 'New object, or edit a file' }).click()
  await page.getByRole('menuitem', { name: 'Edit two.yaml…' }).click()
  await replaceAll(page, 'apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: a, image: a}]}\n')
  // At once, before the text can be checked.
  await page.keyboard.press('Control+s')
  await expect(page.getByRole('region', { name: 'What changes in the cluster' })).toContainText('deletedPod default/two')
  await button(page, 'Apply').click()
  await expect(studio.project).toContainText('7 pods')
  // What is told as applied is kept too.
  await expect(page.getByText(/^Applied two\.yaml/)).toBeVisible()
  await page.reload()
  await expect(studio.project).toContainText('7 pods')
  await expect(page.getByRole('button', { name: 'Undo: apply two.yaml' })).toBeEnabled()
})

test('what is typed stays in the editor: no shortcut, no paste into the cluster, nothing lost by closing', async ({ studio, page }) => {
  await studio.visit()
  await openService(studio, page)
  await after(page, 'kind: Service')
  await page.keyboard.type(' # s t 1 2 3 ?')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(studio.from).toHaveValue('pod/default/curl')
  // Values that are still being looked for are given up first.
  await expect(async () => {
    await page.keyboard.press('Escape')
    await expect(page.getByRole('complementary', { name: 'Editor' })).toHaveCount(0, { timeout: 2000 })
  }).toPass()
  await openService(studio, page)
  await expect(content(page)).toContainText('# s t 1 2 3 ?')
})

test('a hostile name is only text here too', async ({ studio, page }) => {
  await studio.visit()
  await openService(studio, page)
  await replaceAll(page, 'apiVersion: v1\nkind: Pod\nmetadata: {name: "<img src=x onerror=document.title=1>"}\nspec: {containers: []}\n')
  await expect(page.getByText(/^\d errors?$/)).toBeVisible()
  await page.locator('.cm-lintRange-error').first().hover()
  await expect(page.locator('.cm-tooltip-lint')).toContainText('<img')
  await expect(page).toHaveTitle('Kubehop')
})

test('axe finds nothing in the editor', async ({ studio, page }) => {
  test.slow()
  await studio.visit()
  await openService(studio, page)
  await after(page, 'port: 80')
  await page.keyboard.type('8')
  await expect(page.getByText(/^Changes \d/)).toBeVisible()
  expect(await violationsInBothThemes(page)).toEqual([])
  await button(page, 'Review changes').click()
  await expect(page.getByTestId('diff')).toBeVisible()
  expect(await violationsInBothThemes(page)).toEqual([])
})
