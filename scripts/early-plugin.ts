import type { Plugin } from 'vite'

/** What is there before the map is: begin.ts and all that it imports, in one file. And what comes around the map: React, and what is made with it. */
const STEPS = ['src/ui/begin.ts', 'src/ui/react.ts', 'src/ui/mount.tsx'] as const

interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null
}

/** A module and what it imports at once, without what is in `but`. */
function closure(graph: Graph, start: string, but: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (id: string): void => {
    if (found.has(id) || but.has(id)) return
    found.add(id)
    for (const next of graph.getModuleInfo(id)?.importedIds ?? []) visit(next)
  }
  visit(start)
  return found
}

/** Names the file that a module goes into, where it goes along with one of the steps of a visit. `root` is the folder of the project. */
export function stepsOf(root: string): (id: string, graph: Graph) => string | null {
  let parts: readonly (readonly [string, ReadonlySet<string>])[] | undefined
  return (id, graph) => {
    if (!parts) {
      const entry = closure(graph, `${root}/src/main.ts`, new Set())
      const [begin, react, mount] = STEPS.map((step) => `${root}/${step}`) as [string, string, string]
      const first = closure(graph, begin, entry)
      const second = closure(graph, react, new Set([...entry, ...first]))
      parts = [
        ['begin', first],
        ['react', second],
        ['page', closure(graph, mount, new Set([...entry, ...first, ...second]))],
      ]
    }
    return parts.find(([, members]) => members.has(id))?.[0] ?? null
  }
}

/** Letters of the map's first picture: without them it would be drawn with others, which the system has to be asked for, and then once more. */
const LETTERS = /(inter|jetbrains-mono)-latin-wght-normal-[\w-]+\.woff2$/

/** The file that begins the page is named in the page, so that the browser fetches it along with the one that asks for it. */
export const early = (): Plugin => ({
  name: 'kubehop-early',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { bundle = {} }) => {
      const files = new Set<string>()
      const visit = (file: string): void => {
        const chunk = bundle[file]
        if (chunk?.type !== 'chunk' || chunk.isEntry || files.has(file)) return
        files.add(file)
        for (const next of chunk.imports) visit(next)
      }
      for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk' && chunk.name === 'begin') visit(chunk.fileName)
      const link = (attrs: Readonly<Record<string, string | boolean>>) => ({ tag: 'link', attrs, injectTo: 'head' as const })
      const letters = Object.keys(bundle).filter((file) => LETTERS.test(file))
      return [
        ...Array.from(files, (file) => link({ rel: 'modulepreload', crossorigin: true, href: `./${file}` })),
        ...letters.map((file) =>
          link({ rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true, fetchpriority: 'low', href: `./${file}` }),
        ),
      ]
    },
  },
})
