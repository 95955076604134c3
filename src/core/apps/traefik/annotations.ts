/** `traefik.ingress.kubernetes.io/router.*` of Ingresses and `service.*` of Services (pkg/provider/kubernetes/ingress/annotations.go). Names are read without case. */
import type { StickyConfig } from '../../api/traefik.ts'

const PREFIX = 'traefik.ingress.kubernetes.io/'

type Annotations = Readonly<Record<string, string>> | undefined

export interface RouterAnnotations {
  readonly pathMatcher: string | undefined
  readonly entryPoints: readonly string[]
  readonly middlewares: readonly string[]
  readonly priority: number | undefined
  readonly ruleSyntax: string | undefined
  readonly tls: boolean
}

export interface ServiceAnnotations {
  readonly scheme: string | undefined
  readonly passHostHeader: boolean
  readonly sticky: StickyConfig | undefined
  readonly nativeLB: boolean | undefined
  readonly nodePortLB: boolean
  readonly middlewares: readonly string[]
}

function valuesOf(annotations: Annotations): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [key, value] of Object.entries(annotations ?? {}))
    if (key.startsWith(PREFIX)) values.set(key.slice(PREFIX.length).toLowerCase(), value)
  return values
}

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

/** A section that may stand empty is on by `true`, or by any of its fields. */
const section = (values: ReadonlyMap<string, string>, name: string): boolean => {
  const own = values.get(name)
  return own === undefined ? [...values.keys()].some((key) => key.startsWith(`${name}.`)) : own !== 'false'
}

export function routerAnnotations(annotations: Annotations): RouterAnnotations {
  const values = valuesOf(annotations)
  const priority = Number(values.get('router.priority') ?? 0)
  return {
    pathMatcher: values.get('router.pathmatcher'),
    entryPoints: listOf(values.get('router.entrypoints')),
    middlewares: listOf(values.get('router.middlewares')),
    priority: Number.isInteger(priority) && priority !== 0 ? priority : undefined,
    ruleSyntax: values.get('router.rulesyntax'),
    tls: section(values, 'router.tls'),
  }
}

export function serviceAnnotations(annotations: Annotations): ServiceAnnotations {
  const values = valuesOf(annotations)
  const nativeLB = values.get('service.nativelb')
  return {
    scheme: values.get('service.serversscheme'),
    passHostHeader: values.get('service.passhostheader') !== 'false',
    sticky: section(values, 'service.sticky') ? stickyOf(values, 'service.sticky.cookie') : undefined,
    nativeLB: nativeLB === undefined ? undefined : nativeLB === 'true',
    nodePortLB: values.get('service.nodeportlb') === 'true',
    middlewares: listOf(values.get('service.middlewares')),
  }
}

function stickyOf(values: ReadonlyMap<string, string>, at: string): StickyConfig | undefined {
  if (!section(values, at)) return undefined
  const text = (name: string): string | undefined => values.get(`${at}.${name}`)
  const [name, sameSite, path, domain, maxAge] = [text('name'), text('samesite'), text('path'), text('domain'), text('maxage')]
  return {
    cookie: {
      ...(name && { name }),
      secure: text('secure') === 'true',
      httpOnly: text('httponly') === 'true',
      ...(sameSite && { sameSite }),
      ...(path && { path }),
      ...(domain && { domain }),
      ...(maxAge && { maxAge: Number(maxAge) }),
    },
  }
}
