import { defineDistribution } from 'flowyard/stacks';
import { LstmTuning } from './lstm-tuning';

/** The platform, and the search in the namespace of its first team. */
export default defineDistribution({
  extend: ({ app, environment, objectStore }) => {
    const [team] = environment.tenants;
    if (!team) return;
    new LstmTuning(app, 'lstm-tuning', {
      namespace: team.name,
      objectStore,
      image: { repository: 'registry.example.com/lstm-trainer', tag: '1.0' },
    });
  },
});
