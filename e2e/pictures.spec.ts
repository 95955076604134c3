import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { type Studio, expect, test } from './studio.ts'

async function saved({ page }: Studio, name: 'SVG' | 'PNG'): Promise<Buffer> {
  await page.keyboard.press('Control+k')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('dialog')
      .getByRole('combobox')
      .fill(name)
      .then(() => page.getByRole('option').filter({ hasText: name }).first().click()),
  ])
  return readFile(await download.path())
}

/** A picture as a browser shows it: its size, how many colours are in it, and the texts of an SVG. */
async function looked(page: Page, file: Buffer, type: string) {
  return page.evaluate(
    async ([base64, mime]) => {
      const image = new Image()
      image.src = `data:${mime};base64,${base64}`
      await image.decode()
      const canvas = document.createElement('canvas')
      ;[canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight]
      const context = canvas.getContext('2d')
      context?.drawImage(image, 0, 0)
      const pixels = new Uint32Array(context?.getImageData(0, 0, canvas.width, canvas.height).data.buffer ?? new ArrayBuffer(0))
      const svg = mime === 'image/svg+xml' ? new DOMParser().parseFromString(atob(base64), mime) : undefined
      const texts = [...(svg?.querySelectorAll('text') ?? [])].map((text) => text.textContent)
      return {
        width: canvas.width,
        height: canvas.height,
        colours: new Set(pixels).size,
        texts,
        broken: (svg?.querySelectorAll('parsererror').length ?? 0) > 0,
      }
    },
    [file.toString('base64'), type] as const,
  )
}

test('a saved SVG of the map is what is on screen, at its zoom: devices, hooks and the packet', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  const map = await page.getByTestId('map').boundingBox()
  const far = await looked(page, await saved(studio, 'SVG'), 'image/svg+xml')
  expect(far).toMatchObject({ width: Math.round(map?.width ?? 0), height: Math.round(map?.height ?? 0), broken: false })
  expect(far.texts).toEqual(expect.arrayContaining(['node-1', 'curl', '10.244.0.2', 'eth0', 'SYN']))
  expect(far.texts).not.toContain('PREROUTING')
  expect(far.colours).toBeGreaterThan(10)
  await studio.item('node-1').first().dblclick()
  await studio.button('Show on the map').click()
  const near = await looked(page, await saved(studio, 'SVG'), 'image/svg+xml')
  expect(near.texts).toEqual(expect.arrayContaining(['PREROUTING', 'mangle', 'flannel.1', 'cni0', 'SYN']))
  expect(near.texts).not.toContain('node-3')
})

test('the ladder is saved as it stands, as SVG and as PNG', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.tab('Ladder').click()
  await expect(page.getByTestId('ladder')).toBeVisible()
  await page.locator('.ladder-scroll').evaluate((element) => element.scrollTo(0, 200))
  const file = await saved(studio, 'SVG')
  expect(file.toString()).not.toContain('translate(0 200)')
  const svg = await looked(page, file, 'image/svg+xml')
  expect(svg.broken).toBe(false)
  expect(svg.texts.join(' ')).toContain('PREROUTING')
  const png = await looked(page, await saved(studio, 'PNG'), 'image/png')
  const box = await page.getByTestId('ladder').boundingBox()
  expect(png.width).toBe(Math.ceil(box?.width ?? 0))
  expect(png.colours).toBeGreaterThan(10)
})
