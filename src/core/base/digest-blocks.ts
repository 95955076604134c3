/** The message of MD5 and SHA-1 in blocks of 64 bytes: each character a byte, then a bit, then its length in bits, which the two write the other way round. */
export function digestBlocks(text: string, littleEndian: boolean): DataView {
  const { length } = text
  const bytes = new Uint8Array((((length + 8) >>> 6) + 1) * 64)
  for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i)
  bytes[length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setUint32(bytes.length - (littleEndian ? 8 : 4), length * 8, littleEndian)
  return view
}

export const rotate = (word: number, by: number): number => ((word << by) | (word >>> (32 - by))) >>> 0
