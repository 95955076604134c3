import type { edit } from './en-edit.ts'
import type { editor } from './en-editor.ts'
import type { findings } from './en-findings.ts'
import type { player } from './en-player.ts'
import type { programs } from './en-programs.ts'
import type { requests } from './en-requests.ts'
import type { samples } from './en-samples.ts'
import type { settings } from './en-settings.ts'
import type { share } from './en-share.ts'
import type { steps } from './en-steps.ts'
import type { tables } from './en-tables.ts'
import type { views } from './en-views.ts'
import { en } from './en.ts'

type Texts = typeof en &
  typeof tables &
  typeof requests &
  typeof settings &
  typeof share &
  typeof steps &
  typeof samples &
  typeof views &
  typeof edit &
  typeof findings &
  typeof editor &
  typeof player &
  typeof programs

/**
 * Every text of the interface is a key of a catalogue. A second language is a second object with the same keys; nothing else changes.
 * Placeholders stand in braces, `{name}`; a key that ends in `.one` has a twin that ends in `.other` and is asked for by `count`.
 */
export type Catalogue = { readonly [K in keyof Texts]: string }
export type MessageKey = keyof Catalogue

/** The names in braces of a message, as a union. */
type Placeholders<S extends string> = S extends `${string}{${infer P}}${infer Rest}` ? P | Placeholders<Rest> : never
type ParamsOf<K extends MessageKey> = Placeholders<Texts[K]>
export type Params = Readonly<Record<string, string | number>>

type CountedStem = MessageKey extends infer K ? (K extends `${infer Stem}.one` ? Stem : never) : never

const LANGUAGES: Readonly<Record<string, Partial<Record<MessageKey, string>>>> = { en: { ...en } }
let language = 'en'
let plural = new Intl.PluralRules(language)

export const languages = (): readonly string[] => Object.keys(LANGUAGES)

export function setLanguage(tag: string): void {
  if (!(tag in LANGUAGES)) return
  language = tag
  plural = new Intl.PluralRules(tag)
}

/**
 * Texts of a part of the page that is loaded after the first map: the part adds them before it renders. A text asked for earlier shows as its key, and
 * `has` says that it is not there yet.
 */
export function addTexts(texts: Partial<Record<MessageKey, string>>, tag = 'en'): void {
  Object.assign(LANGUAGES[tag] ?? {}, texts)
}

/** The message in the current language, with its parameters put in. */
export function t<K extends MessageKey>(
  key: K,
  ...params: [ParamsOf<K>] extends [never] ? [] : [Readonly<Record<ParamsOf<K>, string | number>>]
): string {
  return fill(key, params[0] ?? {})
}

/** Keys that come from the core as data (explanations, fidelity, problems): parameters cannot be checked by the compiler, the catalogue's test does. */
export const tell = (key: MessageKey, params: Params): string => fill(key, params)

/** `3 pods`: picks the plural form that the language has for this number. */
export function count<S extends CountedStem>(stem: S, n: number): string {
  const form = `${stem}.${plural.select(n)}`
  return fill(form in catalogue() ? (form as MessageKey) : (`${stem}.other` as MessageKey), { count: number(n) })
}

/** A number as the language groups its digits; what has nothing to group need not wait for the browser's tables. */
export const number = (n: number): string => (n >= 0 && n < 1000 ? String(n) : n.toLocaleString(language))

export const has = (key: string): key is MessageKey => key in catalogue()

const catalogue = (): Partial<Catalogue> => LANGUAGES[language] ?? en

function fill(key: MessageKey, params: Params): string {
  // A key that no catalogue has is a defect, but no reason to show nothing.
  return (catalogue()[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole))
}
