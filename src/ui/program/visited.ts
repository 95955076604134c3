import type { Conversation } from '../../core/sim/conversation.ts'

/** The Traefik whose dashboard's page came back from a request, as an id of the tree; undefined where another answer came, or none. */
export function dashboardVisited({ connections }: Conversation): string | undefined {
  for (const { server, exchanges = [] } of connections) {
    if (server?.program !== 'traefik' || server.owner === undefined) continue
    const page = exchanges.some(
      ({ request, response, routed }) =>
        response?.status === 200 &&
        routed?.kind === 'respond' &&
        /^\/(dashboard\/?)?(\?|$)/.test(request.target) &&
        isPage(response.headers),
    )
    if (page) return `pod/${server.owner}`
  }
  return undefined
}

const isPage = (headers: readonly (readonly [name: string, value: string])[]): boolean =>
  headers.some(([name, value]) => name.toLowerCase() === 'content-type' && value.startsWith('text/html'))
