import { putToTheTest } from './suite';

putToTheTest('test-claims', { sequences: 1, kills: 1, phases: ['update'], rounds: 2 });
