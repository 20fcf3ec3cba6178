export { isVersioned, lifecycleConfiguration, overlap, prefixProblem } from './bucket';
export { claim } from './claims';
export { Declared, type DeclaredIdentity } from './declared';
export { IdentityJobs, type OwnOfJob } from './identity-jobs';
export { expectKey, internet } from './outside';
export { type PolicyDocument, policyDocument } from './policy';
export { shortened } from './shortened';
