/**
 * Which values of annotations the controller takes (internal/ingress/annotations/parser/validators.go and each annotation's own fields), and what it does with one that it does not take: the usual value
 * instead (`default`), the whole Ingress left out (`skipped`), or its paths answering 503 (`denied`). Checked since v1.12 unless a flag says otherwise; before that only what could not be read at all was wrong.
 */
export type Consequence = 'default' | 'skipped' | 'denied'

interface Rule {
  readonly takes: (value: string) => boolean
  readonly otherwise: Consequence
}

const CHARACTERS = '\\-._~a-zA-Z0-9/:'
const OF_REGEX = '\\^$[\\](){}*+?|&=\\\\'
const BASIC = new RegExp(`^[${CHARACTERS}]*$`)
const REGEX = new RegExp(`^[${CHARACTERS}${OF_REGEX}]*$`)
const URL_TEXT = new RegExp(`^[${CHARACTERS},?&=]*$`)
const WITH_CAPTURE = new RegExp(`^/?[${CHARACTERS}$]*$`)
const HEADERS = /^[A-Za-z0-9-_, ]*$/

const fits =
  (pattern: RegExp, withoutSpaces = false) =>
  (value: string): boolean => {
    const text = withoutSpaces ? value.replaceAll(' ', '') : value
    return pattern.test(text) && !/[\r\n]/.test(text)
  }
const among =
  (words: string, anyCase = false) =>
  (value: string): boolean =>
    words.split(' ').includes(anyCase ? value.trim().toLowerCase() : value.trim())

/** What strconv.ParseBool takes. */
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])
export const boolOf = (value: string): boolean | undefined => (TRUE.has(value) ? true : FALSE.has(value) ? false : undefined)

const isBool = (value: string): boolean => boolOf(value) !== undefined
const isInt = (value: string): boolean => /^[+-]?\d+$/.test(value)
const isSize = fits(/^\d+[bkmg]?$/i, true)
const isServerName = (value: string): boolean => value.split(',').every((each) => REGEX.test(each.trim()))
const isServiceName = (value: string): boolean => value.length < 64 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(value)
const SPAN = /(^0|-?[1-9]\d*$)/
const NEXT_UPSTREAM =
  /^((error|timeout|invalid_header|http_500|http_502|http_503|http_504|http_403|http_404|http_429|non_idempotent|off)\s?)+$/
const HASH_BY = /^[A-Za-z0-9\-_${}]*$/
const ORIGINS = /^((((([a-z]+:\/\/)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?$/

const RULES: readonly (readonly [names: string, takes: Rule['takes'], otherwise: Consequence])[] = [
  ['rewrite-target app-root', fits(WITH_CAPTURE), 'default'],
  ['ssl-redirect force-ssl-redirect preserve-trailing-slash use-regex canary enable-cors cors-allow-credentials', isBool, 'default'],
  ['service-upstream use-port-in-redirects', isBool, 'default'],
  ['session-cookie-secure session-cookie-change-on-failure session-cookie-conditional-samesite-none ssl-passthrough', isBool, 'default'],
  ['canary-weight canary-weight-total cors-max-age limit-burst-multiplier', isInt, 'default'],
  ['canary-by-header canary-by-header-value canary-by-cookie session-cookie-name session-cookie-domain', fits(BASIC, true), 'default'],
  ['canary-by-header-pattern', fits(REGEX), 'default'],
  ['affinity', among('cookie'), 'default'],
  ['affinity-mode', among('balanced persistent'), 'default'],
  ['affinity-canary-behavior', among('sticky legacy'), 'default'],
  ['session-cookie-path', fits(URL_TEXT, true), 'default'],
  ['session-cookie-expires session-cookie-max-age', fits(SPAN), 'default'],
  ['session-cookie-samesite', among('none lax strict', true), 'default'],
  ['proxy-connect-timeout proxy-send-timeout proxy-read-timeout proxy-next-upstream-timeout proxy-next-upstream-tries', isInt, 'default'],
  ['proxy-body-size', isSize, 'default'],
  ['proxy-next-upstream', fits(NEXT_UPSTREAM), 'default'],
  ['backend-protocol', among('auto_http http https grpc grpcs fcgi', true), 'default'],
  ['cors-allow-origin', fits(ORIGINS, true), 'default'],
  ['cors-allow-headers', fits(HEADERS, true), 'default'],
  ['cors-allow-methods', fits(/^([A-Za-z]+,?\s?)+$/, true), 'default'],
  ['cors-expose-headers', fits(/^(([A-Za-z0-9\-_]+|\*),?\s?)+$/, true), 'default'],
  ['from-to-www-redirect relative-redirects', isBool, 'skipped'],
  ['temporal-redirect permanent-redirect', fits(URL_TEXT), 'skipped'],
  ['temporal-redirect-code permanent-redirect-code limit-rps limit-rpm limit-connections', isInt, 'skipped'],
  ['server-alias', isServerName, 'skipped'],
  ['upstream-vhost', isServerName, 'skipped'],
  ['x-forwarded-prefix', fits(WITH_CAPTURE, true), 'skipped'],
  ['upstream-hash-by', fits(HASH_BY, true), 'skipped'],
  ['load-balance', among('round_robin chash chashsubset sticky_balanced sticky_persistent ewma'), 'skipped'],
  ['default-backend', isServiceName, 'skipped'],
  ['auth-type', fits(/basic|digest/), 'skipped'],
  ['auth-secret', fits(BASIC, true), 'default'],
  ['auth-secret-type', fits(/auth-file|auth-map/, true), 'skipped'],
  ['auth-realm', fits(new RegExp(`^[${CHARACTERS} ]*$`)), 'skipped'],
]

const BY_NAME: ReadonlyMap<string, Rule> = new Map(
  RULES.flatMap(([names, takes, otherwise]) => names.split(' ').map((name) => [name, { takes, otherwise }] as const)),
)

/** What becomes of a value that is not taken; undefined for one that is. Lists of addresses are judged where they are read. */
export function refusalOf(name: string, value: string): Consequence | undefined {
  const rule = BY_NAME.get(name)
  return rule && value !== '' && !rule.takes(value) ? rule.otherwise : undefined
}

/** Annotations of critical risk, and the group that the controller calls each by. */
export const SNIPPETS: ReadonlyMap<string, string> = new Map([
  ['configuration-snippet', 'ConfigurationSnippet'],
  ['server-snippet', 'ServerSnippet'],
  ['stream-snippet', 'StreamSnippet'],
  ['modsecurity-snippet', 'ModSecurity'],
  ['auth-snippet', 'ExternalAuth'],
])
