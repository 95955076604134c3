import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { apply, journey, type JourneyText, start } from './engine.ts'
import { journeyStory } from './sim/journey-story.ts'

const sample = (name: string): string => readFileSync(new URL(`../../public/scenarios/${name}.yaml`, import.meta.url), 'utf8')

function tale(name: string, asked: JourneyText): readonly string[] {
  const { simulation } = apply(start({ loadBalancer: 'cloud' }), [{ name: 'a.yaml', text: sample(name) }])
  const done = journey(simulation, asked)
  if (!done.ok) throw new Error(done.error.message)
  return journeyStory(done.value.conversation).map(({ key, netns, params }) =>
    [
      key,
      netns.replace(/-[0-9a-f]{7,10}(-\w{5})?$/, ''),
      ...Object.values(params).map((value) => String(value).replace(/\b10\.[\d.]+/g, 'IP')),
    ].join(' '),
  )
}

it('of a request to a Service: where the address is exchanged, and who answers', () => {
  expect(tale('shop', { from: 'pod/default/curl', url: 'http://web/' })).toEqual([
    'resolves p-default-curl web IP',
    'connects p-default-curl IP:80',
    'translates-for node-1 IP:8080 Service default/web',
    'asks p-default-curl GET / web',
    'answers p-default-web 200 OK',
  ])
})

it('of a request through a proxy: its decision and its own connection lie between question and answer', () => {
  const resolve = [{ host: 'shop.example.com', port: 443, address: '203.0.113.241' as never }]
  const asked = { from: 'external/client', url: 'https://shop.example.com/api/x', resolve, insecure: true }
  expect(tale('ingress-nginx', asked).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'resolves client',
    'connects client',
    'translates-for router',
    'translates-for node-3',
    'secures p-ingress-nginx-ingress-nginx-controller',
    'asks client',
    'decides-by p-ingress-nginx-ingress-nginx-controller',
    'connects-on p-ingress-nginx-ingress-nginx-controller',
    'answers p-default-api',
    'passes-back p-ingress-nginx-ingress-nginx-controller',
  ])
})

it.each([
  ['shop', 'http://10.99.99.99/', ['connects', 'silent']],
  ['no-endpoints', 'http://web/', ['resolves', 'connects', 'refused']],
])('of a request that ends early in %s, %s: how far it comes', (name, url, keys) => {
  expect(tale(name, { from: 'pod/default/curl', url, connectTimeout: 3 }).map((line) => line.split(' ')[0])).toEqual(keys)
})
