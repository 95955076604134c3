import { describe, expect, it } from 'vitest'
import { readFiles } from './files.ts'

const file = (name: string, ...parts: BlobPart[]) => new File(parts, name)

describe('reading what was given', () => {
  it.each<readonly [string, File, string | undefined]>([
    ['text', file('a.yaml', 'kind: Pod\n'), 'kind: Pod\n'],
    ['UTF-8 with a byte order mark', file('b.yaml', new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), 'a'],
    ['other scripts', file('c.yaml', '# 集群'), '# 集群'],
    ['nothing', file('d.yaml'), ''],
    ['zero bytes', file('e.bin', 'PNG\0'), undefined],
    ['what is not UTF-8', file('f.bin', new Uint8Array([0xff, 0xfe, 0x41])), undefined],
  ])('%s', async (_, given, text) => {
    const { files, unreadable } = await readFiles([given])
    expect(files).toEqual(text === undefined ? [] : [{ name: given.name, text }])
    expect(unreadable).toEqual(text === undefined ? [given.name] : [])
  })
})
