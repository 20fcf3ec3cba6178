export { defineEnvironment, InvalidEnvironment } from './define';
export { environmentNames, loadEnvironment } from './load';
export type { Environment, NodePoolSettings, TenantSettings } from './schema';
