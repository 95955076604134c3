import { expect, test } from './studio.ts'

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: visitor
  labels: {app: visitor}
spec:
  containers:
  - name: main
    image: busybox
`

const BAD_SERVICE = `apiVersion: v1
kind: Service
metadata:
  name: broken
spec:
  ports:
  - port: 70000
`

test('a dropped file becomes part of the cluster', async ({ studio }) => {
  await studio.visit()
  await studio.drop({ 'visitor.yaml': POD })
  await expect(studio.item('visitor')).toBeVisible()
  await expect(studio.page.getByText('Applied: 1 object created.')).toBeVisible()
  await expect(studio.project).toContainText('7 pods')
})

test('a pasted manifest is applied, other text is not', async ({ studio }) => {
  await studio.visit()
  await studio.paste('a shopping list')
  await expect(studio.page.getByText('The pasted text holds no Kubernetes object.')).toBeVisible()
  await studio.paste(POD)
  await expect(studio.item('visitor')).toBeVisible()
})

test('a bad manifest says where and why, and changes nothing', async ({ studio, page }) => {
  await studio.visit()
  await studio.drop({ 'broken.yaml': BAD_SERVICE, 'visitor.yaml': POD })
  const problems = page.getByTestId('problems')
  await expect(problems).toContainText('Not applied. The cluster is as it was.')
  await expect(problems).toContainText('must be between 1 and 65535')
  await expect(problems).toContainText(/broken\.yaml:7:\d+/)
  await expect(studio.project).toContainText('6 pods · 3 services')
  await expect(studio.item('visitor')).toHaveCount(0)
  await studio.tab(/^Packets/).click()
  await studio.hasPackets(9)
})

test('text that is not YAML is refused with its line', async ({ studio, page }) => {
  await studio.visit()
  await studio.drop({ 'not.yaml': 'kind: Pod\nmetadata:\n  name: "unclosed\n' })
  await expect(page.getByTestId('problems')).toContainText(/not\.yaml:\d+:\d+/)
})

test('a binary file is refused by name', async ({ studio, page }) => {
  await studio.visit()
  await studio.drop({ 'photo.png': 'PNG\u0000\u0001\u0002' })
  await expect(page.getByText('photo.png is not text that holds manifests.')).toBeVisible()
})

test('hostile names are shown as text and never run', async ({ studio, page }) => {
  await studio.visit()
  const hostile = '<img src=x onerror=document.title=1>'
  await studio.drop({ [`${hostile}.yaml`]: POD.replace('visitor', JSON.stringify(hostile)) })
  await expect(page.getByTestId('problems')).toContainText(hostile)
  await expect(page).toHaveTitle('Kubehop')
  await expect(page.locator('img[src=x]')).toHaveCount(0)
})

test('kinds that are not simulated are listed and ignored', async ({ studio, page }) => {
  await studio.visit()
  await studio.drop({
    'policy.yaml': 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: deny\nspec:\n  podSelector: {}\n---\n' + POD,
  })
  await expect(studio.item('visitor')).toBeVisible()
  await studio.tab(/^Problems/).click()
  await expect(page.getByTestId('problems')).toContainText('not simulated')
})
