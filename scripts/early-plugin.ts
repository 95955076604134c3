import type { Plugin } from 'vite'

/** What is there before the map is: begin.ts and all that it imports, in one file. And what comes around the map, in another. */
const STEPS = ['src/ui/begin.ts', 'src/ui/mount.tsx'] as const

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
      const [begin, mount] = STEPS.map((step) => `${root}/${step}`) as [string, string]
      const first = closure(graph, begin, entry)
      parts = [
        ['begin', first],
        ['page', closure(graph, mount, new Set([...entry, ...first]))],
      ]
    }
    return parts.find(([, members]) => members.has(id))?.[0] ?? null
  }
}

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
      return Array.from(files, (file) => ({
        tag: 'link',
        attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file}` },
        injectTo: 'head' as const,
      }))
    },
  },
})
