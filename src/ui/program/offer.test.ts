import { describe, expect, it } from 'vitest'
import { offersFor } from './offer.tsx'

describe('controllers that are offered', () => {
  it.each([
    ['none', '', ['Traefik', 'HAProxy', 'Contour']],
    ['none', 'nginx', ['ingress-nginx']],
    ['none', 'traefik', ['Traefik']],
    ['none', 'of-nobody', []],
    ['class-missing', 'haproxy', ['HAProxy']],
    ['class-missing', 'of-nobody', []],
    ['no-class', '', []],
  ] as const)('where the reason is %s and the class %j: %j', (why, named, names) => {
    const params = { why, class: named, controllers: '' }
    expect(offersFor({ params }).map(({ name }) => name)).toEqual(names)
  })
})
