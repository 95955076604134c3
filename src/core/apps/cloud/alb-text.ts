/** A load balancer as `aws elbv2 describe-listeners`, `describe-rules`, `describe-target-groups` and `describe-target-health` print it. */
import type { AlbGroup, AlbListener } from '../../cluster/cloud/alb.ts'
import type { AlbAction, AlbCondition } from '../../cluster/cloud/alb-actions.ts'
import type { AlbTargetGroup } from '../../cluster/cloud/alb-target-group.ts'
import type { ConfigText } from '../ingress/config-text.ts'
import { listenerId, ruleId } from './alb-request.ts'
import { type Json, jsonText } from './json-text.ts'
import { endpointId } from './rows.ts'

export const TARGET_GROUPS_FILE = 'target-groups.json'

const arn = (kind: string, name: string): string => `arn:aws:elasticloadbalancing:us-east-1:123456789012:${kind}/${name}`

export const albText = (group: AlbGroup, dnsName: string): ConfigText =>
  jsonText({
    LoadBalancers: [
      {
        LoadBalancerName: group.name,
        DNSName: dnsName,
        Scheme: group.scope === 'external' ? 'internet-facing' : 'internal',
        Type: 'application',
      },
    ],
    Listeners: group.listeners.map((listener) => listenerJson(group, listener)),
  })

const listenerJson = (group: AlbGroup, listener: AlbListener): Json => ({
  at: `listeners ${listenerId(group, listener)}`,
  Port: listener.port,
  Protocol: listener.protocol,
  ...(listener.certificates.length > 0 && { Certificates: listener.certificates.map(({ arn: CertificateArn }) => ({ CertificateArn })) }),
  Rules: [
    ...listener.rules.map((rule) => ({
      at: `routes ${ruleId(group, listener, rule)}`,
      Priority: String(rule.priority),
      Conditions: rule.conditions.map(conditionJson),
      Actions: [actionJson(rule.action)],
      IsDefault: false,
    })),
    {
      at: `routes ${ruleId(group, listener, undefined)}`,
      Priority: 'default',
      Conditions: [],
      Actions: [actionJson(listener.defaultAction)],
      IsDefault: true,
    },
  ],
})

function conditionJson(condition: AlbCondition): Json {
  const { field: Field } = condition
  switch (condition.field) {
    case 'host-header':
      return { Field, HostHeaderConfig: valuesJson(condition) }
    case 'path-pattern':
      return { Field, PathPatternConfig: valuesJson(condition) }
    case 'http-header':
      return { Field, HttpHeaderConfig: { HttpHeaderName: condition.header, ...valuesJson(condition) } }
    case 'http-request-method':
      return { Field, HttpRequestMethodConfig: { Values: condition.values } }
    case 'source-ip':
      return { Field, SourceIpConfig: { Values: condition.values } }
    case 'query-string':
      return { Field, QueryStringConfig: { Values: condition.values.map(({ key, value }) => ({ Key: key, Value: value })) } }
  }
}

const valuesJson = ({
  values,
  regex,
}: {
  readonly values: readonly string[]
  readonly regex?: boolean
}): { readonly [key: string]: Json } => (regex ? { RegexValues: values } : { Values: values })

function actionJson(action: AlbAction): Json {
  switch (action.type) {
    case 'forward':
      return {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: action.groups.map(({ name, weight }) => ({ TargetGroupArn: arn('targetgroup', name), Weight: weight })),
          TargetGroupStickinessConfig: { Enabled: action.stickiness?.enabled === true, DurationSeconds: action.stickiness?.seconds },
        },
      }
    case 'redirect':
      return {
        Type: 'redirect',
        RedirectConfig: {
          Protocol: action.protocol,
          Port: action.port,
          Host: action.host,
          Path: action.path,
          Query: action.query,
          StatusCode: `HTTP_${action.status}`,
        },
      }
    case 'fixed-response':
      return {
        Type: 'fixed-response',
        FixedResponseConfig: { MessageBody: action.body || undefined, StatusCode: String(action.status), ContentType: action.contentType },
      }
  }
}

export const targetGroupsText = (groups: readonly AlbTargetGroup[]): ConfigText => jsonText({ TargetGroups: groups.map(targetGroupJson) })

const targetGroupJson = ({ name, targetType, protocol, version, port, healthCheck, targets, sticky, algorithm }: AlbTargetGroup): Json => ({
  at: `upstreams ${name}`,
  TargetGroupName: name,
  TargetGroupArn: arn('targetgroup', name),
  Protocol: protocol,
  ProtocolVersion: version,
  Port: port,
  TargetType: targetType,
  HealthCheckProtocol: healthCheck.protocol,
  HealthCheckPort: healthCheck.port,
  HealthCheckPath: healthCheck.path,
  Matcher: { [version === 'GRPC' ? 'GrpcCode' : 'HttpCode']: healthCheck.matcher },
  Attributes: [
    { Key: 'stickiness.enabled', Value: String(sticky !== undefined) },
    ...(sticky === undefined ? [] : [{ Key: 'stickiness.lb_cookie.duration_seconds', Value: String(sticky) }]),
    { Key: 'load_balancing.algorithm.type', Value: algorithm },
  ],
  TargetHealthDescriptions: targets.map((target) => ({
    at: `endpoints ${endpointId(name, target)}`,
    Target: { Id: targetType === 'ip' ? target.address : (target.object?.name ?? target.address), Port: target.port },
    TargetHealth: { State: target.healthy ? 'healthy' : 'unhealthy', ...(!target.healthy && { Reason: 'Target.FailedHealthChecks' }) },
  })),
})
