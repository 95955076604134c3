import { expect, test } from './studio.ts'

test.use({ serviceWorkers: 'allow' })

test('after a first visit the page works without a network', async ({ studio, page, context }) => {
  await studio.visit()
  await page.evaluate(() => navigator.serviceWorker.ready)
  await context.setOffline(true)
  await page.reload()
  await expect(studio.packets.first()).toBeVisible()
  await studio.tab('Samples').click()
  await page.getByRole('button', { name: 'Session affinity' }).click()
  await expect(studio.project).toContainText('Session affinity')
  await studio.button('Keyboard and help').click()
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible()
})

test('the page can be installed', async ({ page, request, baseURL }) => {
  await page.goto('./')
  const manifest = await page.locator('link[rel=manifest]').getAttribute('href')
  const { icons, start_url } = (await (await request.get(new URL(manifest ?? '', baseURL).href)).json()) as {
    readonly start_url: string
    readonly icons: readonly { readonly src: string }[]
  }
  expect(start_url).toBe('./')
  for (const { src } of icons) expect((await request.get(new URL(src, baseURL).href)).ok()).toBe(true)
})

test('nothing that is not the page’s own may run', async ({ page }) => {
  await page.goto('./')
  await expect(page.getByTestId('project')).toContainText('nodes')
  const policy = await page.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content')
  expect(policy).toMatch(/^default-src 'self';/)
  expect(policy).not.toMatch(/unsafe|\*/)
  const ran = await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'window.ran = true'
    document.body.append(script)
    return 'ran' in window
  })
  expect(ran).toBe(false)
})
