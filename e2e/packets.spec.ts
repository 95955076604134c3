import { expect, test } from './studio.ts'

test('a request is sent from the composer, with completion', async ({ studio, page }) => {
  await studio.visit()
  await studio.to.click()
  await studio.to.fill('cache')
  const option = page.getByRole('option', { name: /cache\.default:6379/ }).first()
  await expect(option).toBeVisible()
  await option.click()
  await expect(studio.to).toHaveValue(/cache\.default:6379/)
  await studio.button('Send').click()
  await studio.hasPackets(18)
  await expect(studio.packets.filter({ hasText: '6379' }).first()).toContainText('Delivered')
})

test('ping and UDP are sent as what they are', async ({ studio, page }) => {
  await studio.visit()
  await page.getByRole('radio', { name: 'ping' }).click()
  await studio.to.fill('192.168.1.12')
  await studio.button('Send').click()
  await expect(studio.packet(10)).toContainText('Echo request')
  await expect(studio.packet(11)).toContainText('Echo reply')
  await page.getByRole('radio', { name: 'UDP' }).click()
  await studio.to.fill('192.168.1.12:9')
  await studio.button('Send').click()
  await expect(studio.packet(12)).toContainText('UDP')
  await expect(studio.packet(13)).toContainText('Destination unreachable')
})

test('a request that makes no sense says why and sends nothing', async ({ studio, page }) => {
  await studio.visit()
  await studio.from.fill('pod/default/nobody')
  await studio.button('Send').click()
  await expect(page.getByTestId('problems')).toContainText('"nobody" not found')
  await studio.tab(/^Packets/).click()
  await studio.hasPackets(9)
})

test('stepping goes hop by hop and back', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await expect(studio.hop()).toHaveText('curl')
  await studio.button('Step').click()
  await expect(studio.hop()).toHaveText(/node-/)
  await expect(studio.inspector).toContainText('Rewrites the destination')
  await expect(studio.narration).toContainText('hop 2')
  await studio.button('Step back').click()
  await expect(studio.hop()).toHaveText('curl')
  await page.keyboard.press('ArrowRight')
  await expect(studio.hop()).toHaveText(/node-/)
})

test('the inspector marks what a hop changed in the headers', async ({ studio }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.button('Step').click()
  const headers = studio.page.getByTestId('headers')
  const row = headers
    .getByRole('row')
    .filter({ hasText: 'dest. port' })
    .filter({ has: studio.page.locator('mark') })
  await expect(row).toContainText('80')
  await expect(row.locator('mark')).toHaveText('8080')
})

test('rules are shown as iptables-save prints them, with those that nearly matched', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await page.getByRole('radio', { name: 'Kernel' }).click()
  await studio.button('Step').click()
  const chain = studio.inspector.getByRole('button', { name: /nat PREROUTING: \d+ matched/ })
  await chain.click()
  await expect(studio.inspector).toContainText('-A PREROUTING')
  await expect(studio.inspector).toContainText('-j KUBE-SERVICES')
  await expect(studio.inspector).toContainText('-j DNAT')
  await expect(studio.inspector).toContainText('kube-proxy, because of')
  await studio.inspector.getByRole('button', { name: /Show rules that did not match/ }).click()
  await expect(studio.inspector.locator('[data-fate=lost] mark').first()).toBeVisible()
  await expect(studio.inspector).toContainText('packet had')
  await expect(studio.inspector).toContainText('Exact.')
})

test('stepping by rule stops at each rule that matched', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await page.getByRole('radio', { name: 'rule' }).click()
  for (let i = 0; i < 40 && (await studio.inspector.locator('.match-table [aria-current=step]').count()) === 0; i++)
    await studio.button('Step').click()
  await expect(studio.inspector.locator('.match-table [aria-current=step]')).toContainText('-A ')
})

test('the reply is a packet of its own', async ({ studio }) => {
  await studio.visit()
  await studio.selectPacket(2)
  await expect(studio.hop()).toHaveText(/^web-/)
  await expect(studio.inspector).toContainText('reply')
  await expect(studio.inspector).toContainText('[SYN ACK]')
  await expect(studio.page.getByTestId('outcome')).toContainText('Answered by default/web-')
})

test('three depths show more and more of the same trace', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.button('Step').click()
  const steps = studio.inspector.locator('.step')
  const counts: number[] = []
  for (const level of ['Story', 'Network', 'Kernel']) {
    await page.getByRole('radio', { name: level }).click()
    await expect(page.getByRole('radio', { name: level })).toBeChecked()
    counts.push(await steps.count())
  }
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  expect(new Set(counts).size).toBe(3)
})

test.describe('in motion', () => {
  test.use({ contextOptions: { reducedMotion: 'no-preference' } })
  test('playing runs to the end and can be paused', async ({ studio, page }) => {
    await studio.visit()
    await page.getByLabel('Speed').selectOption('4')
    await studio.selectPacket(3)
    await studio.button('Play').click()
    await expect(studio.button('Play again')).toBeVisible({ timeout: 40_000 })
    await studio.button('Play again').click()
    await studio.button('Pause').click()
    await expect(studio.button('Play')).toBeVisible()
  })
})

test('a click on a pod makes it the sender, a second one the target', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  const map = await page.getByTestId('map').boundingBox()
  if (!map) throw new Error('no map')
  // Where pods are is the map's business: look for them as a hand would, and let what the page says tell when one was hit.
  const pods: string[] = []
  for (let y = map.y + map.height * 0.9; y > map.y + map.height * 0.4 && pods.length < 2; y -= 12) {
    for (let x = map.x + 20; x < map.x + map.width - 20 && pods.length < 2; x += 40) {
      await page.mouse.move(x, y)
      const title = await page.getByTestId('map').getAttribute('title')
      if (!title?.startsWith('pod/') || title.includes('#') || pods.includes(title)) continue
      await page.mouse.click(x, y)
      pods.push(title)
      if (pods.length === 1) await expect(studio.from).toHaveValue(title)
    }
  }
  expect(pods).toHaveLength(2)
  await expect(studio.to).toHaveValue(/^10\.244\.\d+\.\d+/)
})

test('what the sender’s own kernel refuses is shown as never sent', async ({ studio, page }) => {
  await studio.visit()
  await studio.to.fill('255.255.255.255:80')
  await studio.button('Send').click()
  await expect(studio.packets.nth(9)).toContainText('Not sent: network is unreachable')
  await expect(page.getByTestId('ending')).toContainText('ENETUNREACH')
})

test('an address leads to its owner, and back to the packet', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await page.getByTestId('headers').getByTitle('service/default/web').first().click()
  await expect(studio.inspector).toContainText('Cluster IP')
  await studio.tab(/^Packet$/).click()
  await expect(studio.hop()).toHaveText('curl')
})
