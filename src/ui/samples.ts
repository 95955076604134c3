import type { ManifestFile, SendOrder, StartOptions } from '../worker/protocol.ts'

/** One entry of public/scenarios/index.json. Its texts are the messages `sample.<id>.title`, `.try` and `.notice`. */
export interface Sample {
  readonly id: string
  readonly files: readonly string[]
  /** How its cluster is installed, where that is not as usual. */
  readonly start?: Partial<StartOptions>
  readonly request: SendOrder
}

/** What a first visit opens: as public/scenarios/index.json has it, so that nobody waits for that. */
export const FIRST: Sample = {
  id: 'shop',
  files: ['shop.yaml'],
  request: { from: 'pod/default/curl', to: 'http://web.default/', protocol: 'tcp' },
}

/** Relative to the page, so that the site works below any path. */
const folder = (): string => new URL('scenarios/', document.baseURI).href

export async function loadSamples(): Promise<readonly Sample[]> {
  const response = await fetch(`${folder()}index.json`)
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`)
  return (await response.json()) as readonly Sample[]
}

export async function loadSampleFiles(sample: Sample): Promise<readonly ManifestFile[]> {
  return Promise.all(
    sample.files.map(async (name) => {
      const response = await fetch(folder() + name)
      if (!response.ok) throw new Error(`${response.url}: ${response.status}`)
      return { name: name.slice(name.lastIndexOf('/') + 1), text: await response.text() }
    }),
  )
}
