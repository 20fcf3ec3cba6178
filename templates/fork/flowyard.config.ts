import { defineDistribution } from 'flowyard/stacks';

/** What this distribution changes of the platform, and what it adds to it. */
export default defineDistribution({
  props: {},
});
