/** What annotations of the AWS Load Balancer Controller say of actions and conditions (pkg/ingress config_types.go, enhanced_backend_builder.go): JSON, with its errors in the controller's words. */
import { isRecord } from '../../api/schema.ts'
import { fail, ok, type Result } from '../../base/result.ts'

export type AlbAction =
  | {
      readonly type: 'forward'
      readonly groups: readonly AlbForward[]
      readonly stickiness?: { readonly enabled: boolean; readonly seconds: number }
    }
  | {
      readonly type: 'redirect'
      readonly host: string
      readonly path: string
      readonly port: string
      readonly protocol: string
      readonly query: string
      readonly status: number
    }
  | { readonly type: 'fixed-response'; readonly contentType: string; readonly body: string; readonly status: number }

/** `service` and `port` as the annotation has them; `name` of the target group once it is known. */
export interface AlbForward {
  readonly service: string
  readonly port: string
  readonly weight: number
  readonly name: string
}

export type AlbCondition =
  | { readonly field: 'host-header' | 'path-pattern'; readonly values: readonly string[]; readonly regex?: boolean }
  | { readonly field: 'http-header'; readonly header: string; readonly values: readonly string[]; readonly regex?: boolean }
  | { readonly field: 'http-request-method' | 'source-ip'; readonly values: readonly string[] }
  | { readonly field: 'query-string'; readonly values: readonly { readonly key?: string; readonly value: string }[] }

export const PREFIX = 'alb.ingress.kubernetes.io/'
export type Annotations = Readonly<Record<string, string>>

function json(annotations: Annotations, key: string): Result<unknown, string> {
  const text = annotations[PREFIX + key]
  if (text === undefined) return ok(undefined)
  try {
    return ok(JSON.parse(text) as unknown)
  } catch (error) {
    if (error instanceof SyntaxError) return fail(`failed to parse json annotation, ${PREFIX}${key}: ${text}: invalid character`)
    throw error
  }
}

const text = (value: unknown, other = ''): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : other)
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map((each: unknown) => text(each)) : [])

/** `actions.NAME`; undefined where there is none. */
export function actionOf(annotations: Annotations, name: string): Result<AlbAction | undefined, string> {
  const read = json(annotations, `actions.${name}`)
  if (!read.ok) return read
  const { value } = read
  if (value === undefined) return ok(undefined)
  if (!isRecord(value)) return fail(`failed to parse json annotation, ${PREFIX}actions.${name}`)
  const type = text(value['type'] ?? value['Type'])
  switch (type) {
    case 'fixed-response':
      return fixedResponse(value['fixedResponseConfig'] ?? value['FixedResponseConfig'])
    case 'redirect':
      return redirect(value['redirectConfig'] ?? value['RedirectConfig'])
    case 'forward':
      return forward(value)
    default:
      return fail(`unknown action type: ${type}`)
  }
}

function fixedResponse(config: unknown): Result<AlbAction, string> {
  if (!isRecord(config)) return fail('missing FixedResponseConfig')
  const { statusCode, contentType, messageBody } = lowered(config)
  if (text(statusCode) === '') return fail('invalid FixedResponseConfig: statusCode is required')
  return ok({
    type: 'fixed-response',
    contentType: text(contentType, 'text/plain'),
    body: text(messageBody),
    status: Number(text(statusCode)),
  })
}

/** Go reads names of fields whatever their case. */
const lowered = (config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]))

function redirect(config: unknown): Result<AlbAction, string> {
  if (!isRecord(config)) return fail('missing RedirectConfig')
  const { statusCode, host, path, port, protocol, query } = lowered(config)
  if (text(statusCode) === '') return fail('invalid RedirectConfig: statusCode is required')
  return ok({
    type: 'redirect',
    host: text(host, '#{host}'),
    path: text(path, '/#{path}'),
    port: text(port, '#{port}'),
    protocol: text(protocol, '#{protocol}'),
    query: text(query, '#{query}'),
    status: text(statusCode) === 'HTTP_301' ? 301 : 302,
  })
}

