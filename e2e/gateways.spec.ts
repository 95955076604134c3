import type { Page } from '@playwright/test'
import { expect, type Studio, test } from './studio.ts'

async function openSample(page: Page, studio: Studio, title: string): Promise<void> {
  await studio.tab('Samples').click()
  await page.getByRole('button', { name: title, exact: true }).click()
  await expect(studio.project).toContainText(title.slice(0, 20))
  await expect(studio.packets.first()).toBeVisible()
}

test('a Gateway on Contour, calls of gRPC, and datagrams through Traefik: what each program decided is told', async ({ studio, page }) => {
  test.slow()
  await studio.visit()
  const decided = page.getByTestId('decided')
  const transcript = page.getByTestId('transcript')

  // The route takes /api away, and a copy goes to another application.
  await openSample(page, studio, 'A Gateway on Contour')
  await studio.packets.filter({ hasText: 'GET /api/items' }).first().click()
  await expect(decided).toContainText('default/api/80')
  await expect(decided.locator('tbody[data-fate=won]').filter({ hasText: 'segment /api' })).toBeVisible()
  await expect(studio.packets.filter({ hasText: 'GET /items' }).first()).toBeVisible()

  // A call that succeeds, and one whose backend runs no pod: 200 to HTTP, 14 to its caller.
  await openSample(page, studio, 'Calls of gRPC')
  await studio.tab('curl -v').click()
  await expect(transcript).toContainText('> POST /shop.Cart/Add HTTP/2')
  await expect(transcript).toContainText('< grpc-status: 0')
  await studio.to.fill('grpcurl -plaintext -authority shop.example.com 203.0.113.241:80 shop.Cart/Checkout')
  await studio.button('Send').click()
  await expect(transcript).toContainText('Code: Unavailable')
  await expect(transcript).toContainText('Message: no healthy upstream')

  // Datagrams: the program's own lie between those of its client.
  await openSample(page, studio, 'UDP and TCP through Traefik')
  await studio.hasPackets(4)
  await studio.packets.first().click()
  await expect(decided).toContainText('Passed on to default-names-53')
  await expect(page.getByTestId('outcome')).toContainText('Answered by default/names-')
})
