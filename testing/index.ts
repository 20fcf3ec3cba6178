export { assertKeepsData, readManifests } from './data';
export { findObject, findObjects, type Query, renderComponent } from './objects';
export { assertPolicies, assertPolicyFixtures } from './policies';
export { snapshotOf } from './snapshot';
