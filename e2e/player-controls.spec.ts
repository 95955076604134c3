import { expect, test } from './studio.ts'

test('speed goes from a thousandth to fourfold by keys and by buttons', async ({ studio, page }) => {
  await studio.visit()
  const speed = page.getByRole('combobox', { name: 'Speed' })
  await studio.selectPacket(1)
  for (let i = 0; i < 4; i++) await page.keyboard.press('>')
  await expect(speed).toHaveValue('4')
  await expect(studio.button('Faster (>)')).toBeDisabled()
  for (let i = 0; i < 9; i++) await page.keyboard.press('<')
  await expect(speed).toHaveValue('0.001')
  await expect(studio.button('Slower (<)')).toBeDisabled()
  await studio.button('Faster (>)').click()
  await expect(speed).toHaveValue('0.01')
})

test('steps are hops, steps or rules; back is the same way; the slider goes anywhere', async ({ studio, page }) => {
  await studio.visit()
  await studio.selectPacket(1)
  const grain = (name: string) => page.getByRole('radiogroup', { name: 'Step by' }).getByRole('radio', { name })
  await expect(grain('hop')).toBeChecked()
  await page.keyboard.press('ArrowRight')
  await expect(studio.hop()).toHaveText('node-1')
  await page.keyboard.press('g')
  await expect(grain('step')).toBeChecked()
  const step = studio.inspector.locator('.step-line[aria-current]')
  const first = await step.textContent()
  await page.keyboard.press('ArrowRight')
  await expect(studio.hop()).toHaveText('node-1')
  await expect(step).not.toHaveText(first ?? '')
  await page.keyboard.press('ArrowLeft')
  await expect(step).toHaveText(first ?? '')
  await page.keyboard.press('g')
  await expect(grain('rule')).toBeChecked()
  const slider = page.getByRole('slider', { name: 'Position along the path' })
  await slider.focus()
  await page.keyboard.press('End')
  await expect(studio.narration).toContainText('packet 9 of 9')
  await page.keyboard.press('Home')
  await expect(studio.narration).toContainText('packet 1 of 9, hop 1')
})

test('the sheet of keys names them all', async ({ studio, page }) => {
  await studio.visit()
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard' })
  for (const text of [
    'Slower, faster',
    'Step, step back',
    'Step by hop',
    'breakpoint at the current step',
    'In the timeline',
    'Along the path',
  ])
    await expect(sheet).toContainText(text)
})
