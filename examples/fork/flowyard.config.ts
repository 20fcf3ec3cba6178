import { defineDistribution } from 'flowyard/stacks';
import { PriorityClasses } from './components/priority-classes';

const platformPods = { template: { spec: { priorityClassName: 'platform' } } };

export default defineDistribution({
  props: {
    minio: { region: 'eu-central-1', overrides: { server: platformPods } },
    'training-operator': { overrides: { operator: platformPods } },
  },
  extend: ({ app }) => {
    new PriorityClasses(app, 'priority-classes', { classes: { platform: 1_000_000, interactive: 1000, batch: 0 } });
  },
});
