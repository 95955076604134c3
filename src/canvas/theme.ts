/** Colours of the map. Each is read from a custom property of the page (`--canvas-chassis` for `chassis`), so that themes live in one place. */
export interface Theme {
  readonly dark: boolean
  readonly background: string
  readonly chassis: string
  /** Behind the netfilter diagram. */
  readonly well: string
  readonly hairline: string
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly faint: string
  readonly request: string
  readonly reply: string
  readonly encapsulated: string
  /** Text on or beside the amber of a tunnel. */
  readonly encapsulatedText: string
  readonly translated: string
  readonly dropped: string
  readonly warning: string
  readonly onColour: string
  readonly accent: string
  readonly ready: string
  readonly waiting: string
  readonly sans: string
  readonly mono: string
}

type Colours = Omit<Theme, 'dark' | 'sans' | 'mono'>

const LIGHT: Colours = {
  background: '#f7f8fa',
  chassis: '#ffffff',
  well: '#f8f9fb',
  hairline: '#e4e7ec',
  line: '#c3c9d3',
  text: '#1b1f27',
  muted: '#5b6270',
  faint: '#8b93a1',
  request: '#0b64d8',
  reply: '#06776c',
  encapsulated: '#f2a60d',
  encapsulatedText: '#8a4b00',
  translated: '#c01c85',
  dropped: '#d0232b',
  warning: '#b45309',
  onColour: '#ffffff',
  accent: '#0b64d8',
  ready: '#2b9a5a',
  waiting: '#9aa1ad',
}

const DARK: Colours = {
  background: '#0d0f13',
  chassis: '#15181e',
  well: '#111419',
  hairline: '#262b34',
  line: '#454d5a',
  text: '#eceef2',
  muted: '#a3abb9',
  faint: '#737c8c',
  request: '#4d9dff',
  reply: '#2fcdb9',
  encapsulated: '#ffb82e',
  encapsulatedText: '#ffce6b',
  translated: '#ff6fbf',
  dropped: '#ff6b6b',
  warning: '#ffce6b',
  onColour: '#08111f',
  accent: '#4d9dff',
  ready: '#3fbf7f',
  waiting: '#6d7685',
}

const SANS = '"Inter Variable", Inter, system-ui, sans-serif'
const MONO = '"JetBrains Mono Variable", "JetBrains Mono", ui-monospace, monospace'

/** What the page says, and where it says nothing a palette that suits its colour scheme. */
export function readTheme(container: HTMLElement): Theme {
  const style = getComputedStyle(container)
  const dark = isDark(style.colorScheme)
  const fallback = dark ? DARK : LIGHT
  // A property may hold light-dark() or another var(), which a canvas does not take: an element resolves it.
  const probe = document.createElement('span')
  container.append(probe)
  const resolve = (name: string, otherwise: string): string => {
    probe.style.color = `var(--canvas-${kebab(name)}, ${otherwise})`
    return getComputedStyle(probe).color || otherwise
  }
  const colours: { -readonly [Name in keyof Colours]: string } = { ...fallback }
  for (const name of Object.keys(fallback) as (keyof Colours)[]) colours[name] = resolve(name, fallback[name])
  probe.remove()
  return {
    ...colours,
    dark,
    sans: style.getPropertyValue('--font-sans').trim() || SANS,
    mono: style.getPropertyValue('--font-mono').trim() || MONO,
  }
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function isDark(scheme: string): boolean {
  if (scheme === 'dark') return true
  if (scheme === 'light') return false
  return matchMedia('(prefers-color-scheme: dark)').matches
}

/** The shades of an app's hue: pale for the tile, strong for its edge. OKLCH, so that all hues weigh the same to the eye. */
export interface Shades {
  readonly fill: string
  readonly edge: string
  readonly strong: string
  /** The whole pod, where it is too small for an edge. */
  readonly mark: string
}

const SHADES = new Map<string, Shades>()

export function shadesOf(theme: Theme, hue: number): Shades {
  const key = `${theme.dark} ${hue}`
  const known = SHADES.get(key)
  if (known) return known
  const shades = theme.dark
    ? {
        fill: `oklch(0.295 0.04 ${hue})`,
        edge: `oklch(0.42 0.06 ${hue})`,
        strong: `oklch(0.72 0.13 ${hue})`,
        mark: `oklch(0.56 0.095 ${hue})`,
      }
    : {
        fill: `oklch(0.965 0.022 ${hue})`,
        edge: `oklch(0.865 0.05 ${hue})`,
        strong: `oklch(0.64 0.135 ${hue})`,
        mark: `oklch(0.77 0.095 ${hue})`,
      }
  SHADES.set(key, shades)
  return shades
}

export const withAlpha = (colour: string, alpha: number): string => `color-mix(in srgb, ${colour} ${Math.round(alpha * 100)}%, transparent)`
