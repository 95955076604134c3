import { readFileSync } from 'node:fs'
import { violations } from './axe.ts'
import { expect, type Studio, test } from './studio.ts'

const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: visitor\nspec:\n  containers:\n  - name: main\n    image: busybox\n'

const linkOf = async (studio: Studio): Promise<string> => {
  await studio.button('Share and export').click()
  const link = await studio.page.getByRole('textbox', { name: 'Link' }).inputValue()
  await studio.button('Close').click()
  return link
}

async function saved(studio: Studio, name: string): Promise<Buffer> {
  const download = studio.page.waitForEvent('download')
  await studio.button(name).click()
  return readFileSync(await (await download).path())
}

test('a link carries cluster and requests to another browser', async ({ studio, browser, baseURL }) => {
  await studio.visit()
  await studio.drop({ 'visitor.yaml': POD })
  await expect(studio.item('visitor')).toBeVisible()
  await studio.from.fill('pod/default/visitor')
  await studio.button('Send').click()
  await studio.hasPackets(18)
  const link = await linkOf(studio)
  expect(link.length).toBeLessThan(4000)

  const other = await (await browser.newContext({ ...(baseURL ? { baseURL } : {}), reducedMotion: 'reduce' })).newPage()
  await other.goto(link)
  await expect(other.getByRole('treeitem').filter({ hasText: 'visitor' })).toBeVisible()
  await expect(other.getByRole('grid', { name: /^Packets/ }).getByRole('row')).toHaveCount(19)
  expect(new URL(other.url()).hash).toBe('')
  await other.context().close()
})

test('opening a link keeps one’s own work', async ({ studio, page }) => {
  await studio.visit()
  const link = await linkOf(studio)
  await studio.drop({ 'visitor.yaml': POD })
  await expect(studio.item('visitor')).toBeVisible()
  // What is told as applied is kept.
  await expect(page.getByText(/^Applied: /)).toBeVisible()
  await page.goto('about:blank')
  await page.goto(link)
  await expect(page.getByText('Opened from a link.')).toBeVisible()
  await expect(studio.item('curl')).toBeVisible()
  await expect(studio.item('visitor')).toHaveCount(0)
  await studio.project.click()
  await page
    .getByRole('dialog', { name: 'Projects' })
    .getByRole('button', { name: 'Open A small shop' })
    .and(page.locator(':enabled'))
    .click()
  await expect(studio.item('visitor')).toBeVisible()
})

for (const [name, hash, message] of [
  ['damaged', '#k1=abcdef', 'This link is damaged'],
  ['newer', '#k9=abcdef', 'newer version of Kubehop'],
] as const)
  test(`a ${name} link says so, and the page opens as ever`, async ({ studio, page }) => {
    await page.goto(`./${hash}`)
    await expect(page.getByText(message)).toBeVisible()
    await expect(studio.project).toContainText('A small shop')
    await expect(studio.packets.first()).toBeVisible()
  })

test('projects are renamed, duplicated, opened, deleted and had back', async ({ studio, page }) => {
  await studio.visit()
  await studio.project.click()
  const projects = page.getByRole('dialog', { name: 'Projects' })
  await projects.getByRole('button', { name: 'Rename A small shop' }).click()
  await projects.getByRole('textbox', { name: 'Name' }).fill('Mine')
  await projects.getByRole('button', { name: 'Save' }).click()
  await expect(projects.getByRole('listitem')).toContainText(['Mine'])
  await projects.getByRole('button', { name: 'Duplicate Mine' }).click()
  await expect(projects.getByRole('listitem')).toHaveCount(2)
  expect(await violations(page)).toEqual([])
  await projects.getByRole('button', { name: 'Open Copy of Mine' }).click()
  await expect(studio.project).toContainText('Copy of Mine')
  await studio.drop({ 'visitor.yaml': POD })
  await expect(studio.item('visitor')).toBeVisible()

  await page.reload()
  await expect(studio.project).toContainText('Copy of Mine')
  await studio.project.click()
  await projects.getByRole('button', { name: 'Delete Mine' }).click()
  await expect(projects.getByRole('listitem')).toHaveCount(1)
  await projects.getByRole('button', { name: 'Undo' }).click()
  await expect(projects.getByRole('listitem')).toHaveCount(2)
  await projects.getByRole('button', { name: 'Open Mine' }).click()
  await expect(studio.item('curl')).toBeVisible()
  await expect(studio.item('visitor')).toHaveCount(0)
})

test('a sample that was only looked at does not stay among the projects', async ({ studio, page }) => {
  await studio.visit()
  await studio.tab('Samples').click()
  await page.getByRole('button', { name: 'Session affinity' }).click()
  await expect(studio.project).toContainText('Session affinity')
  await studio.project.click()
  await expect(page.getByRole('dialog', { name: 'Projects' }).getByRole('listitem')).toHaveCount(1)
})

test('a full disk is told, and what was kept before stays', async ({ studio, page }) => {
  await studio.visit()
  await page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('no room', 'QuotaExceededError')
    }
  })
  await studio.button('Send').click()
  await expect(page.getByText('This browser has no room left')).toBeVisible()
  await page.reload()
  await studio.hasPackets(9)
})

test('what is on screen and the request that is shown are saved as files', async ({ studio, page }) => {
  await studio.visit()
  await studio.button('Share and export').click()
  expect(await violations(page)).toEqual([])
  const png = await saved(studio, 'PNG')
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  const svg = (await saved(studio, 'SVG')).toString()
  expect(svg).toContain('node-1')
  const drawn = await page.evaluate(
    (text) => new DOMParser().parseFromString(text, 'image/svg+xml').querySelectorAll('rect, path, text').length,
    svg,
  )
  expect(drawn).toBeGreaterThan(10)
  expect(svg).not.toContain('oklch')
  const json = JSON.parse((await saved(studio, 'JSON')).toString()) as {
    readonly symptom: string
    readonly connections: readonly unknown[]
  }
  expect(json.symptom).toBe('answered')
  expect(json.connections).toHaveLength(1)
  expect((await saved(studio, 'Markdown with Mermaid')).toString()).toMatch(
    /^# TCP from pod\/default\/curl[\s\S]*```mermaid\nsequenceDiagram/,
  )
  const pcapng = await saved(studio, 'pcapng (Wireshark)')
  expect(pcapng.readUInt32LE(0)).toBe(0x0a0d0d0a)
  expect((await saved(studio, 'YAML')).toString()).toMatch(/^kind: Deployment$[\s\S]*^kind: Pod$/m)
})

test('the palette reaches commands, samples and objects by keyboard', async ({ studio, page }) => {
  await studio.visit()
  const search = page.getByRole('combobox', { name: 'All commands' })
  await page.keyboard.press('Control+k')
  await expect(search).toBeFocused()
  expect(await violations(page)).toEqual([])
  await search.fill('affinity')
  await page.keyboard.press('Enter')
  await expect(studio.project).toContainText('Session affinity')
  await page.keyboard.press('Control+k')
  await search.fill('pod/default/browser')
  await expect(page.getByRole('dialog').getByRole('option', { selected: true })).toHaveText(/^pod\/default\/browser10\./)
  await page.keyboard.press('Enter')
  await expect(studio.inspector).toContainText('Pod IP')
  await page.keyboard.press('Control+k')
  await search.fill('depth: kernel')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('radio', { name: 'Kernel' })).toBeChecked()
  await page.keyboard.press('Control+k')
  await search.fill('no such thing at all')
  await expect(page.getByText('Nothing is called that.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(search).toHaveCount(0)
})
