import type { TSchema } from '@sinclair/typebox';
import { CustomResource, type PrinterColumn, schema as s } from '../../../constructs';

/** Groups of Istio's kinds. */
export const groups = {
  extensions: 'extensions.istio.io',
  networking: 'networking.istio.io',
  security: 'security.istio.io',
  telemetry: 'telemetry.istio.io',
} as const;

/** Versions of the kinds that were stable last, the stored one first; all share a schema. */
export const stableVersions = ['v1', 'v1alpha3', 'v1beta1'] as const;

export const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** A column with a field of the spec. */
export function column(name: string, field: string): PrinterColumn {
  return { name, type: 'string', jsonPath: `.spec.${field}` };
}

/** One of Istio's kinds: all live in namespaces, and have the same status in every version. */
export function istioKind<S extends TSchema>(props: {
  readonly group: keyof typeof groups;
  readonly kind: string;
  readonly plural: string;
  readonly shortName?: string;
  /** The stored one first. */
  readonly versions: readonly [string, ...string[]];
  readonly spec: S;
  readonly columns?: readonly PrinterColumn[];
}) {
  const { group, kind, plural, shortName, spec, columns } = props;
  const schema = s.object({ spec, status: s.optional(status()) });
  const version = (name: string) => ({ name, schema, columns, subresources: { status: {} } });
  const [stored, ...others] = props.versions;
  return new CustomResource({
    group: groups[group],
    kind,
    plural,
    shortNames: shortName ? [shortName] : undefined,
    categories: ['istio-io', `${group}-istio-io`],
    scope: 'Namespaced',
    versions: [{ ...version(stored), storage: true }, ...others.map(version)],
  });
}

function status() {
  return s.object(
    {
      conditions: s.optional(
        s.list(
          s.allOptional({
            lastProbeTime: s.time(),
            lastTransitionTime: s.time(),
            message: s.text(),
            observedGeneration: s.intOrString(),
            reason: s.text(),
            status: s.text(),
            type: s.text(),
          }),
        ),
      ),
      observedGeneration: s.optional(s.intOrString()),
      validationMessages: s.optional(
        s.list(
          s.allOptional({
            documentationUrl: s.text(),
            level: s.oneOf(['UNKNOWN', 'ERROR', 'WARNING', 'INFO']),
            type: s.allOptional({ code: s.text(), name: s.text() }),
          }),
        ),
      ),
    },
    { preserve: true },
  );
}

export function texts() {
  return s.list(s.text());
}

/** A whole number of 32 bits without sign. */
export function uint32(rules?: readonly s.CelRule[]) {
  return s.integer({ minimum: 0, maximum: 4_294_967_295, rules });
}

/** A port that must be one. */
export function port() {
  return uint32([{ rule: '0 < self && self <= 65535', message: 'port must be between 1-65535' }]);
}

/** A span of time such as `1.5s`. */
export function duration() {
  return s.text({
    rules: [{ rule: "duration(self) >= duration('1ms')", message: 'must be a valid duration greater than 1ms' }],
  });
}

/** Pods of the namespace, by label. */
export function selector() {
  return s.allOptional({
    matchLabels: s.map(
      s.text({
        maxLength: 63,
        rules: [{ rule: '!self.contains("*")', message: 'wildcard not allowed in label value match' }],
      }),
      {
        maxProperties: 4096,
        rules: [
          { rule: 'self.all(key, !key.contains("*"))', message: 'wildcard not allowed in label key match' },
          { rule: 'self.all(key, key.size() != 0)', message: 'key must not be empty' },
        ],
      },
    ),
  });
}

/** Pods of the namespace, by label, as the networking kinds write it. */
export function workloadSelector() {
  return s.allOptional({
    labels: s.map(
      s.text({
        maxLength: 63,
        rules: [{ rule: '!self.contains("*")', message: 'wildcard is not supported in selector' }],
      }),
      { maxProperties: 256 },
    ),
  });
}

/** What a policy is attached to other than by label: a gateway or a service. */
export function targetRef() {
  return s.object({
    group: s.optional(
      s.text({ maxLength: 253, pattern: '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' }),
    ),
    kind: s.text({ minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' }),
    name: s.text({ minLength: 1, maxLength: 253 }),
    namespace: s.optional(
      s.text({
        rules: [{ rule: 'self.size() == 0', message: 'cross namespace referencing is not currently supported' }],
      }),
    ),
  });
}

export function targetRefs() {
  return s.list(targetRef(), { maxItems: 16 });
}

/** A rule that at most one of some fields is given. */
export function oneTarget(...fields: readonly ('selector' | 'workloadSelector' | 'targetRef' | 'targetRefs')[]) {
  return {
    rule: `${fields.map(field => `(has(self.${field}) ? 1 : 0)`).join(' + ')} <= 1`,
    message: `only one of targetRefs or ${fields[0]} can be set`,
  };
}
