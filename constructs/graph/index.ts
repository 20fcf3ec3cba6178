export { isBuiltIn } from './given';
export { DanglingReferences, type GraphInput, type GraphNode, type OrderedNode, orderObjects } from './graph';
export { selects } from './guards';
export type { ObjectRef } from './reference';
export { groupOf, refKey, refText } from './reference';
export { generatedKeys, podTemplate, type Reference, referencesOf } from './references';
