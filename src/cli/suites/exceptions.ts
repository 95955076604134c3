/** Cases that contradict what is modelled, each with its reason. Key: folder and the case's id; where a program is named in between, it is excused alone. */
const NO_MIRRORS = 'Traefik has no such filter (its own list of features): the route answers 500'
const ONE_OR_MORE = 'a star of Kong stands for one or more labels (its documentation of hosts)'
const NO_TIMEOUTS = 'Traefik does not read timeouts of routes'
const NO_RETRIES = 'Traefik does not read retries of routes'

export const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['ingress traefikWithExternalNameServices-00', 'upstream runs it without allowExternalNameServices, which the case says is on'],
  ['ingress traefikWithExternalNameServices-02', 'upstream runs it without allowExternalNameServices, which the case says is on'],
  [
    'flannel masquerade test-input',
    'its test hands in a network with an address inside, which flannel itself never has; it asserts the count alone',
  ],
  ['cni seq-requested', 'addresses that a pod asks for are not simulated'],
  ['ingress kong host_rules-04', ONE_OR_MORE],
  ['ingress kong docs-host-1', ONE_OR_MORE],
  ['gateway-api HTTPRouteReferenceGrant 1', 'the request after the test has deleted its ReferenceGrant, which rows do not tell'],
  [
    'gateway-api traefik HTTPRouteMultipleGateways',
    'all Gateways of one Traefik share its entry points, and so their routes for the same host and path',
  ],
  ['gateway-api traefik HTTPRouteRequestMirror', NO_MIRRORS],
  ['gateway-api traefik HTTPRouteRequestMultipleMirrors', NO_MIRRORS],
  ['gateway-api traefik HTTPRouteRequestPercentageMirror', NO_MIRRORS],
  ['gateway-api traefik HTTPRouteTimeoutRequest', NO_TIMEOUTS],
  ['gateway-api traefik HTTPRouteTimeoutBackendRequest', NO_TIMEOUTS],
  ['gateway-api traefik HTTPRouteRetry', NO_RETRIES],
  ['gateway-api traefik HTTPRouteRetryConnectionError', NO_RETRIES],
  ['gateway-api traefik HTTPRouteRetryWithTimeouts', NO_RETRIES],
  [
    'gateway-api traefik HTTPRouteHTTPSListenerDetectMisdirectedRequests',
    'Traefik does not compare a request with the server name of its connection (421), its list of features has no such entry',
  ],
  [
    'gateway-api contour HTTPRouteRedirectPortAndScheme',
    "Envoy leaves a redirect's port out where only the host is another one; Contour's own run of the tests skips this one for it (envoy issue 17318)",
  ],
  [
    'gateway-api contour HTTPRouteRequestPercentageMirror',
    'Contour copies every request, as its own run of the tests says (contour issue 7021)',
  ],
  ['gateway-api contour HTTPRouteCORS', 'Contour knows no such filter: it says so in the status, and routes as if it were not there'],
  [
    'gateway-api contour HTTPRouteNoBackendRefs',
    'Contour leaves out rules that have neither backends nor a redirect, so that others take their requests',
  ],
  ['gateway-api contour HTTPRouteBackendURLRewrite', 'Contour rewrites URLs by rules, not by backends: the route is not accepted'],
  ['gateway-api contour HTTPRouteBackendRequestRedirect', 'Contour redirects by rules, not by backends: the route is not accepted'],
])
