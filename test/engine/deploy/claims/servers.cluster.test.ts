import { putServersToTheTest } from './servers';

putServersToTheTest('test-servers-once', 1, [2], ['killed']);
