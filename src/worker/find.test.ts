import { describe, expect, it } from 'vitest'
import { bigCluster } from './testdata/many-pods.ts'
import { find } from './find.ts'

const cluster = bigCluster(2000)
const ids = (text: string, limit = 40): readonly string[] => find(cluster, text, limit).map(({ id }) => id)

describe('search in the whole cluster', () => {
  it('reaches the last of thousands', () => {
    expect(ids('many-1999')).toEqual(['pod/default/many-1999'])
  })

  it('by address', () => {
    expect(ids('10.0.7.207')).toEqual(['pod/default/many-1999'])
  })

  it('by several words, no more than asked for', () => {
    expect(ids('pod many-12', 5)).toHaveLength(5)
    expect(ids('pod nothing')).toEqual([])
    expect(ids('  ')).toEqual([])
  })

  it('has names that begin so first', () => {
    expect(ids('node')[0]).toBe('node/node-1')
  })

  it('of hosts outside too', () => {
    expect(ids('external').length).toBeGreaterThan(0)
  })
})
