import { readFileSync } from 'node:fs'
import { expect, test } from './studio.ts'
import { Reader } from './walkthrough.ts'

/** ingress-nginx alone, without the applications of its sample. */
const CONTROLLER = readFileSync('public/scenarios/ingress-nginx.yaml', 'utf8')
  .split(/^---\n/m)
  .filter((document) => document.includes('ingress-nginx'))
  .join('---\n')
const A = 'curl --resolve a.whale.hey:80:203.0.113.241 http://a.whale.hey'
const B = 'curl --resolve b.whale.hey:80:203.0.113.241 http://b.whale.hey'
const OK = 'HTTP/1.1 200 OK'

test('two names at one address: an Ingress without a controller, then with one, told apart by curl --resolve', async ({ studio, page }) => {
  test.slow()
  const reader = new Reader(studio, page)
  await studio.visit()
  await reader.openSample('Two Services behind an Ingress')
  await studio.from.fill('external/client')

  // “The Ingress resource needs both an Ingress entry point and an Ingress controller”: kubectl get ingress shows no address, and nobody answers.
  await reader.look('ingress/default/whale-ingress', 'default/Ingress')
  await expect(studio.inspector).toContainText('a.whale.hey')
  await expect(studio.inspector).toContainText(/no controller|No ingress controller/i)
  await studio.to.fill('http://a.whale.hey/')
  await studio.button('Send').click()
  await expect(page.getByText(/Ingress default\/whale-ingress serves that name, but has no address yet/).first()).toBeVisible()

  // A controller, as people install it; and the class by which the Ingress names it.
  await studio.drop({ 'ingress-nginx.yaml': CONTROLLER })
  await expect(studio.project).toContainText('6 pods')
  await reader.look('ingress/default/whale-ingress')
  await page.keyboard.press('e')
  const manifest = page.getByRole('textbox', { name: /^Manifest / })
  await expect(manifest).toBeFocused()
  await page.locator('.cm-line', { hasText: /^ {2}rules:/ }).click()
  await page.keyboard.press('Home')
  await page.keyboard.insertText('ingressClassName: nginx\n  ')
  await expect(page.getByText(/^Changes \d+ object/)).toBeVisible()
  await page.keyboard.press('Control+s')
  const editor = page.getByRole('complementary', { name: 'Editor' })
  await editor.getByRole('button', { name: 'Apply', exact: true }).click()
  await expect(page.getByText('203.0.113.241').first()).toBeVisible()
  await editor.getByRole('button', { name: 'Close the editor' }).click()
  await reader.look('ingress/default/whale-ingress')
  await expect(studio.inspector).toContainText('203.0.113.241')

  // curl --resolve, as the guide has it; the second name by the page's own offer.
  await reader.curl(`${A}/`, ['* Added a.whale.hey:80:203.0.113.241 to DNS cache', OK, '"pod": "whale-a-'])
  await studio.to.fill('http://b.whale.hey/')
  await studio.button('Send').click()
  await page.getByRole('button', { name: 'Resolve it to 203.0.113.241' }).click()
  await reader.reads('http://b.whale.hey/', [OK, '"pod": "whale-b-'])
  await reader.curl('curl --resolve c.whale.hey:80:203.0.113.241 http://c.whale.hey/', ['HTTP/1.1 404 Not Found', 'nginx'])

  // Nobody left behind one name: 503 there, and nothing of it at the other.
  await reader.look('deployment/default/whale-a', 'default/Deployment')
  for (const left of [1, 0]) {
    await reader.menu('deployment/default/whale-a', 'One replica less')
    await expect(page.getByText(new RegExp(`^Scaled whale-a to ${left}\\.`))).toBeVisible()
  }
  await reader.curl(`${A}/empty`, ['HTTP/1.1 503 Service Temporarily Unavailable'])
  await reader.curl(`${B}/full`, [OK, '"pod": "whale-b-'])
  await page.getByRole('button', { name: /^Undo: scale whale-a/ }).click()
  await expect(page.getByText(/^Undone: scale whale-a/)).toBeVisible()
  await reader.curl(`${A}/back`, [OK, '"pod": "whale-a-'])
})
