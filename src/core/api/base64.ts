/** RFC 4648, section 4, with padding, as Go's base64.StdEncoding has it: line ends are skipped, everything else that does not belong is an error. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function encodeBase64(bytes: readonly number[]): string {
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]]
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    const digit = (shift: number): string => ALPHABET.charAt((word >> shift) & 63)
    out += digit(18) + digit(12) + (b === undefined ? '=' : digit(6)) + (c === undefined ? '=' : digit(0))
  }
  return out
}

/** The bytes, or at which byte of the text it stopped making sense. */
export function decodeBase64(text: string): { readonly bytes: readonly number[] } | { readonly corruptAt: number } {
  const bytes: number[] = []
  let [word, digits, padding] = [0, 0, 0]
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\n' || char === '\r') continue
    if (char === '=') {
      padding++
      if (digits % 4 < 2 || (digits % 4) + padding > 4) return { corruptAt: at }
      continue
    }
    const value = ALPHABET.indexOf(char)
    if (value < 0 || padding > 0) return { corruptAt: at }
    word = ((word << 6) | value) & 0xffffff
    digits++
    if (digits % 4 === 0) bytes.push(word >> 16, (word >> 8) & 255, word & 255)
  }
  const rest = digits % 4
  if (rest === 1 || (rest > 0 && rest + padding !== 4) || (rest === 0 && padding > 0)) return { corruptAt: text.length }
  if (rest === 2) bytes.push((word >> 4) & 255)
  if (rest === 3) bytes.push((word >> 10) & 255, (word >> 2) & 255)
  return { bytes }
}

/** UTF-8 (RFC 3629), for core has no TextEncoder. */
export function utf8Bytes(text: string): readonly number[] {
  const bytes: number[] = []
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  }
  return bytes
}

/** Bytes that are text; those above 127 one character each, which is enough for PEM. */
export const latin1 = (bytes: readonly number[]): string => {
  let out = ''
  for (const byte of bytes) out += String.fromCharCode(byte)
  return out
}
