import type { StepEventMetadata } from '@pulumi/pulumi/automation';
import { type FieldChange, read, stepsOf } from '../deploy/diff';

/** Which fields a step changes, from what to what, as its events tell; secrets come hidden. */
export function changesOf({ detailedDiff, old, new: wanted }: StepEventMetadata): FieldChange[] {
  return Object.keys(detailedDiff ?? {}).map(path => {
    const steps = stepsOf(path);
    return { path, before: read(old?.inputs, steps), after: read(wanted?.inputs, steps) };
  });
}
