export { type Output, writeOutput } from './files';
export { checkGitops, type Flavour, flavours, type Gitops, type GitopsOptions, InvalidGitops } from './options';
export { type GitopsOutput, gitopsOutput } from './output';
export type { StoredValue } from './secret-generation';
export { type Unit, unitsOf } from './units';
