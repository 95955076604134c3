/** What the proxies of AWS and Azure say by themselves: both are nginx inside, under a name of their own. */
import { type Headers, respond } from '../http.ts'
import type { Exchange, Matched, RespondDecision } from '../program.ts'

const TITLES: Readonly<Record<number, string>> = {
  301: '301 Moved Permanently',
  302: '302 Found',
  404: '404 Not Found',
  502: '502 Bad Gateway',
  503: '503 Service Temporarily Unavailable',
  504: '504 Gateway Time-out',
}

/** `signed`: whether the name stands below the title too. */
export const pagesOf =
  (server: string, signed: boolean) =>
  (status: number, why: string, { request }: Exchange, matched: readonly Matched[], more: Headers = []): RespondDecision => {
    const title = TITLES[status] ?? String(status)
    const foot = signed ? `<hr><center>${server}</center>\r\n` : ''
    const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n${foot}</body>\r\n</html>\r\n`
    const response = respond(status, body, [['Server', server], ['Content-Type', 'text/html'], ...more], request.version)
    return { kind: 'respond', response: request.method === 'HEAD' ? { ...response, body: '' } : response, why, matched }
  }
