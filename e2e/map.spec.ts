import type { Page } from '@playwright/test'
import { drag, find, type Point } from './map-points.ts'
import { expect, test } from './studio.ts'

test.use({ reducedMotion: 'reduce' })

test('a wire drawn from one pod to another fills in both ends of the request', async ({ studio, page }) => {
  await studio.visit()
  const [from, to] = [await find(page, 'pod/default/curl'), await find(page, 'pod/default/cache-')]
  await drag(page, from, to)
  await expect(studio.from).toHaveValue('pod/default/curl')
  await expect(studio.to).toHaveValue(/^10\.244\.\d+\.\d+:6379$/)
})

const below = (point: Point, y: number): Point => ({ x: point.x, y: point.y + y })
const isAt = async (page: Page, id: string, point: Point): Promise<void> => {
  // The map says what is under the pointer when that moves: it may stand there before the thing does.
  await expect(async () => {
    await page.mouse.move(point.x - 1, point.y)
    await page.mouse.move(point.x, point.y)
    expect(await page.getByTestId('map').getAttribute('title')).toMatch(new RegExp(`^${id}`))
  }).toPass({ timeout: 15_000 })
}

test('a node dragged by its header stays where it was put, also after a reload, and is undone by name', async ({ studio, page }) => {
  await studio.visit()
  const header = await find(page, 'node/node-3')
  await drag(page, header, below(header, -60))
  await isAt(page, 'node/node-3', below(header, -60))
  await expect(page.getByText('Moved node-3.')).toBeVisible()
  await page.reload()
  await expect(studio.packets.first()).toBeVisible()
  const again = await find(page, 'node/node-3')
  await expect(studio.button('Undo: move node-3 on the map')).toBeEnabled()
  await studio.button('Undo: move node-3 on the map').click()
  await expect(page.getByText('Undone: move node-3 on the map.')).toBeVisible()
  await page.getByRole('button', { name: 'Fit the whole cluster' }).click()
  expect((await find(page, 'node/node-3')).y).not.toBe(again.y)
})

test('with Alt all of the outside world is dragged as one', async ({ studio, page }) => {
  await studio.visit()
  const [client, router] = [await find(page, 'external/client'), await find(page, 'external/router')]
  await page.keyboard.down('Alt')
  await drag(page, client, below(client, -40))
  await page.keyboard.up('Alt')
  await expect(page.getByText('Moved client and 2 more.')).toBeVisible()
  await isAt(page, 'external/client', below(client, -40))
  await isAt(page, 'external/router', below(router, -40))
})

test('what is selected is moved by keys, and put back from its menu', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.item('node-2').first().click()
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Shift+ArrowDown')
  await expect(page.getByText('Moved node-2.')).toHaveCount(1)
  await expect(studio.button('Undo: move node-2 on the map')).toBeEnabled()
  await page.keyboard.press('Shift+F10')
  await page.getByRole('menuitem', { name: 'Put back in its place on the map' }).click()
  await expect(page.getByText('node-2 is back in its place.')).toBeVisible()
  await page.keyboard.press('Control+z')
  await expect(page.getByText('Undone: put node-2 back on the map.')).toBeVisible()
})
