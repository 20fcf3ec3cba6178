export { isVersioned, lifecycleConfiguration, overlap, prefixProblem } from './bucket';
export { claim } from './claims';
export { Declared, type DeclaredIdentity } from './declared';
export { type PolicyDocument, policyDocument } from './policy';
