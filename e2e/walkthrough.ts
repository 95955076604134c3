import type { Page } from '@playwright/test'
import { expect, type Studio } from './studio.ts'

/** What a reader of a guide does again and again. */
export class Reader {
  readonly studio: Studio
  readonly page: Page

  constructor(studio: Studio, page: Page) {
    this.studio = studio
    this.page = page
  }

  async openSample(title: string): Promise<void> {
    await this.studio.tab('Samples').click()
    await this.page.getByRole('button', { name: title, exact: true }).click()
    await expect(this.studio.project).toContainText(title.slice(0, 20))
    await expect(this.studio.packets.first()).toBeVisible()
    await this.studio.tab('Objects').click()
  }

  /** Types a command or a URL, sends it, and reads what curl printed for it: `told` are lines of its transcript. */
  async curl(what: string, told: readonly (string | RegExp)[]): Promise<void> {
    await this.studio.to.fill(what)
    await this.studio.button('Send').click()
    await this.reads(what, told)
  }

  async reads(what: string, told: readonly (string | RegExp)[]): Promise<void> {
    await this.studio.tab('curl -v').click()
    const transcript = this.page.getByTestId('transcript')
    const [, host = '', path = '/'] = /https?:\/\/([^/\s]+)(\/\S*)?/.exec(what) ?? []
    await expect(transcript).toContainText(`> GET ${path} HTTP/`)
    await expect(transcript).toContainText(`> Host: ${host}`)
    for (const line of told) await expect(transcript, what).toContainText(line)
  }

  /** Rows of the tree from the outside in; what is folded is opened on the way. */
  async look(id: string, ...folded: readonly string[]): Promise<void> {
    for (const name of folded) {
      const branch = this.studio.tree.locator(`[data-id="${name}"]`)
      if ((await branch.getAttribute('aria-expanded')) === 'false') await branch.click()
    }
    const row = this.studio.tree.locator(`[data-id^="${id}"]`).first()
    await row.click()
    await this.page.getByRole('tab', { name: 'Object', exact: true }).click()
  }

  async menu(id: string, entry: string): Promise<void> {
    await this.studio.tree.locator(`[data-id^="${id}"]`).first().click({ button: 'right' })
    await this.page.getByRole('menuitem', { name: entry, exact: true }).click()
  }
}
