import { test as base, expect, type Locator, type Page } from '@playwright/test'

/** The page as a person finds things on it: by what they are called. */
export class Studio {
  readonly page: Page
  readonly project: Locator
  readonly packets: Locator
  readonly tree: Locator
  readonly inspector: Locator
  readonly narration: Locator
  readonly from: Locator
  readonly to: Locator

  constructor(page: Page) {
    this.page = page
    this.project = page.getByTestId('project')
    this.packets = page
      .getByRole('grid', { name: /^Packets/ })
      .getByRole('row')
      .filter({ has: page.getByRole('gridcell') })
    this.tree = page.getByRole('tree')
    this.inspector = page.getByRole('region', { name: 'Details of what is selected' })
    this.narration = page.getByTestId('narration')
    this.from = page.getByRole('combobox', { name: 'From' })
    this.to = page.getByRole('combobox', { name: 'To' })
  }

  /** A visit that is over its beginning: the cluster is there and so are the packets of the first request. */
  async visit(): Promise<void> {
    await this.page.goto('./')
    await expect(this.project).toContainText('nodes')
    await expect(this.packets.first()).toBeVisible()
    await this.button('Skip').click()
    await expect(this.button('Skip')).toHaveCount(0)
  }

  /** Selecting a packet stops playback, so that what follows is not a race with it. */
  async selectPacket(number: number): Promise<void> {
    await this.packet(number).click()
    await expect(this.packet(number)).toHaveAttribute('aria-selected', 'true')
    await expect(this.button('Pause')).toHaveCount(0)
  }

  /** By its number, as long as the list shows it. */
  packet(number: number): Locator {
    return this.packets.and(this.page.locator(`[data-number="${number}"]`))
  }

  /** How many packets there are in all requests; a long list shows but a part of them. */
  async hasPackets(count: number): Promise<void> {
    await expect(this.page.getByRole('grid', { name: /^Packets/ })).toHaveAttribute('aria-rowcount', String(count + 1))
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  tab(name: string | RegExp): Locator {
    return this.page.getByRole('tab', { name })
  }

  item(name: string): Locator {
    return this.tree.getByRole('treeitem').filter({ hasText: name })
  }

  /** The place in the packet's way that is lit. */
  hop(): Locator {
    return this.inspector.locator('.hop-strip [aria-current=step]')
  }

  /** Files as a drag from the desktop brings them. */
  async drop(files: Readonly<Record<string, string>>): Promise<void> {
    const transfer = await this.page.evaluateHandle((entries) => {
      const data = new DataTransfer()
      for (const [name, text] of entries) data.items.add(new File([text], name))
      return data
    }, Object.entries(files))
    await this.page.dispatchEvent('[data-testid=map]', 'dragenter', { dataTransfer: transfer })
    await expect(this.page.getByText('Drop manifests to apply them')).toBeVisible()
    await this.page.dispatchEvent('[data-testid=map]', 'drop', { dataTransfer: transfer })
  }

  async paste(text: string): Promise<void> {
    await this.page.evaluate((pasted) => {
      const data = new DataTransfer()
      data.setData('text/plain', pasted)
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    }, text)
  }
}

/** Every test fails when the page complained, whatever else it saw. */
export const test = base.extend<{ studio: Studio }>({
  studio: async ({ page }, provide) => {
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await provide(new Studio(page))
    expect(complaints).toEqual([])
  },
})

export { expect } from '@playwright/test'
