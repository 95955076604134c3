import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

/** Rules that look at colours: all that a theme can break. */
const COLOURS = ['color-contrast', 'link-in-text-block']

/**
 * What axe finds on the page, or in a part of it. It runs where the page is, without the page of its own that it would open for its report, and makes no
 * selectors of what is well: that takes a quarter of the time and finds the same.
 */
export async function violations(page: Page, part?: string, rules?: readonly string[]): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'], selectors: false })
  if (part !== undefined) axe.include(part)
  if (rules) axe.withRules([...rules])
  const { violations: found } = await axe.analyze()
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('\n')}`)
}

/** In the light theme all rules, in the dark one those that it can break. Leaves the page light. */
export async function violationsInBothThemes(page: Page, part?: string): Promise<readonly string[]> {
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await violations(page, part, COLOURS)
  await page.emulateMedia({ colorScheme: 'light' })
  return [...dark, ...(await violations(page, part))]
}
