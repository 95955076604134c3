/** JSON as the clouds' command lines print it, with its lines known: the key `at` of an object is where the object stands and is not printed. */
import { ConfigText } from '../ingress/config-text.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

export function jsonText(value: Json): ConfigText {
  const out = new ConfigText('    ')
  print(out, '', value, '')
  return out
}

function print(out: ConfigText, before: string, value: Json, after: string): void {
  if (typeof value !== 'object' || value === null) {
    out.line(`${before}${JSON.stringify(value)}${after}`)
    return
  }
  const list = isList(value)
  const [open, close] = list ? ['[', ']'] : ['{', '}']
  const entries: readonly (readonly [string, Json])[] = list
    ? value.map((each) => ['', each] as const)
    : Object.entries(value).flatMap(([key, each]) =>
        key === 'at' || each === undefined ? [] : [[`${JSON.stringify(key)}: `, each] as const],
      )
  if (!list && typeof value['at'] === 'string') out.place(value['at'])
  if (entries.length === 0) {
    out.line(`${before}${open}${close}${after}`)
    return
  }
  out.block(
    `${before}${open}`,
    () => entries.forEach(([key, each], i) => print(out, key, each, i < entries.length - 1 ? ',' : '')),
    `${close}${after}`,
  )
}