function forward(value: Readonly<Record<string, unknown>>): Result<AlbAction, string> {
  const { targetGroupARN, targetGroupName, forwardConfig } = lowered(value)
  if (targetGroupARN !== undefined || targetGroupName !== undefined)
    return ok({ type: 'forward', groups: [{ service: '', port: '', weight: 1, name: text(targetGroupName ?? targetGroupARN) }] })
  if (!isRecord(forwardConfig)) return fail('missing ForwardConfig or TargetGroupARN/TargetGroupName')
  const { targetGroups, targetGroupStickinessConfig } = lowered(forwardConfig)
  const tuples = Array.isArray(targetGroups) ? targetGroups.filter(isRecord).map(lowered) : []
  const groups: AlbForward[] = []
  for (const { serviceName, servicePort, weight, targetGroupARN: arn, targetGroupName: name } of tuples) {
    const wrong = (why: string): Result<AlbAction, string> => fail(`invalid ForwardConfig: invalid TargetGroupTuple: ${why}`)
    if (serviceName === undefined && arn === undefined && name === undefined)
      return wrong('missing serviceName or targetGroupARN/targetGroupName')
    if (serviceName !== undefined && servicePort === undefined) return wrong('missing servicePort')
    if (tuples.length > 1 && weight === undefined)
      return fail('invalid ForwardConfig: weight must be set when route to multiple target groups')
    groups.push({ service: text(serviceName), port: text(servicePort), weight: Number(text(weight, '1')), name: text(name ?? arn) })
  }
  if (!isRecord(targetGroupStickinessConfig)) return ok({ type: 'forward', groups })
  const { enabled, durationSeconds } = lowered(targetGroupStickinessConfig)
  return ok({ type: 'forward', groups, stickiness: { enabled: enabled === true, seconds: Number(text(durationSeconds, '0')) } })
}

/** `conditions.NAME`. */
export function conditionsOf(annotations: Annotations, name: string): Result<readonly AlbCondition[], string> {
  const read = json(annotations, `conditions.${name}`)
  if (!read.ok) return read
  if (read.value === undefined) return ok([])
  if (!Array.isArray(read.value)) return fail(`failed to parse json annotation, ${PREFIX}conditions.${name}`)
  const conditions: AlbCondition[] = []
  for (const each of read.value.filter(isRecord).map(lowered)) {
    const made = condition(each)
    if (!made.ok) return made
    conditions.push(made.value)
  }
  return ok(conditions)
}

const CONFIG = {
  'host-header': 'hostHeaderConfig',
  'path-pattern': 'pathPatternConfig',
  'http-header': 'httpHeaderConfig',
  'http-request-method': 'httpRequestMethodConfig',
  'query-string': 'queryStringConfig',
  'source-ip': 'sourceIPConfig',
} as const
const isField = (name: string): name is keyof typeof CONFIG => Object.hasOwn(CONFIG, name)

function condition(each: Readonly<Record<string, unknown>>): Result<AlbCondition, string> {
  const field = text(each['field'])
  if (!isField(field)) return fail(`unknown condition field: ${field}`)
  const config = each[CONFIG[field]] ?? each[CONFIG[field].replace('Ip', 'IP')]
  if (!isRecord(config)) return fail(`missing ${CONFIG[field]}`)
  const { values, regexValues, httpHeaderName } = lowered(config)
  const [plain, regex] = [texts(values), texts(regexValues)]
  const wrong = (why: string): Result<AlbCondition, string> => fail(`invalid ${CONFIG[field]}: ${why}`)
  switch (field) {
    case 'host-header':
    case 'path-pattern':
    case 'http-header': {
      if (plain.length === 0 && regex.length === 0) return wrong('values or regexValues must be specified')
      if (plain.length > 0 && regex.length > 0) return wrong('precisely one of values and regexValues can be specified')
      const found = regex.length > 0 ? { values: regex, regex: true } : { values: plain }
      return ok(field === 'http-header' ? { field, header: text(httpHeaderName), ...found } : { field, ...found })
    }
    case 'http-request-method':
    case 'source-ip':
      return plain.length === 0 ? wrong('values cannot be empty') : ok({ field, values: plain })
    case 'query-string': {
      const pairs = (Array.isArray(values) ? values : []).filter(isRecord).map(lowered)
      if (pairs.length === 0) return wrong('Values cannot be empty')
      if (pairs.some(({ value }) => text(value) === '')) return wrong('value cannot be empty')
      return ok({ field, values: pairs.map(({ key, value }) => ({ ...(key !== undefined && { key: text(key) }), value: text(value) })) })
    }
  }
}
