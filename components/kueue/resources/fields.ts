import { schema as s } from '../../../constructs';

export const group = 'kueue.x-k8s.io';

export const byName = { listType: 'map', keys: ['name'] } as const;
export const atomic = { listType: 'atomic' } as const;

/** A name of an object without a namespace. */
export const objectName = () =>
  s.text({ maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' });

/** A name of pods that belong together. */
export const podSetName = (limits: { readonly default?: string } = {}) =>
  s.text({ ...limits, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' });

/** A key of a label, with its prefix. */
export const labelKey = () =>
  s.text({
    maxLength: 316,
    minLength: 1,
    pattern:
      '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
  });

const quantityPattern =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

export const fairSharing = () => s.allOptional({ weight: s.intOrString({ default: 1, pattern: quantityPattern }) });

export const fairSharingStatus = () => s.object({ weightedShare: s.int64() });

export const stopPolicy = () => s.oneOf(['None', 'Hold', 'HoldAndDrain'], { default: 'None' });

export const conditions = () => s.list(s.condition(), { listType: 'map', keys: ['type'], maxItems: 16 });

/** What of each resource there is on nodes of a kind. */
export const resourceGroups = () =>
  s.list(
    s.object(
      {
        coveredResources: s.list(s.text(), { ...atomic, minItems: 1, maxItems: 64 }),
        flavors: s.list(
          s.object({
            name: objectName(),
            resources: s.list(
              s.object({
                borrowingLimit: s.optional(s.amount()),
                lendingLimit: s.optional(s.amount()),
                name: s.text(),
                nominalQuota: s.amount(),
              }),
              { ...byName, minItems: 1, maxItems: 64 },
            ),
          }),
          { ...byName, minItems: 1, maxItems: 64 },
        ),
      },
      {
        rules: [
          {
            rule: 'self.flavors.all(x, size(x.resources) == size(self.coveredResources))',
            message: 'flavors must have the same number of resources as the coveredResources',
          },
        ],
      },
    ),
    { ...atomic, maxItems: 16 },
  );

const effects = "['NoSchedule', 'PreferNoSchedule', 'NoExecute']";

export const tolerations = () =>
  s.list(s.toleration(), {
    ...atomic,
    maxItems: 8,
    rules: [
      {
        rule: "self.all(x, !has(x.key) ? x.operator == 'Exists' : true)",
        message: "operator must be Exists when 'key' is empty",
      },
      {
        rule: "self.all(x, has(x.tolerationSeconds) ? x.effect == 'NoExecute' : true)",
        message: "effect must be 'NoExecute' when 'tolerationSeconds' is set",
      },
      {
        rule: "self.all(x, !has(x.operator) || x.operator in ['Equal', 'Exists'])",
        message: "operator must be 'Equal' or 'Exists'",
      },
      {
        rule: "self.all(x, has(x.operator) && x.operator == 'Exists' ? !has(x.value) : true)",
        message: "a value must be empty when 'operator' is 'Exists'",
      },
      {
        rule: `self.all(x, !has(x.effect) || x.effect in ${effects})`,
        message: `effect must be one of ${effects.slice(1, -1)}`,
      },
    ],
  });

export const taints = () =>
  s.list(s.object({ effect: s.text(), key: s.text(), timeAdded: s.optional(s.time()), value: s.optional(s.text()) }), {
    ...atomic,
    maxItems: 8,
    rules: [{ rule: `self.all(x, x.effect in ${effects})`, message: `effect must be one of ${effects.slice(1, -1)}` }],
  });

/** What of flavors is taken. */
export const flavorUsage = (borrowed: boolean) =>
  s.list(
    s.object({
      name: objectName(),
      resources: s.list(
        s.object({
          ...(borrowed && { borrowed: s.optional(s.amount()) }),
          name: s.text(),
          total: s.optional(s.amount()),
        }),
        { ...byName, maxItems: 64 },
      ),
    }),
    { ...byName, maxItems: 64 },
  );

export const immutable = { rule: 'self == oldSelf', message: 'field is immutable' };
