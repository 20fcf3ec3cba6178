export { type Access, checkAccess } from './access';
export type { Result } from './apply';
export { type Collected, type CollectedResource, type CollectOptions, collect } from './collect';
export type { FieldChange } from './diff';
export { apply, destroy, plan, status } from './engine';
export type { Counts, Plan, PlannedObject, Refusal } from './plan';
export type { ObjectStatus, StackStatus } from './status';
export {
  type Action,
  type DeployEvent,
  type DeployOptions,
  describe,
  type Failure,
  type ObjectName,
  type StackOptions,
} from './types';
