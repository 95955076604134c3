import type { Locator, Page } from '@playwright/test'
import { dropAt, find } from './map-points.ts'
import { expect, test } from './studio.ts'
import { Reader } from './walkthrough.ts'

const TOML = `# how the edge router is to be entered
defaultEntryPoints = ["http", "https"]
[entryPoints]
  [entryPoints.http]
  address = ":80"
    [entryPoints.http.redirect]
    entryPoint = "https"
  [entryPoints.https]
  address = ":443"
    [entryPoints.https.tls]
`

const traefik = 'pod/kube-system/traefik-ingress-controller-v1-'
const program = (page: Page): Locator => page.getByTestId('program')

test('an edge router: a DaemonSet on a node of its own, an Ingress, traefik.toml, scaling, a pod that dies', async ({ studio, page }) => {
  test.slow()
  const reader = new Reader(studio, page)
  await studio.visit()
  await reader.openSample('An edge router in front of the cluster')

  // “We don’t want any other pod to be scheduled to this node”, and the DaemonSet runs there all the same.
  await reader.look('node/edge')
  await expect(studio.inspector).toContainText('edge-router')
  await expect(studio.inspector).toContainText('unschedulable: true')
  await reader.look(traefik, 'namespace:kube-system', 'kube-system/Pod')
  await expect(studio.inspector).toContainText('192.168.1.13')

  // What the Ingress asks for, as the controller has read it.
  await expect(program(page)).toContainText('Host:foo.mydomain.com')
  await expect(program(page)).toContainText('PathPrefix:/bar/*')
  await program(page).getByRole('tab', { name: 'Log' }).click()
  await expect(program(page)).toContainText('web provider configuration is deprecated')

  // The sample's own request; then names without records, which the page offers to resolve.
  await reader.reads('http://foo.mydomain.com/', [
    '* Connected to foo.mydomain.com (192.168.1.13) port 80',
    'HTTP/1.1 200 OK',
    '"pod": "foo-',
  ])
  await studio.to.fill('http://mydomain.com/bar/x')
  await studio.button('Send').click()
  await page.getByRole('button', { name: 'Resolve it to 192.168.1.13' }).click()
  await reader.reads('http://mydomain.com/bar/x', ['HTTP/1.1 200 OK', '"pod": "other-'])
  await expect(studio.to).toHaveValue('curl --resolve mydomain.com:80:192.168.1.13 http://mydomain.com/bar/x')
  await reader.curl('curl --resolve mydomain.com:80:192.168.1.13 http://mydomain.com/bar/*', ['"pod": "bar-'])

  // Port 8080 of the node: the way to the dashboard, and what it shows.
  await reader.curl('http://192.168.1.13:8080/', ['HTTP/1.1 302 Found', 'Location: /dashboard/'])
  await reader.curl('http://192.168.1.13:8080/api/providers', ['"kubernetes"', '"rule":"Host:foo.mydomain.com"'])

  await reader.look(traefik, 'namespace:kube-system', 'kube-system/Pod')
  await program(page).getByRole('button', { name: 'Open dashboard' }).click()
  const dashboard = page.getByRole('dialog', { name: /^Dashboard of traefik-ingress-controller-v1-/ })
  await expect(dashboard).toContainText('global-default-frontend')
  await expect(dashboard).toContainText('PathPrefix:/bar/*')
  await page.keyboard.press('Escape')
  await expect(dashboard).toHaveCount(0)

  // “All those rules can be set in .toml file”: the file lies on the node.
  await studio.tab('Map').click()
  await studio.drop({ 'traefik.toml': TOML })
  await expect(page.getByText('drop it onto the node on which it lies')).toBeVisible()
  await dropAt(page, await find(page, 'node/edge'), { files: { 'traefik.toml': TOML } })
  const editor = page.getByRole('complementary', { name: 'Editor' })
  await expect(editor).toContainText('stands for /etc/traefik/traefik.toml on edge')
  await editor.getByRole('button', { name: 'Apply' }).click()
  await expect(editor).toHaveCount(0)
  const foo = 'curl -k --resolve foo.mydomain.com:80:192.168.1.13 --resolve foo.mydomain.com:443:192.168.1.13'
  await reader.curl(`${foo} http://foo.mydomain.com/`, ['HTTP/1.1 302 Found', 'Location: https://foo.mydomain.com:443/'])
  await reader.curl(`${foo} -L http://foo.mydomain.com/`, [
    'TLS handshake, Client hello',
    'subject: CN=TRAEFIK DEFAULT CERT',
    '"pod": "foo-',
  ])
  await page.getByRole('button', { name: /^Undo: apply edge-traefik\.toml/ }).click()
  await expect(page.getByText(/^Undone: apply edge-traefik/)).toBeVisible()
  await reader.curl(`${foo} http://foo.mydomain.com/again`, ['HTTP/1.1 200 OK'])

  // “In an environment where you add, remove, kill, upgrade, or scale your services many times a day”
  await reader.look('deployment/default/foo', 'default/Deployment')
  await reader.menu('deployment/default/foo', 'One replica more')
  await expect(page.getByText(/^Scaled foo to 3\. Made: foo-/)).toBeVisible()
  await reader.look(traefik, 'namespace:kube-system', 'kube-system/Pod')
  await program(page).getByRole('tab', { name: 'Endpoints' }).click()
  await expect(program(page).getByRole('row').filter({ hasText: 'pod foo-' })).toHaveCount(3)
  await reader.menu(traefik, 'Delete')
  await expect(page.getByText(/^Deleted traefik-ingress-controller-v1-\S+\. Made: traefik-ingress-controller-v1-\S+\.$/)).toBeVisible()
  await reader.curl('curl --resolve foo.mydomain.com:80:192.168.1.13 http://foo.mydomain.com/after', ['HTTP/1.1 200 OK', '"pod": "foo-'])
})
