/**
 * A line of arguments as iptables-restore splits it (xshared.c, add_param_to_argv): blanks separate, double quotes group, a backslash inside
 * quotes takes the next character as it is. Single quotes mean nothing there, and an open quote ends with the line.
 */
export interface Words {
  readonly texts: readonly string[]
  /** 1-based column of each word, for error messages. */
  readonly columns: readonly number[]
}

const SPACE = 32
const TAB = 9
const QUOTE = 34
const BACKSLASH = 92

export function splitWords(line: string): Words {
  const texts: string[] = []
  const columns: number[] = []
  const length = line.length
  let at = 0
  while (at < length) {
    const c = line.charCodeAt(at)
    if (c === SPACE || c === TAB || c === 10 || c === 13) {
      at++
      continue
    }
    const start = at
    while (at < length && !endsPlainWord(line.charCodeAt(at))) at++
    if (line.charCodeAt(at) !== QUOTE) texts.push(line.slice(start, at))
    else at = quotedWord(line, start, at, texts)
    columns.push(start + 1)
  }
  return { texts, columns }
}

const endsPlainWord = (c: number): boolean => c === SPACE || c === TAB || c === QUOTE || c === 10 || c === 13

/** Reads on from the first quote of a word, pushes the word and returns where it ends. */
function quotedWord(line: string, start: number, quote: number, texts: string[]): number {
  let text = line.slice(start, quote)
  let open = false
  let at = quote
  for (; at < line.length; at++) {
    const c = line.charCodeAt(at)
    if (c === QUOTE) open = !open
    else if (open && c === BACKSLASH && at + 1 < line.length) text += line.charAt(++at)
    else if (!open && endsPlainWord(c)) break
    else text += line.charAt(at)
  }
  texts.push(text)
  return at
}

/** A command line as a shell splits it: also single quotes, which take everything as it is, and a backslash outside quotes. Nothing is expanded. */
export function splitShellWords(line: string): Words {
  const texts: string[] = []
  const columns: number[] = []
  let quote = ''
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const c = line.charAt(at)
    if (quote === '' && /\s/.test(c)) {
      if (word !== undefined) texts.push(word)
      word = undefined
      continue
    }
    if (word === undefined) columns.push(at + 1)
    word ??= ''
    if (c === '\\' && quote !== "'" && at + 1 < line.length) word += line.charAt(++at)
    else if (c === quote) quote = ''
    else if (quote === '' && (c === '"' || c === "'")) quote = c
    else word += c
  }
  if (word !== undefined) texts.push(word)
  return { texts, columns }
}

const PLAIN = /^[\w-]+$/

/** As xtables_save_string writes a text that may hold anything. */
export const quoteWord = (text: string): string => (PLAIN.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`)
