/**
 * Formats of names, labels and addresses with the complaints of apimachinery (staging/src/k8s.io/apimachinery/pkg/util/validation, v1.30).
 */
import { parseIpv4 } from '../net/ip.ts'

export type Format =
  | 'dns1123Label'
  | 'dns1123Subdomain'
  | 'dns1035Label'
  | 'labelKey'
  | 'labelValue'
  | 'portName'
  | 'ip'
  | 'ipv4'
  | 'cidr'
  | 'clusterIP'
  | 'configKey'

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'

interface Shape {
  readonly pattern: RegExp
  readonly longest: number
  readonly message: string
}

const explained = (text: string, examples: readonly string[], pattern: string): string =>
  `${text} (e.g. ${examples.map((each) => `'${each}'`).join(', or ')}, regex used for validation is '${pattern}')`

const SHAPES = {
  dns1123Label: {
    pattern: new RegExp(`^${LABEL}$`),
    longest: 63,
    message: explained(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
      ['my-name', '123-abc'],
      LABEL,
    ),
  },
  dns1123Subdomain: {
    pattern: new RegExp(`^${SUBDOMAIN}$`),
    longest: 253,
    message: explained(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      ['example.com'],
      SUBDOMAIN,
    ),
  },
  dns1035Label: {
    pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    longest: 63,
    message: explained(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      ['my-name', 'abc-123'],
      '[a-z]([-a-z0-9]*[a-z0-9])?',
    ),
  },
  labelValue: {
    pattern: new RegExp(`^(${QUALIFIED})?$`),
    longest: 63,
    message: explained(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      ['MyValue', 'my_value', '12345'],
      `(${QUALIFIED})?`,
    ),
  },
  configKey: {
    pattern: /^[-._a-zA-Z0-9]+$/,
    longest: 253,
    message: explained(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      ['key.name', 'KEY_NAME', 'key-name'],
      '[-._a-zA-Z0-9]+',
    ),
  },
} satisfies Record<string, Shape>

const NAME_PART: Shape = {
  pattern: new RegExp(`^${QUALIFIED}$`),
  longest: 63,
  message: explained(
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    ['MyName', 'my.name', '123-abc'],
    QUALIFIED,
  ),
}

/** What is wrong with `value`, as the API server would say it; undefined when nothing is. */
export function complaint(format: Format, value: string): string | undefined {
  switch (format) {
    case 'dns1123Label':
    case 'dns1123Subdomain':
    case 'dns1035Label':
    case 'labelValue':
    case 'configKey':
      return misshapen(SHAPES[format], value)
    case 'labelKey':
      return labelKeyComplaint(value)
    case 'portName':
      return portNameComplaint(value)
    case 'ip':
      return ipFamily(value) ? undefined : 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
    case 'ipv4':
      return parseIpv4(value) ? undefined : 'must be a valid IPv4 address'
    case 'cidr':
      return cidrFamily(value) ? undefined : 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
    case 'clusterIP':
      return value === '' || value === 'None' || ipFamily(value) ? undefined : "must be empty, 'None', or a valid IP address"
  }
}

function misshapen(shape: Shape, value: string): string | undefined {
  if (value.length > shape.longest) return `must be no more than ${shape.longest} characters`
  return shape.pattern.test(value) ? undefined : shape.message
}

function labelKeyComplaint(key: string): string | undefined {
  const slash = key.indexOf('/')
  if (slash !== key.lastIndexOf('/'))
    return explained(
      `a qualified name ${NAME_PART.message.slice('name part '.length).replace(/ \(e\.g\..*/, '')} with an optional DNS subdomain prefix and '/'`,
      ['example.com/MyName'],
      QUALIFIED,
    )
  if (slash === 0) return 'prefix part must be non-empty'
  if (slash > 0) {
    const prefix = misshapen(SHAPES.dns1123Subdomain, key.slice(0, slash))
    if (prefix) return `prefix part ${prefix}`
  }
  const name = key.slice(slash + 1)
  if (name === '') return 'name part must be non-empty'
  return misshapen(NAME_PART, name)
}

/** IsWildcardDNS1123Subdomain: one star, in place of the first label. */
export function wildcardComplaint(value: string): string | undefined {
  if (value.length > 253) return 'must be no more than 253 characters'
  if (new RegExp(`^\\*\\.${SUBDOMAIN}$`).test(value)) return undefined
  return explained(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    ['*.example.com'],
    `\\*\\.${SUBDOMAIN}`,
  )
}

/** IANA_SVC_NAME of RFC 6335, what container and service target port names are. */
function portNameComplaint(name: string): string | undefined {
  if (name.length > 15) return 'must be no more than 15 characters'
  if (!/^[-a-z0-9]+$/.test(name)) return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'
  if (!/[a-z]/.test(name)) return 'must contain at least one letter (a-z)'
  if (name.includes('--')) return 'must not contain consecutive hyphens'
  if (name.startsWith('-') || name.endsWith('-')) return 'must not begin or end with a hyphen'
  return undefined
}

/** Family of an address in text; undefined when it is none. IPv6 is recognised so that dual-stack objects load; nothing computes with it yet. */
export function ipFamily(text: string): 'IPv4' | 'IPv6' | undefined {
  if (parseIpv4(text)) return 'IPv4'
  return isIpv6(text) ? 'IPv6' : undefined
}

export function cidrFamily(text: string): 'IPv4' | 'IPv6' | undefined {
  const [, address, length] = /^([^/]+)\/(\d{1,3})$/.exec(text.trim()) ?? []
  const family = ipFamily(address ?? '')
  if (!family) return undefined
  return Number(length) <= (family === 'IPv4' ? 32 : 128) ? family : undefined
}

/** RFC 4291, section 2.2: eight groups, one `::` at most, the last two groups possibly dotted. */
function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2 || !text.includes(':')) return false
  const tail = /[^:]+\.[^:]+$/.exec(text)?.[0]
  if (tail !== undefined && !parseIpv4(tail)) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const hex = tail === undefined ? groups : groups.slice(0, -1)
  if (!hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  const count = groups.length + (tail === undefined ? 0 : 1)
  return halves.length === 2 ? count < 8 : count === 8
}
