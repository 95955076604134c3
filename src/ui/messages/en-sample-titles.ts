/** Names of the samples in public/scenarios: apart from their hints, since the bar shows one at once. */
export const sampleTitles = {
  'sample.shop.title': 'A small shop',
  'sample.nodePort.title': 'In from outside: NodePort',
  'sample.localPolicy.title': 'externalTrafficPolicy: Local',
  'sample.headless.title': 'Headless Service, StatefulSet',
  'sample.affinity.title': 'Session affinity',
  'sample.noEndpoints.title': 'A Service without endpoints',
  'sample.udp.title': 'A name server on UDP',
  'sample.myApp.title': 'Internal and NodePort side by side',
  'sample.nodeJs.title': 'A Service without a type',
  'sample.dotnet.title': 'Three kinds of Service',
} as const
