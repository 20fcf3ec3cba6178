import type { Policy } from '../policy';
import { defaultDeny } from './default-deny';
import { namedRights } from './named-rights';
import { noSecretValues } from './no-secret-values';
import { pinnedImages } from './pinned-images';
import { restrictedPods } from './restricted-pods';

/** The platform's own policies. */
export const policies: readonly Policy[] = [pinnedImages, namedRights, restrictedPods, defaultDeny, noSecretValues];
