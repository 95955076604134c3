import { drag, dropAt, find } from './map-points.ts'
import { violations } from './axe.ts'
import { expect, test } from './studio.ts'

test('a pod let go over another node is moved there, as a new pod with a new address, and back by undo', async ({ studio, page }) => {
  await studio.visit()
  const [pod, node] = [await find(page, 'pod/default/web-'), await find(page, 'node/node-2')]
  await drag(page, pod, node)
  const menu = page.getByRole('menu')
  await expect(menu.getByRole('menuitem', { name: /^Send from web-.* to node-2$/ })).toBeVisible()
  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  const toast = page.getByText(/Deleted web-\S+ and made it again on node-2: Kubernetes has no move\. Made: web-\S+ at 10\.244\.\d+\.\d+/)
  await expect(toast).toBeVisible()
  const [, old = '', now = ''] = /Deleted (\S+) and .* Made: (\S+) at/.exec((await toast.textContent()) ?? '') ?? []
  expect(now).not.toBe(old)
  await expect(studio.inspector).toContainText(now)
  await expect(studio.inspector).toContainText('node-2')
  await studio.button(`Undo: move ${old} to node-2`).click()
  await expect(page.getByText(`Undone: move ${old} to node-2.`)).toBeVisible()
})

test('a pod over a node can be the sender of a request to it instead', async ({ studio, page }) => {
  await studio.visit()
  await drag(page, await find(page, 'pod/default/curl'), await find(page, 'node/node-3'))
  await page.getByRole('menuitem', { name: 'Send from curl to node-3' }).click()
  await expect(studio.from).toHaveValue('pod/default/curl')
  await expect(studio.to).toHaveValue(/192\.168\.1\.13/)
})

const POD = `# mine
apiVersion: v1
kind: Pod
metadata:
  name: mine
spec:
  containers:
    - name: c
      image: nginx
`

test('a file dropped on a node is reviewed with the node in it, then its pods run there', async ({ studio, page }) => {
  await studio.visit()
  await dropAt(page, await find(page, 'node/node-3'), {
    files: { 'mine.yaml': POD, 'notes.yaml': 'kind: Namespace\napiVersion: v1\nmetadata:\n  name: extra\n' },
  })
  const editor = page.getByRole('complementary', { name: 'Editor' })
  await expect(editor).toContainText('Dropped on node-3: its pods get spec.nodeName node-3')
  await expect(editor.getByTestId('diff')).toContainText('nodeName: node-3')
  await expect(editor.getByRole('region', { name: 'What changes in the cluster' })).toContainText('default/mine')
  expect(await violations(page)).toEqual([])
  await editor.getByRole('button', { name: 'Apply' }).click()
  await expect(editor).toHaveCount(0)
  await expect(studio.item('mine')).toBeVisible()
  await studio.item('mine').click()
  await expect(studio.inspector).toContainText('node-3')
  await expect(studio.button('Undo: apply notes.yaml and 1 more').or(studio.button('Undo: apply mine.yaml and 1 more'))).toBeVisible()
})

test('a sample dropped on the map joins what is there', async ({ studio, page }) => {
  await studio.visit()
  await studio.tab('Samples').click()
  await expect(page.locator('.samples li').first()).toHaveAttribute('draggable', 'true')
  const map = await page.getByTestId('map').boundingBox()
  if (!map) throw new Error('no map')
  await dropAt(page, { x: map.x + 30, y: map.y + map.height - 90 }, { sample: 'headless' })
  await expect(page.getByText(/^Applied: /)).toBeVisible()
  await expect(studio.project).toContainText('A small shop')
})
