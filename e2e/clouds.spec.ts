import { Reader } from './walkthrough.ts'
import { expect, test } from './studio.ts'

test('balancers of clouds stand outside, and say what they did with a request', async ({ studio, page }) => {
  test.slow()
  const reader = new Reader(studio, page)
  const decided = page.getByTestId('decided')
  await studio.visit()

  // Google: a node port of any node for one Service, pods themselves for the other.
  await reader.openSample('Google’s load balancer: pods, or node ports')
  await studio.packets.filter({ hasText: 'GET /api/items' }).nth(1).click()
  await expect(decided).toContainText('Passed on to k8s-be-30080')
  await expect(decided).toContainText('kept in X-Forwarded-For: 203.0.113.10, 203.0.113.129')
  await decided.getByRole('button', { name: /^What gce has read/ }).click()
  const program = page.getByTestId('program')
  await expect(program.locator('tr[aria-current=step]')).toContainText('k8s-be-30080')
  await program.getByRole('tab', { name: 'Endpoints' }).click()
  await expect(program).toContainText('HEALTHY')
  await reader.curl('curl --resolve shop.example.com:80:203.0.113.129 http://shop.example.com/', [
    '< Via: 1.1 google',
    '< Set-Cookie: GCLB=',
    '"peer": "35.191.0.2:',
  ])

  // AWS: two Ingresses are one balancer.
  await reader.openSample('AWS: rules of an Application Load Balancer')
  await reader.curl('curl --resolve shop.example.com:80:203.0.113.129 -H "X-Tea: yes" http://shop.example.com/tea', [
    'HTTP/1.1 418',
    'short and stout',
  ])
  await reader.curl('curl --resolve shop.example.com:80:203.0.113.129 http://shop.example.com/', [
    '< Set-Cookie: AWSALB=',
    '"peer": "10.0.0.20:',
  ])

  // Azure: what a prefix held is gone when the pod sees the path.
  await reader.openSample('Azure: an Application Gateway and its paths')
  await reader.curl('curl --resolve shop.example.com:80:203.0.113.128 http://shop.example.com/api/items', [
    '"path": "/items"',
    '"X-Original-URL": [',
  ])

  // The same cluster where there is no cloud: the class has nobody, and the page says so.
  await studio.button('Cluster settings').click()
  await page.getByLabel('World outside').selectOption('a small office')
  await studio.button('Rebuild').click()
  await studio.tab(/^Problems/).click()
  await expect(page.getByText('This Ingress is for an Application Gateway, and the cluster is not in Azure.').first()).toBeVisible()
})
