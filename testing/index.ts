export { assertKeepsData, readManifests } from './data';
export { findObject, findObjects, type Query, renderComponent } from './objects';
export { assertPolicies, assertPolicyFixtures } from './policies';
export { type Flow, type Outside, obstacle, type PodLike, podsOf, surestObstacle } from './reachability';
export { snapshotOf } from './snapshot';
