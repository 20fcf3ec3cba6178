export { enforce, findingText, type MorePolicies, PolicyViolations } from './enforce';
export { type Exception, eachObject, type Finding, type Policy, type Problem, type Tree } from './policy';
export { policies } from './rules';
