import { putServersToTheTest } from './servers';

putServersToTheTest('test-servers', Number(process.env.FLOWYARD_SERVER_POINTS ?? 10), [2, 5, 15]);
