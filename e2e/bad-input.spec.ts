import { expect, type Studio, test } from './studio.ts'

const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: visitor\nspec:\n  containers:\n  - name: main\n    image: busybox\n'

/** Files made in the page, so that megabytes need not travel from the test. */
async function dropMade({ page }: Studio, make: { name: string; count: number; head: string; item: string }[]): Promise<void> {
  const transfer = await page.evaluateHandle((files) => {
    const data = new DataTransfer()
    for (const { name, count, head, item } of files) {
      const items = Array.from({ length: count }, (_, n) => item.replaceAll('%n', String(n)))
      data.items.add(new File([head, ...items], name))
    }
    return data
  }, make)
  await page.dispatchEvent('[data-testid=map]', 'drop', { dataTransfer: transfer })
}

/** Some 2.8 KB of a pod as a cluster tells about it. */
const DUMPED = `- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      note: ${'what nobody reads, '.repeat(120)}
    labels:
      app: shop
    name: shop-%n
    namespace: dump
  spec:
    containers:
    - image: shop:1.0
      name: main
      ports:
      - containerPort: 8080
        protocol: TCP
    nodeName: node-1
  status:
    phase: Running
`
const LIST = 'apiVersion: v1\nkind: List\nitems:\n'

/** The cluster and the packets of the first visit are there, and it still works. */
async function unharmed(studio: Studio): Promise<void> {
  await expect(studio.project).toContainText('6 pods')
  await studio.button('Send').click()
  await studio.hasPackets(18)
}

test('a dump of 20 MB is read with a bar that tells how far, while the page goes on', async ({ studio, page }) => {
  test.setTimeout(180_000)
  await studio.visit()
  await dropMade(studio, [{ name: 'dump.yaml', count: 7000, head: LIST, item: DUMPED }])
  await expect(page.getByTestId('reading')).toContainText(/Reading \d+\.\d MB|Applying/)
  await expect(studio.project).toContainText('7,006 pods', { timeout: 120_000 })
  await expect(page.getByTestId('reading')).toHaveCount(0)
})

test('reading is cancelled: nothing changed, and everything works', async ({ studio, page }) => {
  test.setTimeout(180_000)
  await studio.visit()
  // An anchor makes it a text for the slow reader.
  await dropMade(studio, [{ name: 'dump.yaml', count: 6000, head: `${LIST}- &a {}\n`, item: DUMPED }])
  await page.getByTestId('reading').getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('Cancelled. The cluster is as it was.')).toBeVisible()
  await expect(page.getByTestId('reading')).toHaveCount(0)
  await unharmed(studio)
  await studio.drop({ 'visitor.yaml': POD })
  await expect(studio.item('visitor')).toBeVisible()
})

test('five hundred files at once', async ({ studio }) => {
  await studio.visit()
  const files = Array.from({ length: 500 }, (_, n) => ({
    name: `${n}.yaml`,
    count: 1,
    head: '',
    item: POD.replace('visitor', `visitor-${n}`),
  }))
  await dropMade(studio, files)
  await expect(studio.project).toContainText('506 pods')
})

test('a binary file is told by name', async ({ studio, page }) => {
  await studio.visit()
  const transfer = await page.evaluateHandle(() => {
    const data = new DataTransfer()
    data.items.add(new File([Uint8Array.from({ length: 4096 }, (_, i) => i % 256)], 'photo.yaml'))
    return data
  })
  await page.dispatchEvent('[data-testid=map]', 'drop', { dataTransfer: transfer })
  await expect(page.getByText('photo.yaml is not text that holds manifests.')).toBeVisible()
  await unharmed(studio)
})

const LEVELS = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array.from({ length: 9 }, () => `*l${i}`).join(', ')}]`)

for (const [what, text, said] of [
  ['a bomb of aliases', `l0: &l0 [x, x]\n${LEVELS.join('\n')}\n`, 'document contains excessive aliasing'],
  ['a document without a bottom', '- '.repeat(20_000), 'error parsing bad.yaml'],
  ['a merge of nothing', 'apiVersion: v1\n<< : 1\n', 'map merge requires map or sequence of maps as the value'],
  ['ten thousand mistakes', 'kind: Pod\n---\n'.repeat(10_000), 'apiVersion not set'],
] as const)
  test(`${what} is refused`, async ({ studio, page }) => {
    await studio.visit()
    await studio.drop({ 'bad.yaml': text })
    await expect(page.getByText(/^Not applied: .* errors?\. The cluster is as it was\.$/)).toBeVisible()
    await expect(page.getByTestId('problems')).toContainText(said)
    await studio.tab(/^Packets/).click()
    await unharmed(studio)
  })

test('hostile names are text', async ({ studio, page }) => {
  const name = '<img src=x onerror="document.title=1">'
  await studio.visit()
  const title = await page.title()
  await studio.drop({ [`${name}.yaml`]: POD.replace('visitor', `'${name}'`) })
  await expect(page.getByTestId('problems')).toContainText(`"${name}" is invalid`)
  await expect(page.locator('img')).toHaveCount(0)
  await studio.drop({
    [`${name}.yaml`]: POD.replace('name: visitor', `name: visitor\n  annotations:\n    note: '${name}'\n  labels:\n    app: x`),
  })
  await studio.item('visitor').click()
  await expect(studio.inspector).toContainText('visitor')
  await expect(page.locator('img')).toHaveCount(0)
  expect(await page.title()).toBe(title)
})

test('a browser that stores nothing is told once, and everything works', async ({ studio, page }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('denied', 'SecurityError')
    }
  })
  await studio.visit()
  await expect(page.getByText('This browser does not let the page store anything')).toHaveCount(1)
  await unharmed(studio)
})
