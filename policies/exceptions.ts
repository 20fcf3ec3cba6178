import type { Exception } from './policy';

/** Objects of the platform that a rule does not hold for. */
export const exceptions: readonly Exception[] = [];
