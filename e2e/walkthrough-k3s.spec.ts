import { expect, test } from './studio.ts'
import { Reader } from './walkthrough.ts'

const OK = 'HTTP/1.1 200 OK'
const program = (reader: Reader) => reader.page.getByTestId('program')

test('k3s with its Traefik: an application, a Service and a routing rule, then rules that change', async ({ studio, page }) => {
  test.slow()
  const reader = new Reader(studio, page)
  await studio.visit()
  await reader.openSample('k3s with its Traefik: rules by path')

  // Networks of k3s: pods in 10.42.0.0/16; the LoadBalancer is every node.
  await reader.look('pod/default/nginx-')
  await expect(studio.inspector).toContainText(/10\.42\.\d+\.\d+/)
  await reader.look('service/kube-system/traefik', 'namespace:kube-system', 'kube-system/Service')
  for (const address of ['192.168.1.10', '192.168.1.20', '192.168.1.21']) await expect(studio.inspector).toContainText(address)

  // “Allows other apps in the cluster to communicate with the service”, “indirect external traffic is possible through ingress routing rules”.
  await reader.reads('http://192.168.1.10/whoami', [OK, '"pod": "whoami-', '"path": "/whoami"'])
  await reader.curl('http://192.168.1.20/', [OK, '"pod": "nginx-'])
  await reader.curl('http://192.168.1.21/whoami/me', [OK, '"pod": "whoami-'])
  // A prefix of letters, where the specification has one of elements.
  await reader.curl('http://192.168.1.10/whoamix', [OK, '"pod": "whoami-'])
  await studio.from.fill('pod/default/curl')
  await reader.curl('http://nginx.default/', [OK, '"pod": "nginx-', /10\.43\.\d+\.\d+/])
  await studio.from.fill('external/client')

  // What Traefik made of the rule, longest first, and whom it dials.
  const traefik = 'pod/kube-system/traefik-'
  await reader.look(traefik, 'namespace:kube-system', 'kube-system/Pod')
  await expect(program(reader)).toContainText('PathPrefix("/whoami")')
  await program(reader).getByRole('tab', { name: 'Endpoints' }).click()
  await expect(program(reader).getByRole('row').filter({ hasText: 'pod nginx-' })).toHaveCount(2)

  // One more pod is one more server, without a reload; the requests go round.
  await reader.look('deployment/default/whoami', 'default/Deployment')
  await reader.menu('deployment/default/whoami', 'One replica more')
  await expect(page.getByText(/^Scaled whoami to 2\. Made: whoami-/)).toBeVisible()
  const seen = new Set<string>()
  for (const path of ['/whoami/1', '/whoami/2']) {
    await reader.curl(`http://192.168.1.10${path}`, [OK])
    seen.add(/"pod": "(\S+)"/.exec((await page.getByTestId('transcript').textContent()) ?? '')?.[1] ?? '')
  }
  expect(seen.size).toBe(2)

  // Another rule in place of the old one: looked at, applied, tried.
  await reader.look('ingress/default/paths', 'default/Ingress')
  await page.keyboard.press('e')
  const manifest = page.getByRole('textbox', { name: /^Manifest / })
  await expect(manifest).toBeFocused()
  await page.locator('.cm-line', { hasText: 'path: /whoami' }).click()
  await page.keyboard.press('End')
  await page.keyboard.type('/v2')
  await expect(page.getByText(/^Changes 1 object/)).toBeVisible()
  await page.keyboard.press('Control+s')
  const editor = page.getByRole('complementary', { name: 'Editor' })
  await expect(editor).toContainText('/whoami/v2')
  await editor.getByRole('button', { name: 'Apply', exact: true }).click()
  await expect(page.getByText(/Changed|Applied/).first()).toBeVisible()
  await editor.getByRole('button', { name: 'Close the editor' }).click()
  await reader.curl('http://192.168.1.10/whoami', [OK, '"pod": "nginx-'])
  await reader.curl('http://192.168.1.10/whoami/v2/x', [OK, '"pod": "whoami-'])

  // “Since pods are ephemeral, keeping track of the pod addresses is problematic”: one goes, another comes, and the rule holds.
  await reader.menu('pod/default/nginx-', 'Delete')
  await expect(page.getByText(/^Deleted nginx-\S+\. Made: nginx-\S+\.$/)).toBeVisible()
  await reader.curl('http://192.168.1.10/still', [OK, '"pod": "nginx-'])
})
