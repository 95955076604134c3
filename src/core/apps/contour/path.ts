/** Paths as Envoy hands them to its routes (http/path_utility.cc): unreserved characters decoded, dots resolved, slashes merged; escaped slashes stay as they are. */
const UNRESERVED = /[A-Za-z0-9\-._~]/

/** Undefined where the path cannot be read: 400. */
export function normalised(target: string): string | undefined {
  if (target === '*') return target
  const [path, query] = split(target)
  if (!path.startsWith('/') || /%(?![0-9A-Fa-f]{2})/.test(path) || /%00/.test(path)) return undefined
  const decoded = path.replace(/%([0-9A-Fa-f]{2})/g, (whole, code: string) => {
    const character = String.fromCharCode(Number.parseInt(code, 16))
    return UNRESERVED.test(character) ? character : whole
  })
  const segments: string[] = []
  const all = decoded.split('/').slice(1)
  for (const [index, segment] of all.entries()) {
    const last = index === all.length - 1
    if (segment === '..') segments.pop()
    if (segment === '.' || segment === '..') {
      if (last) segments.push('')
    } else segments.push(segment)
  }
  const joined = `/${segments.join('/')}`.replace(/\/{2,}/g, '/')
  return query === undefined ? joined : `${joined}?${query}`
}

function split(target: string): readonly [path: string, query?: string] {
  const at = target.search(/[?#]/)
  return at < 0 ? [target] : [target.slice(0, at), target.slice(at + 1)]
}
