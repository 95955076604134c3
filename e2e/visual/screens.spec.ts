import { type Studio, expect, test } from '../studio.ts'

/**
 * What the main screens look like. Motion is off, the sample and its request are the same each time, and every screen is reached in the same way in a wide
 * window and on a phone.
 */
interface Screen {
  readonly name: string
  readonly show: (studio: Studio, wide: boolean) => Promise<void>
}

const press = async ({ page }: Studio, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key)
}

const select = async (studio: Studio, id: string): Promise<void> => {
  await press(studio, 'Control+k')
  await studio.page.getByRole('dialog').getByRole('combobox').fill(id)
  await studio.page.getByRole('option').filter({ hasText: id }).first().click()
  await expect(studio.page.getByRole('dialog')).toHaveCount(0)
}

const SCREENS: readonly Screen[] = [
  { name: 'tunnel', show: (studio) => press(studio, 'ArrowRight', 'ArrowRight') },
  {
    name: 'near',
    show: async (studio) => {
      await select(studio, 'node-1')
      await press(studio, '3')
    },
  },
  { name: 'ladder', show: (studio) => studio.tab('Ladder').click() },
  { name: 'paths', show: (studio) => studio.tab('Paths').click() },
  { name: 'samples', show: (studio) => studio.tab('Samples').click() },
  {
    name: 'refused',
    show: async (studio, wide) => {
      await studio.drop({ 'bad.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n  ports:\n  - port: 70000\n' })
      await expect(studio.page.getByTestId('problems')).toContainText('70000')
      if (wide) await expect(studio.tab(/^Problems/)).toHaveAttribute('aria-selected', 'true')
    },
  },
  { name: 'keys', show: (studio) => press(studio, '?') },
]

const WINDOWS = [
  { name: 'desktop', viewport: { width: 1440, height: 900 } },
  { name: 'phone', viewport: { width: 390, height: 844 } },
] as const

for (const { name: window, viewport } of WINDOWS) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${window}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme })
      for (const { name, show } of SCREENS) {
        test(name, async ({ studio, page }) => {
          await studio.visit()
          await studio.selectPacket(1)
          await show(studio, window === 'desktop')
          // Nothing lies under the pointer.
          await page.mouse.move(1, 1)
          await expect(page).toHaveScreenshot(`${name}-${window}-${colorScheme}.png`)
        })
      }
    })
  }
}
