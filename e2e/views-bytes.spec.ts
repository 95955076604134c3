import { violationsInBothThemes } from './axe.ts'
import { expect, test } from './studio.ts'

test('headers are drawn bit by bit, and a field and its bytes are lit both ways', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.button('Step').click()
  await studio.button('Show').click()
  const bytes = page.getByTestId('bytes')
  const ttl = bytes.getByRole('button', { name: 'TTL 64' })
  await ttl.hover()
  await expect(bytes.locator('[data-byte][data-lit]')).toHaveText('40')
  await expect(bytes.getByRole('status')).toContainText('IPv4: TTL = 64 (8 bits, byte 22).')
  // The byte behind it is the protocol: TCP.
  await bytes.locator('[data-byte="23"]').hover()
  await expect(bytes.getByRole('button', { name: 'protocol 6' })).toHaveAttribute('data-lit', '')
  await expect(ttl).not.toHaveAttribute('data-lit', '')
})

test('fields are walked by keyboard, and nothing fails axe', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  await studio.button('Show').click()
  const bytes = page.getByTestId('bytes')
  const version = bytes.getByRole('button', { name: 'version 4' })
  await version.focus()
  await page.keyboard.press('ArrowRight')
  await expect(bytes.getByRole('button', { name: 'IHL 5' })).toBeFocused()
  await expect(bytes.getByRole('status')).toContainText('IHL = 5')
  expect(await violationsInBothThemes(page, '[data-testid=bytes]')).toEqual([])
})
