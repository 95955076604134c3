import { violationsInBothThemes } from './axe.ts'
import { expect, test } from './studio.ts'

test('a request to a URL goes from handshake to close, and is told as curl tells it', async ({ studio, page }) => {
  test.slow()
  await studio.visit()
  await expect(studio.packets.filter({ hasText: 'GET / HTTP/1.1' })).toHaveCount(1)
  await expect(studio.packets.filter({ hasText: 'HTTP/1.1 200' })).toHaveCount(1)
  await studio.tab('curl -v').click()
  const transcript = page.getByTestId('transcript')
  await expect(transcript).toContainText('* Connected to web.default')
  await expect(transcript).toContainText('> GET / HTTP/1.1')
  await expect(transcript).toContainText('< HTTP/1.1 200 OK')
  await expect(transcript).toContainText('"pod": "web-')
  expect(await violationsInBothThemes(page, '.centre')).toEqual([])
})

test('a command line of curl is sent as it is typed', async ({ studio, page }) => {
  await studio.visit()
  await studio.to.fill(`curl -H 'X-Team: blue' --resolve shop.test:80:10.106.171.216 http://shop.test/cart`)
  await studio.button('Send').click()
  await studio.hasPackets(18)
  await studio.tab('curl -v').click()
  const transcript = page.getByTestId('transcript')
  await expect(transcript).toContainText('* Hostname shop.test was found in DNS cache')
  await expect(transcript).toContainText('> X-Team: blue')
  await studio.to.fill('curl --nonsense http://web/')
  await studio.button('Send').click()
  await expect(page.getByText('curl: option --nonsense: is unknown or not simulated').first()).toBeVisible()
})
