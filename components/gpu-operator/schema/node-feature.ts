import { schema as s } from '../../../constructs';

const operators = [
  ...['In', 'NotIn', 'InRegexp', 'Exists', 'DoesNotExist', 'Gt', 'Ge', 'Lt', 'Le', 'GtLt', 'GeLe'],
  ...['IsTrue', 'IsFalse'],
] as const;

const expression = () =>
  s.object({
    op: s.oneOf(operators),
    type: s.optional(s.text()),
    value: s.optional(s.list(s.text())),
  });

const matchFeatures = () =>
  s.list(
    s.object({
      feature: s.text(),
      matchExpressions: s.optional(s.map(expression())),
      matchName: s.optional(expression()),
    }),
  );

const match = () => ({
  name: s.text(),
  matchAny: s.optional(s.list(s.object({ matchFeatures: matchFeatures() }))),
  matchFeatures: s.optional(matchFeatures()),
  vars: s.optional(s.map(s.text())),
  varsTemplate: s.optional(s.text()),
});

/** What a worker has found on its node. */
export const nodeFeatureSpec = () =>
  s.allOptional({
    features: s.allOptional({
      attributes: s.map(s.object({ elements: s.map(s.text()) })),
      flags: s.map(s.object({ elements: s.map(s.marker()) })),
      instances: s.map(s.object({ elements: s.list(s.object({ attributes: s.map(s.text()) })) })),
    }),
    labels: s.map(s.text()),
  });

/** Nodes with features in common. */
export const nodeFeatureGroupSpec = () => s.object({ featureGroupRules: s.list(s.object(match())) });

/** Labels, taints and more for nodes with certain features. */
export const nodeFeatureRuleSpec = () =>
  s.object({
    rules: s.list(
      s.object({
        ...match(),
        annotations: s.optional(s.map(s.text())),
        extendedResources: s.optional(s.map(s.text())),
        labels: s.optional(s.map(s.text())),
        labelsTemplate: s.optional(s.text()),
        taints: s.optional(
          s.list(
            s.object({
              effect: s.text(),
              key: s.text(),
              timeAdded: s.optional(s.time()),
              value: s.optional(s.text()),
            }),
          ),
        ),
      }),
    ),
  });
