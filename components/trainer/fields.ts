import type { TSchema } from '@sinclair/typebox';
import { schema as s } from '../../constructs';

/** API group of Trainer. */
export const group = 'trainer.kubeflow.org';

/** For what may not change once a TrainJob exists. */
export const immutable: s.CelRule[] = [{ rule: 'self == oldSelf', message: 'field is immutable' }];

/** A list whose items have a key of their own, of at most `maxItems`. */
export function keyed<S extends TSchema>(item: S, key: string, maxItems: number, rules?: s.CelRule[]) {
  return s.list(item, { listType: 'map', keys: [key], maxItems, rules });
}

/** A name of 1 to 253 characters. */
export function longName(rules?: s.CelRule[]) {
  return s.text({ minLength: 1, maxLength: 253, rules });
}

/** `core/v1` LocalObjectReference. */
export function localReference() {
  return s.object({ name: s.optional(s.text({ default: '' })) }, { mapType: 'atomic' });
}

function keyReference() {
  return s.object(
    { key: s.text(), name: s.optional(s.text({ default: '' })), optional: s.optional(s.bool()) },
    { mapType: 'atomic' },
  );
}

/** `core/v1` EnvVar, at most 128 of them. */
export function environment() {
  const valueFrom = s.allOptional({
    configMapKeyRef: keyReference(),
    fieldRef: s.object({ apiVersion: s.optional(s.text()), fieldPath: s.text() }, { mapType: 'atomic' }),
    fileKeyRef: s.object(
      { key: s.text(), optional: s.optional(s.bool({ default: false })), path: s.text(), volumeName: s.text() },
      { mapType: 'atomic' },
    ),
    resourceFieldRef: s.object(
      { containerName: s.optional(s.text()), divisor: s.optional(s.amount()), resource: s.text() },
      { mapType: 'atomic' },
    ),
    secretKeyRef: keyReference(),
  });
  return keyed(
    s.object({ name: s.text(), value: s.optional(s.text()), valueFrom: s.optional(valueFrom) }),
    'name',
    128,
  );
}
