import { expect, test } from './studio.ts'

test('a first visit shows a living cluster and a request that was sent', async ({ studio, page }) => {
  await studio.visit()
  await expect(studio.project).toContainText('A small shop')
  await expect(studio.from).toHaveValue('pod/default/curl')
  await expect(studio.to).toHaveValue('http://web.default/')
  await studio.hasPackets(9)
  await expect(studio.packets.nth(0)).toContainText('[SYN]')
  await expect(studio.packets.nth(1)).toContainText('[SYN ACK]')
  await expect(studio.narration).toContainText(/packet \d of 9/)
  await expect(page).toHaveTitle('Kubehop')
})

test('the map is painted', async ({ studio, page }) => {
  await studio.visit()
  const colours = () =>
    page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('[data-testid=map] canvas')
      const context = canvas?.getContext('2d')
      if (!canvas || !context) return 0
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
      const seen = new Set<number>()
      for (let i = 0; i < data.length; i += 4) seen.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0))
      return seen.size
    })
  await expect.poll(colours).toBeGreaterThan(20)
})

test('a sample opens with a request of its own, and the cluster before it can be had back', async ({ studio }) => {
  await studio.visit()
  await studio.tab('Samples').click()
  await studio.page.getByRole('button', { name: 'A Service without endpoints' }).click()
  await expect(studio.project).toContainText('A Service without endpoints')
  await expect(studio.packets.first()).toContainText('Connection refused')
  await studio.button('Back to the previous cluster').click()
  await expect(studio.project).toContainText('A small shop')
  await studio.hasPackets(9)
})

/** Samples with something to find: a Service or an Ingress that nothing comes of, a host port that is taken. */
const MISTAKEN =
  /^(?:A Service without endpoints|Internal and NodePort|Three kinds of Service|Two Services behind an Ingress|Workshop|ServiceLB|Endpoints that|Calls of gRPC)/

test('every sample opens without an error', async ({ studio, page }) => {
  test.slow()
  await studio.visit()
  await studio.tab('Samples').click()
  const samples = page.getByRole('list', { name: 'Samples' }).getByRole('button')
  await expect(samples.first()).toBeVisible()
  const titles = await samples.allTextContents()
  expect(titles.length).toBeGreaterThanOrEqual(6)
  for (const title of titles) {
    await page.getByRole('button', { name: title, exact: true }).click()
    await expect(studio.project).toContainText(title)
    await expect(studio.packets.first()).toBeVisible()
    if (!MISTAKEN.test(title)) await expect(page.locator('.badge[data-tone=error]'), title).toHaveCount(0)
  }
})
