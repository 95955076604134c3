/** Workloads (k8s.io/api/apps/v1, batch/v1, v1.30). */
import { kindOf, LABEL_SELECTOR } from './meta-schema.ts'
import { POD_TEMPLATE } from './pod-schema.ts'
import { object, opaque, opaques, string } from './schema.ts'

const count = { kind: 'integer', range: [0, Number.MAX_SAFE_INTEGER] } as const
const shared = { selector: LABEL_SELECTOR, template: POD_TEMPLATE }

export const DEPLOYMENT = kindOf(
  'Deployment',
  {
    spec: object(
      'DeploymentSpec',
      { ...opaques('strategy minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds rollbackTo'), ...shared, replicas: count },
      'template',
    ),
    status: opaque,
  },
  'spec',
)
export const REPLICA_SET = kindOf(
  'ReplicaSet',
  { spec: object('ReplicaSetSpec', { ...opaques('minReadySeconds'), ...shared, replicas: count }, 'template'), status: opaque },
  'spec',
)
export const DAEMON_SET = kindOf(
  'DaemonSet',
  {
    spec: object(
      'DaemonSetSpec',
      { ...opaques('updateStrategy minReadySeconds revisionHistoryLimit templateGeneration'), ...shared },
      'template',
    ),
    status: opaque,
  },
  'spec',
)
export const STATEFUL_SET = kindOf(
  'StatefulSet',
  {
    spec: object(
      'StatefulSetSpec',
      {
        ...opaques(
          'volumeClaimTemplates podManagementPolicy updateStrategy revisionHistoryLimit minReadySeconds persistentVolumeClaimRetentionPolicy',
        ),
        ...shared,
        replicas: count,
        serviceName: string(),
        ordinals: object('StatefulSetOrdinals', { start: count }),
      },
      'template',
    ),
    status: opaque,
  },
  'spec',
)
export const JOB = kindOf(
  'Job',
  {
    spec: object(
      'JobSpec',
      {
        ...opaques(
          'activeDeadlineSeconds podFailurePolicy successPolicy backoffLimit backoffLimitPerIndex maxFailedIndexes selector manualSelector ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy',
        ),
        parallelism: count,
        completions: count,
        template: POD_TEMPLATE,
      },
      'template',
    ),
    status: opaque,
  },
  'spec',
)
