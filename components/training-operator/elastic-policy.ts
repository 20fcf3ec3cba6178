import type { Static } from '@sinclair/typebox';
import { schema as s } from '../../constructs';

/** `autoscaling/v2` MetricTarget. */
const target = () =>
  s.object({
    averageUtilization: s.optional(s.int32()),
    averageValue: s.optional(s.amount()),
    type: s.text(),
    value: s.optional(s.amount()),
  });

/** `autoscaling/v2` MetricIdentifier. */
const metric = () => s.object({ name: s.text(), selector: s.optional(s.labelSelector()) });

/** `autoscaling/v2` MetricSpec: what the autoscaler of an elastic job looks at. */
const metricSpec = () =>
  s.object({
    containerResource: s.optional(s.object({ container: s.text(), name: s.text(), target: target() })),
    external: s.optional(s.object({ metric: metric(), target: target() })),
    object: s.optional(
      s.object({
        describedObject: s.object({ apiVersion: s.optional(s.text()), kind: s.text(), name: s.text() }),
        metric: metric(),
        target: target(),
      }),
    ),
    pods: s.optional(s.object({ metric: metric(), target: target() })),
    resource: s.optional(s.object({ name: s.text(), target: target() })),
    type: s.text(),
  });

const limits = () => ({
  maxReplicas: s.int32(),
  maxRestarts: s.int32(),
  metrics: s.list(metricSpec()),
  minReplicas: s.int32(),
});

/** How a PaddleJob grows and shrinks. */
export const paddleElasticPolicy = () => s.allOptional(limits());

/** How a PaddleJob grows and shrinks. */
export type PaddleElasticPolicy = Static<ReturnType<typeof paddleElasticPolicy>>;

/** Why no autoscaler takes these limits, if none does. */
export function tryElasticProblem({ minReplicas, maxReplicas }: PaddleElasticPolicy): string | undefined {
  if (minReplicas !== undefined && minReplicas < 1) {
    return `'elasticPolicy.minReplicas' must be at least 1, got ${minReplicas}`;
  }
  if (minReplicas === undefined || maxReplicas === undefined || minReplicas <= maxReplicas) return undefined;
  return `'elasticPolicy.minReplicas' must be at most 'elasticPolicy.maxReplicas', which is ${maxReplicas}, got ${minReplicas}`;
}

/** How a PyTorchJob grows and shrinks, and how its workers find each other. */
export const elasticPolicy = () =>
  s.allOptional({
    ...limits(),
    nProcPerNode: s.int32(),
    rdzvBackend: s.oneOf(['c10d', 'etcd', 'etcd-v2']),
    rdzvConf: s.list(s.allOptional({ key: s.text(), value: s.text() })),
    rdzvHost: s.text(),
    rdzvId: s.text(),
    rdzvPort: s.int32(),
    standalone: s.bool(),
  });

/** How a PyTorchJob grows and shrinks, and how its workers find each other. */
export type ElasticPolicy = Static<ReturnType<typeof elasticPolicy>>;
